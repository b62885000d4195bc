package detections

import (
	"fmt"
	"strings"
)

// Markdown returns DETECTIONS.md, the description of the detections for people.
func Markdown() string {
	var b strings.Builder
	b.WriteString(
		"# Detections\n\nWritten from this package by `go generate`; a test holds it to that. What they find and miss: RESULTS.md.\n" +
			"All are disabled at first and belong to the analytic story *" + Story + "*.\n",
	)
	for _, d := range All() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n```\n%s\n```\n\n", d.Name, d.Description, d.Search)
		b.WriteString("Fires on:\n\n```text\n")
		for _, e := range d.Evidence {
			b.WriteString(e.Raw + "\n")
		}
		b.WriteString("```\n\n")
		fmt.Fprintf(
			&b,
			"| setting | value |\n|---|---|\n| id, version | %s, %d of %s |\n| kind, status | %s, %s |\n| cron | %s |\n| events | %s |\n| severity | %s |\n| risk | %s |\n| risk message | %s |\n",
			d.ID,
			d.Version,
			d.Date,
			d.Kind,
			d.Status,
			d.Cron,
			d.Window,
			d.Severity,
			d.riskText(),
			d.Message,
		)
		if len(d.Throttle) > 0 {
			fmt.Fprintf(&b, "| throttled | one result for each %s in %s |\n", strings.Join(d.Throttle, " and "), d.ThrottleFor)
		}
		for _, list := range []struct {
			framework  string
			techniques []Technique
		}{{"MITRE ATT&CK", d.Attack}, {"MITRE ATLAS", d.Atlas}} {
			for _, t := range list.techniques {
				fmt.Fprintf(&b, "| %s | %s %s, %s |\n", list.framework, t.ID, t.Name, t.Tactic)
			}
		}
		for _, cve := range d.CVEs {
			fmt.Fprintf(&b, "| CVE | %s |\n", cve)
		}
		for _, drilldown := range d.Drilldowns() {
			fmt.Fprintf(&b, "| drilldown | %s |\n", drilldown.Name)
		}
		for _, address := range d.References {
			fmt.Fprintf(&b, "| reference | <%s> |\n", address)
		}
		fmt.Fprintf(&b, "| exceptions | macro %s |\n", d.Filter)
		for _, section := range []struct {
			title, bullet string
			items         []string
		}{
			{"Needs", "-", d.Needs},
			{"Known false positives", "-", d.FalsePositives},
			{"Known limits", "-", d.KnownLimits},
			{"Triage", "1.", d.Triage},
			{"Response", "1.", d.Response},
		} {
			if len(section.items) == 0 {
				continue
			}
			fmt.Fprintf(&b, "\n**%s**\n\n", section.title)
			for _, item := range section.items {
				fmt.Fprintf(&b, "%s %s\n", section.bullet, item)
			}
		}
	}
	return b.String()
}

// Table returns one row for each detection, with the first sentence of its description.
func Table() string {
	var b strings.Builder
	b.WriteString("| saved search | what it does |\n|---|---|\n")
	for _, d := range All() {
		text := strings.TrimPrefix(d.Description, "Experimental. ")
		if sentence, _, more := strings.Cut(text, ". "); more {
			text = sentence
		}
		if d.Status == Experimental {
			text += " (experimental)"
		}
		fmt.Fprintf(&b, "| %s | %s |\n", d.Name, strings.TrimSuffix(text, "."))
	}
	return b.String()
}

// String describes for people which events the window holds.
func (w Window) String() string {
	if w.IndexEarliest == "" {
		return fmt.Sprintf("of %s to %s", w.Earliest, w.Latest)
	}
	return fmt.Sprintf("indexed from %s to %s, of %s to %s", w.IndexEarliest, w.IndexLatest, w.Earliest, w.Latest)
}

func (d Detection) riskText() string {
	var list []string
	for _, r := range d.Risk {
		list = append(list, fmt.Sprintf("%s, type %s, score %d", r.Field, r.Type, r.Score))
	}
	for _, t := range d.Threats {
		list = append(list, fmt.Sprintf("threat object %s, type %s", t.Field, t.Type))
	}
	return strings.Join(list, "; ")
}
