package knowledge

import (
	"testing"

	splunkapp "ollama-hec/splunk_app"
)

// Whatever an event says, its fields have names and values, and _raw stays.
func FuzzFields(f *testing.F) {
	for _, raw := range []string{
		`[GIN] 2026/11/21 - 19:12:19 | 200 |      94.911µs |     2001:db8::1 | GET      "/api/tags?x=1"`,
		`time=2026-11-21T19:15:41.541Z level=INFO source=server.go:496 msg="a \"b\" c" "model layers"=3 err=<nil>`,
		`2023/10/06 13:38:58 routes.go:572: Listening`,
		`INFO [main] HTTP server listening | hostname="127.0.0.1"`,
		`{"a":{"b":[1,null,{"c":"d"}]},"status":403,"":1}`,
	} {
		f.Add(raw)
	}
	k, err := Load(splunkapp.Tree)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, sourcetype := range []string{"ollama:server", "ollama:api", "ollama:connection", "ollama:prompts", "other"} {
			row := k.Fields(Event{Sourcetype: sourcetype, Host: "h", Time: "1", Raw: raw})
			for name, values := range row {
				if len(values) == 0 {
					t.Errorf("%s: %q has no value", sourcetype, name)
				}
			}
			if row.First("_raw") != raw || row.First("host") == "" {
				t.Errorf("%s: the event is changed: %v", sourcetype, row)
			}
		}
	})
}

// What is read is read the same again.
func FuzzParseConf(f *testing.F) {
	f.Add("# c\n[a b]\nx = 1 = 2\ny = one \\\n  two\n\n[c]\n")
	f.Fuzz(func(t *testing.T, text string) {
		conf, err := ParseConf(text)
		if err != nil {
			return
		}
		names := make(map[string]bool)
		for _, s := range conf {
			if names[s.Name] || s.Keys == nil || conf.Stanza(s.Name) == nil {
				t.Errorf("stanza %q", s.Name)
			}
			names[s.Name] = true
		}
	})
}
