package capture

import (
	"log/slog"
	"strings"
	"testing"
)

func TestOneWay(t *testing.T) {
	for _, c := range []struct {
		oneSided, conversations int64
		want                    bool
	}{
		{0, 0, false},
		{9, 0, false}, // a scan
		{10, 0, true}, // only clients are seen
		{10, 10, true},
		{10, 19, true},
		{10, 20, false},
		{1000, 1_000_000, false},
	} {
		if got := (Counts{"one_sided": c.oneSided, "conversations": c.conversations}).oneWay(); got != c.want {
			t.Errorf("%d of one side, %d conversations: %v", c.oneSided, c.conversations, got)
		}
	}
}

// Where only one direction is seen that is said once, and shows in the status for as long as it is so.
func TestOneWayIsSaidOnce(t *testing.T) {
	var log strings.Builder
	e := New(defaults(t), new(sink), slog.New(slog.NewTextHandler(&log, nil)))
	e.watchWays()
	if log.Len() > 0 || e.Counts().problem() != "" {
		t.Errorf("said of nothing: %s", log.String())
	}
	e.ended.OneSided = 30
	for range 3 {
		e.watchWays()
	}
	if said := log.String(); strings.Count(said, "only one direction") != 1 || !strings.Contains(said, "hint=") {
		t.Errorf("said: %s", said)
	}
	if p := e.Counts().problem(); !strings.Contains(p, "only one direction") || !strings.Contains(p, "mirrored") {
		t.Errorf("the status says %q", p)
	}
	e.ended.Connections = 1000
	if p := e.Counts().problem(); p != "" {
		t.Errorf("the status says %q", p)
	}
}
