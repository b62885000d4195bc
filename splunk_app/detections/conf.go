package detections

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
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
		{"action.correlationsearch.detection_type", "ebd"},
		{"action.correlationsearch.metadata", d.metadata()},
		{"action.risk", "1"},
		{"action.risk.param._risk", d.risk()},
		{"action.risk.param._risk_message", d.Message},
		{"action.risk.param._risk_score", "0"}, // the objects carry their own
		{"action.risk.param.verbose", "0"},
	}
	settings = append(settings, d.finding()...)
	if d.Window.IndexEarliest != "" {
		settings = append(settings, Setting{"dispatch.index_earliest", d.Window.IndexEarliest},
			Setting{"dispatch.index_latest", d.Window.IndexLatest})
	}
	if d.Skew != "" {
		settings = append(settings, Setting{"allow_skew", d.Skew})
	}
	return append(settings, d.throttling()...)
}

// finding returns what Enterprise Security shows of a result as a finding. The detections
// only score risk (action.notable is not set); a site that switches findings on has these.
func (d Detection) finding() []Setting {
	type drilldown struct {
		Name     string `json:"name"`
		Search   string `json:"search"`
		Earliest string `json:"earliest_offset"`
		Latest   string `json:"latest_offset"`
	}
	var drilldowns []drilldown
	for _, d := range d.Drilldowns() {
		drilldowns = append(drilldowns, drilldown(d))
	}
	var steps strings.Builder
	for i, s := range d.NextSteps() {
		fmt.Fprintf(&steps, "%d. %s\n", i+1, s)
	}
	return []Setting{
		{"action.notable.param.rule_title", d.Name + " on $host$"},
		{"action.notable.param.rule_description", d.Message},
		{"action.notable.param.security_domain", d.Domain},
		{"action.notable.param.severity", d.Severity},
		{"action.notable.param.drilldown_searches", marshal(drilldowns)},
		{"action.notable.param.next_steps", marshal(struct {
			Version int    `json:"version"`
			Data    string `json:"data"`
		}{1, steps.String()})},
	}
}

// metadata identifies the detection and its version, with the day of it in epoch seconds.
func (d Detection) metadata() string {
	day, err := time.Parse(time.DateOnly, d.Date)
	if err != nil {
		panic(err) // a test writes it for them all
	}
	return marshal(struct {
		ID         string `json:"detection_id"`
		Version    string `json:"detection_version"`
		Deprecated string `json:"deprecated"`
		Published  int64  `json:"publish_time"`
	}{d.ID, strconv.Itoa(d.Version), "0", day.Unix()})
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
		CVE    []string `json:"cve,omitempty"`
	}{[]string{Story}, ids(d.Attack), ids(d.Atlas), d.CVEs})
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
	var text strings.Builder
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic(err) // only strings and numbers go in
	}
	return strings.TrimSpace(text.String())
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
	section("CVE", d.CVEs)
	section("Needs", trimmed(d.Needs))
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
		writeSettings(&b, d.Settings())
	}
	for _, base := range Baselines() {
		fmt.Fprintf(&b, "\n[%s]\n", base.Name)
		writeSettings(&b, base.Settings())
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
