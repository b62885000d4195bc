package detections

import (
	"encoding/json"
	"fmt"
	"strings"
)

//go:generate go test . -run TestConf -update

// Setting is one key of a stanza.
type Setting struct{ Key, Value string }

// Settings returns the keys of the detection's stanza in savedsearches.conf.
func (d Detection) Settings() []Setting {
	settings := []Setting{
		{"search", d.Search},
		{"description", d.Text()},
		{"disabled", "true"},
		{"enableSched", "1"},
		{"is_visible", "true"},
		{"realtime_schedule", "0"},
		{"cron_schedule", d.Cron},
		{"dispatch.earliest_time", d.Window.Earliest},
		{"dispatch.latest_time", d.Window.Latest},
		{"schedule_window", "auto"},
		{"counttype", "number of events"},
		{"relation", "greater than"},
		{"quantity", "0"},
		{"alert.digest_mode", "1"},
		{"alert.severity", alertSeverity[d.Severity]},
		// Without Enterprise Security too an enabled detection shows what it found.
		{"alert.track", "1"},
		{"action.correlationsearch.enabled", "1"},
		{"action.correlationsearch.label", d.Name},
		{"action.correlationsearch.annotations", d.annotations()},
		{"action.correlationsearch.metadata", `{"detection_version":"1"}`},
		{"action.risk", "1"},
		{"action.risk.param._risk", d.risk()},
		{"action.risk.param._risk_message", d.Message},
		{"action.risk.param._risk_score", "0"}, // the objects carry their own
		{"action.risk.param.verbose", "0"},
	}
	if d.Window.IndexEarliest != "" {
		settings = append(settings, Setting{"dispatch.index_earliest", d.Window.IndexEarliest},
			Setting{"dispatch.index_latest", d.Window.IndexLatest})
	}
	if d.Skew != "" {
		settings = append(settings, Setting{"allow_skew", d.Skew})
	}
	return append(settings, d.throttling()...)
}

// throttling returns the settings by which one incident is reported once.
func (d Detection) throttling() []Setting {
	if len(d.Throttle) == 0 {
		return []Setting{{"alert.suppress", "0"}}
	}
	return []Setting{
		{"alert.suppress", "1"},
		{"alert.suppress.fields", strings.Join(d.Throttle, ",")},
		{"alert.suppress.period", d.ThrottleFor},
	}
}

var alertSeverity = map[string]string{"low": "2", "medium": "3", "high": "4"}

func (d Detection) annotations() string {
	ids := func(list []Technique) (out []string) {
		for _, t := range list {
			out = append(out, t.ID)
		}
		return out
	}
	return marshal(struct {
		Story  []string `json:"analytic_story"`
		Attack []string `json:"mitre_attack"`
		Atlas  []string `json:"mitre_atlas,omitempty"`
	}{[]string{Story}, ids(d.Attack), ids(d.Atlas)})
}

func (d Detection) risk() string {
	type object struct {
		Field string `json:"risk_object_field"`
		Type  string `json:"risk_object_type"`
		Score int    `json:"risk_score"`
	}
	type threat struct {
		Field string `json:"threat_object_field"`
		Type  string `json:"threat_object_type"`
	}
	var list []any
	for _, r := range d.Risk {
		list = append(list, object(r))
	}
	for _, t := range d.Threats {
		list = append(list, threat(t))
	}
	return marshal(list)
}

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // only strings and numbers go in
	}
	return string(text)
}

// Text returns the description that an analyst reads, in one paragraph.
func (d Detection) Text() string {
	var b strings.Builder
	b.WriteString(d.Description)
	section := func(title string, items []string) {
		if len(items) > 0 {
			fmt.Fprintf(&b, " %s: %s.", title, strings.TrimSuffix(strings.Join(items, "; "), "."))
		}
	}
	var techniques []string
	for _, t := range append(append([]Technique(nil), d.Attack...), d.Atlas...) {
		techniques = append(techniques, fmt.Sprintf("%s %s (%s)", t.ID, t.Name, t.Tactic))
	}
	section("MITRE ATT&CK and ATLAS", techniques)
	section("Known false positives", d.FalsePositives)
	section("Known limits", trimmed(d.KnownLimits))
	section("Triage", numbered(d.Triage))
	section("Response", numbered(d.Response))
	return b.String()
}

func trimmed(items []string) (list []string) {
	for _, item := range items {
		list = append(list, strings.TrimSuffix(item, "."))
	}
	return list
}

func numbered(items []string) (list []string) {
	for i, item := range trimmed(items) {
		list = append(list, fmt.Sprintf("(%d) %s", i+1, item))
	}
	return list
}

const written = "# Written from splunk_app/detections by go generate; a test holds it to that.\n"

// SavedSearches returns default/savedsearches.conf.
func SavedSearches() string {
	var b strings.Builder
	b.WriteString(written)
	for _, d := range All() {
		fmt.Fprintf(&b, "\n[%s]\n", d.Name)
		for _, s := range d.Settings() {
			// A backslash at its end continues a line and keeps the break.
			fmt.Fprintf(&b, "%s = %s\n", s.Key, strings.ReplaceAll(s.Value, "\n", "\\\n"))
		}
	}
	return b.String()
}

// MacrosConf returns default/macros.conf.
func MacrosConf() string {
	var b strings.Builder
	b.WriteString(written)
	for _, m := range Macros() {
		fmt.Fprintf(&b, "\n[%s]\ndefinition = %s\ndescription = %s\niseval = 0\n", m.Name, m.Definition, m.Description)
	}
	return b.String()
}
