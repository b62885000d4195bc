package dashboard

import (
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// The first panel has a row for each sourcetype whatever arrived, and says what may be wrong.
func TestArrivals(t *testing.T) {
	search, err := spl.Compile(arrivals().Whole(), spl.Env{})
	if err != nil {
		t.Fatal(err)
	}
	event := func(index, sourcetype, at string) spl.Row {
		return spl.Row{"index": {index}, "sourcetype": {sourcetype}, "_time": {at}, "_raw": {"x"}}
	}
	tests := []struct {
		what   string
		events []spl.Row
		want   map[string][]string // by sourcetype: events, newest, indexes, words of the explanation
	}{
		{"nothing", nil, map[string][]string{
			"ollama:server": {"0", "", "", "ollama-hec check"}, "ollama:api": {"0", "", "", "Nothing arrives"},
			"ollama:prompts": {"0", "", "", "Nothing arrives"}, "ollama:connection": {"0", "", "", "Nothing arrives"},
		}},
		{"something else", []spl.Row{event("main", "syslog", "1767773642")}, map[string][]string{
			"ollama:server": {"0", "", "", "Nothing arrives"},
		}},
		{"the log, in two indexes", []spl.Row{
			event("main", "ollama:server", "1767773642"), event("ai", "ollama:server", "1767773645"), event("ai", "ollama:api", "1767773644"),
		}, map[string][]string{
			"ollama:server":     {"2", "2026-01-07 08:14:05", "ai, main", "the macro ollama_server in local"},
			"ollama:api":        {"1", "2026-01-07 08:14:04", "ai", "check the time range"},
			"ollama:prompts":    {"0", "", "", "OLLAMA_DEBUG"},
			"ollama:connection": {"0", "", "", "ollama-hec capture"},
		}},
	}
	for _, tt := range tests {
		res := search.Run(tt.events)
		if len(res.Rows) != len(sourcetypes) {
			t.Errorf("%s: %d rows", tt.what, len(res.Rows))
		}
		for _, r := range res.Rows {
			want := tt.want[r.First("sourcetype")]
			if want == nil {
				continue
			}
			got := []string{r.First("events"), r.First("newest"), r.First("indexes"), r.First("if_empty")}
			for i, w := range want {
				if got[i] != w && (i < 3 || !strings.Contains(got[i], w)) {
					t.Errorf("%s: %s shows %q", tt.what, r.First("sourcetype"), got)
					break
				}
			}
		}
	}
}
