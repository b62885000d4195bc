package sources

import (
	"slices"
	"testing"
	"time"

	"ollama-hec/input/spool"
)

func TestWhosePromptsAreWritten(t *testing.T) {
	early, late := time.Unix(100, 0), time.Unix(200, 0)
	seen := func(live bool, started time.Time, captures, prompts string, ports ...int) spool.Seen {
		return spool.Seen{Live: live, Status: spool.Status{
			Started: started, Captures: []string{captures}, Prompts: prompts, Ports: ports,
		}}
	}
	capture := seen(true, early, "requests", "redacted", 1, 2)
	for name, tt := range map[string]struct {
		writers  map[string]spool.Seen
		requests bool
		prompts  []int
	}{
		"nobody's":  {},
		"capture's": {map[string]spool.Seen{"capture": capture}, true, []int{1, 2}},
		"of a process that has ended": {
			map[string]spool.Seen{"capture": seen(false, early, "requests", "full", 1)}, false, nil,
		},
		"of one that captures connections": {
			map[string]spool.Seen{"capture": seen(true, early, "connections", "full", 1)}, false, nil,
		},
		"of one that has them off": {
			map[string]spool.Seen{"capture": seen(true, early, "requests", "off", 1)}, true, nil,
		},
		"the proxy's, too": {
			map[string]spool.Seen{"capture": capture, "proxy": seen(true, late, "requests", "full", 2, 3)},
			true, []int{1, 2, 3},
		},
		"capture's, but those of a proxy that has them off": {
			map[string]spool.Seen{"capture": capture, "proxy": seen(true, late, "requests", "off", 2, 3)}, true, []int{1},
		},
		"capture's, for the proxy has ended": {
			map[string]spool.Seen{"capture": capture, "proxy": seen(false, late, "requests", "off", 2, 3)}, true, []int{1, 2},
		},
	} {
		w := writing(tt.writers)
		slices.Sort(w.Prompts)
		if w.Requests != tt.requests || !slices.Equal(w.Prompts, tt.prompts) || tt.requests && !w.Since.Equal(early) {
			t.Errorf("%s: %+v", name, w)
		}
	}
}
