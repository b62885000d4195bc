package detections

import (
	"cmp"
	"encoding/json"
	"maps"
	"ollama-hec/splunk_app/simulate/spl"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	splunkapp "ollama-hec/splunk_app"
	"ollama-hec/splunk_app/simulate/knowledge"
)

// The committed files are what the definitions yield.
func TestConf(t *testing.T) {
	golden(t, "../default/savedsearches.conf", SavedSearches())
	golden(t, "../default/macros.conf", MacrosConf())
	golden(t, "../default/analyticstories.conf", AnalyticStories())
	golden(t, "DETECTIONS.md", Markdown())
	goldenPart(t, "../README.md", "<!-- detections: written by go test ./splunk_app/detections -run TestConf -update -->\n",
		Table(), "<!-- end of detections -->")
}

// Read back, the files say what the definitions say: nothing is lost to
// continued lines or to escapes.
func TestConfReadsBack(t *testing.T) {
	conf, err := knowledge.ParseConf(SavedSearches())
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range All() {
		stanza := conf.Stanza(d.Name)
		if stanza == nil {
			t.Errorf("%s has no stanza", d.Name)
			continue
		}
		for _, s := range d.Settings() {
			if got := stanza.Keys[s.Key]; got != s.Value {
				t.Errorf("%s: %s is\n%s\nwant\n%s", d.Name, s.Key, got, s.Value)
			}
		}
		for _, line := range strings.Split(d.Search, "\n") {
			if strings.HasSuffix(line, `\`) || strings.HasSuffix(line, " ") {
				t.Errorf("%s: the line %q cannot be continued as it is", d.Name, line)
			}
		}
	}
	macros, err := knowledge.ParseConf(MacrosConf())
	if err != nil {
		t.Fatal(err)
	}
	if got := macros.Stanza("ollama_server").Keys["definition"]; got != `(sourcetype="ollama:server")` {
		t.Errorf("ollama_server is %s", got)
	}
}

// What the contract says of each detection.
func TestContract(t *testing.T) {
	want := map[string]map[string]string{
		"Ollama Abnormal Network Connectivity": {
			"disabled":                             "true",
			"enableSched":                          "1",
			"cron_schedule":                        "0 * * * *",
			"schedule_window":                      "auto",
			"dispatch.earliest_time":               "-70m@m",
			"dispatch.latest_time":                 "-10m@m",
			"action.risk":                          "1",
			"action.risk.param._risk":              `[{"risk_object_field":"host","risk_object_type":"system","risk_score":10},{"threat_object_field":"src","threat_object_type":"ip_address"}]`,
			"action.risk.param._risk_message":      `Abnormal network activity detected on $host$ with $incidents$ incidents from $src$. Investigation needed for network errors: $warning_messages$.`,
			"action.correlationsearch.annotations": `{"analytic_story":["Suspicious Ollama Activities"],"mitre_attack":["T1571"]}`,
		},
		"Ollama Network Failure": {
			"disabled": "true", "dispatch.index_earliest": "-70m@m", "dispatch.index_latest": "-10m@m",
			"action.risk.param._risk": `[{"risk_object_field":"host","risk_object_type":"system","risk_score":10},` +
				`{"threat_object_field":"remote_hosts","threat_object_type":"domain"}]`,
		},
		"Ollama API Accessed from External Network": {
			"disabled":                "true",
			"cron_schedule":           "*/5 * * * *",
			"dispatch.index_earliest": "-9m@m",
			"dispatch.index_latest":   "-4m@m",
			"dispatch.earliest_time":  "-24h@h",
			"alert.suppress":          "1",
			"alert.suppress.fields":   "host,src",
			"action.risk.param._risk": `[{"risk_object_field":"host","risk_object_type":"system","risk_score":47},` +
				`{"risk_object_field":"src","risk_object_type":"system","risk_score":47},` +
				`{"threat_object_field":"src","threat_object_type":"ip_address"}]`,
			"action.correlationsearch.annotations": `{"analytic_story":["Suspicious Ollama Activities"],"mitre_attack":["T1133","T1190"],"mitre_atlas":["AML.T0040","AML.T0044"]}`,
		},
	}
	macros := Macros()
	for _, d := range All() {
		settings := make(map[string]string)
		for _, s := range d.Settings() {
			settings[s.Key] = s.Value
		}
		for key, v := range want[d.Name] {
			if settings[key] != v {
				t.Errorf("%s: %s is %s, want %s", d.Name, key, settings[key], v)
			}
		}
		filter := slices.IndexFunc(macros, func(m Macro) bool { return m.Name == d.Filter })
		if filter < 0 || macros[filter].Definition != "search *" || !strings.HasSuffix(d.Search, "\n| `"+d.Filter+"`") {
			t.Errorf("%s does not end in its own empty filter macro", d.Name)
		}
		if d.Description == "" || len(d.FalsePositives) == 0 || len(d.Triage) == 0 ||
			len(d.KnownLimits) == 0 {
			t.Errorf("%s is not documented", d.Name)
		}
	}
	if !strings.Contains(strings.ToLower(abnormalConnectivity().Description), "experimental") {
		t.Error("detection 1 does not say that it is experimental")
	}
}

// Every $column$ of a risk message, the fields of the risk objects and those of the throttle
// are columns of the search.
func TestMessagesNameColumns(t *testing.T) {
	for _, d := range All() {
		found := d.on(t, watched(t))(evidence(d)...)
		if len(found) == 0 {
			t.Errorf("%s finds nothing in its evidence", d.Name)
			continue
		}
		names := slices.Clone(d.Throttle)
		parts := strings.Split(d.Message, "$")
		for i := 1; i < len(parts); i += 2 {
			names = append(names, parts[i])
		}
		for _, r := range d.Risk {
			names = append(names, r.Field)
		}
		for _, object := range d.Threats {
			names = append(names, object.Field)
		}
		for _, name := range append(names, "host", "severity", "attack_type") {
			if !slices.Contains(found[0].Columns, name) {
				t.Errorf("%s: %s is no column of %v", d.Name, name, found[0].Columns)
			}
		}
		if strings.Contains(found[0].Text, "$") || strings.Contains(found[0].Text, "\n") {
			t.Errorf("%s: text %q", d.Name, found[0].Text)
		}
	}
}

// watched is a Splunk that has known a source of the server for long.
func watched(t *testing.T) splunk {
	t.Helper()
	e := episode{known: []string{"gpu-1,10.0.0.1,1000000000"}}
	return e.in(t, withAddOn)
}

// evidence is what the detection says that it fires on, as events.
func evidence(d Detection) (events []Event) {
	for i, e := range d.Evidence {
		e.Time = cmp.Or(e.Time, strconv.Itoa(1_800_000_000+i))
		e.Host = cmp.Or(e.Host, "gpu-1")
		events = append(events, e)
	}
	return events
}

func TestEntities(t *testing.T) {
	counts := make(map[string]int)
	for _, e := range Entities() {
		counts[e.Collection]++
		if e.Values.Has("name") || e.Name == "" {
			t.Errorf("%s: the name is not apart", e.Name)
		}
		if e.SiteOwned != (e.Collection == "configs/conf-macros") {
			t.Errorf("%s: site-owned %v", e.Name, e.SiteOwned)
		}
		if e.Collection == "saved/searches" {
			for key, v := range map[string]string{"disabled": "1", "is_scheduled": "1", "alert_type": "number of events", "alert_comparator": "greater than", "alert_threshold": "0"} {
				if e.Values.Get(key) != v {
					t.Errorf("%s: %s is %q, want %q", e.Name, key, e.Values.Get(key), v)
				}
			}
			if e.Values.Has("enableSched") || e.Values.Has("counttype") {
				t.Errorf("%s: settings are named as in the file", e.Name)
			}
			if !json.Valid([]byte(e.Values.Get("action.risk.param._risk"))) {
				t.Errorf("%s: risk is not JSON", e.Name)
			}
		}
	}
	if counts["saved/searches"] != len(All()) || counts["configs/conf-macros"] != len(Macros()) || len(counts) != 2 {
		t.Errorf("entities: %v", counts)
	}
}

// The files of the lookups are what the code says of them.
func TestLookupsAgree(t *testing.T) {
	text, err := splunkapp.Tree.ReadFile("default/transforms.conf")
	if err != nil {
		t.Fatal(err)
	}
	conf, err := knowledge.ParseConf(string(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range Lookups() {
		want := map[string]string{"filename": l.File, "max_matches": strconv.Itoa(l.Matching.Most)}
		if l.Matching.CIDR != nil {
			want["match_type"] = "CIDR(" + l.Matching.CIDR[0] + ")"
		}
		if l.Matching.Wildcard != nil {
			want["match_type"] = "WILDCARD(" + l.Matching.Wildcard[0] + ")"
		}
		if l.Matching.FoldCase {
			want["case_sensitive_match"] = "false"
		}
		if stanza := conf.Stanza(l.Name); stanza == nil || !maps.Equal(stanza.Keys, want) {
			t.Errorf("transforms.conf says %v, want %v", stanza, want)
		}
		csv, err := splunkapp.Tree.ReadFile("lookups/" + l.File)
		if err != nil {
			t.Fatal(err)
		}
		if header, _, _ := strings.Cut(string(csv), "\n"); header != strings.Join(l.Columns, ",") {
			t.Errorf("%s: columns %s", l.File, header)
		}
	}
}

// The identity of each detection is well formed and its own.
func TestIdentities(t *testing.T) {
	uuid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := make(map[string]string)
	for _, d := range All() {
		for _, key := range []string{d.ID, d.Name, d.Filter, d.Cron} {
			if other, twice := seen[key]; twice {
				t.Errorf("%s and %s share %s", d.Name, other, key)
			}
			seen[key] = d.Name
		}
		if _, err := time.Parse(time.DateOnly, d.Date); err != nil || !uuid.MatchString(d.ID) || d.Version < 1 {
			t.Errorf("%s: id %s, version %d of %s", d.Name, d.ID, d.Version, d.Date)
		}
		if !slices.Contains([]Status{Experimental, Production}, d.Status) || !slices.Contains([]Kind{Anomaly, TTP}, d.Kind) {
			t.Errorf("%s: status %q, kind %q", d.Name, d.Status, d.Kind)
		}
		if !slices.Contains([]string{"network", "endpoint", "access", "threat"}, d.Domain) {
			t.Errorf("%s: domain %q", d.Name, d.Domain)
		}
		if !strings.HasPrefix(d.Name, "Ollama ") || alertSeverity[d.Severity] == "" {
			t.Errorf("%s: severity %q", d.Name, d.Severity)
		}
	}
}

// Evidence alone makes a detection fire, with the add-on.
func TestEvidence(t *testing.T) {
	for _, d := range All() {
		if found := d.on(t, watched(t))(evidence(d)...); len(found) != 1 {
			t.Errorf("%s: %d results of its evidence", d.Name, len(found))
		}
	}
}

// Drilldowns name columns of the search, and those that search the log run.
func TestDrilldowns(t *testing.T) {
	for _, d := range All() {
		list := d.Drilldowns()
		if len(list) < 3 {
			t.Errorf("%s has %d drilldowns", d.Name, len(list))
		}
		for _, drilldown := range list {
			if strings.HasPrefix(drilldown.Search, "| from datamodel:") {
				continue // the data model is Enterprise Security's
			}
			if _, err := spl.Compile(drilldown.Search, environment()); err != nil {
				t.Errorf("%s: %s: %v", d.Name, drilldown.Name, err)
			}
		}
	}
}
