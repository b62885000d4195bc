package capture

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/spool"
)

// sink keeps what it is told.
type sink struct{ records []spool.Record }

func (s *sink) Emit(r spool.Record) { s.records = append(s.records, r) }
func (*sink) Ports() []int          { return nil }
func (*sink) Proxied() []int        { return nil }

func defaults(t *testing.T) *settings.Settings {
	t.Helper()
	s, err := settings.Defaults()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPortsOfALogAreBounded(t *testing.T) {
	p := newPorts([]int{11434, 11434})
	for port := 20000; port < 20100; port++ {
		p.learn([]int{port, -1, 0, 70000})
	}
	if all := p.all(); len(all) != maxPorts || all[0] != 11434 {
		t.Errorf("%v", all)
	}
	if got := p.learned(); len(got) != maxPorts-1 || got[0] != 20000 {
		t.Errorf("learned %v", got)
	}
	if got := p.without([]int{11434}); slices.Contains(got, 11434) || len(got) != maxPorts-1 {
		t.Errorf("without 11434: %v", got)
	}
}

func TestLossIsToldOnceAMinuteAndAtLast(t *testing.T) {
	to := new(sink)
	e := New(defaults(t), to, slog.New(slog.DiscardHandler))
	l := NewLosses("capture", lossNames, e.Counts, to.Emit)
	began := l.at
	lose := func(n uint64) { e.ended.LostBytes += n }

	lose(7)
	l.Tell(began.Add(59*time.Second), false)
	if len(to.records) != 0 {
		t.Fatalf("told before a minute had passed: %s", to.records[0].Event)
	}
	lose(5)
	l.Tell(began.Add(time.Minute), false)
	l.Tell(began.Add(2*time.Minute), false) // nothing more was lost
	lose(1)
	l.Tell(began.Add(130*time.Second), true)
	var lost []int64
	for _, r := range to.records {
		var event struct {
			Origin string
			Lost   map[string]int64
		}
		if err := json.Unmarshal(
			r.Event,
			&event,
		); err != nil || event.Origin != "capture" ||
			r.Sourcetype != spool.HealthSourcetype {
			t.Fatalf("%s %s: %v", r.Sourcetype, r.Event, err)
		}
		lost = append(lost, event.Lost["lost_bytes"])
	}
	if !slices.Equal(lost, []int64{12, 1}) {
		t.Errorf("told %v", lost)
	}
}

func TestWhatCannotWorkNamesTheWayOut(t *testing.T) {
	for _, tt := range []struct {
		err        error
		interfaces []string
		want       []string
	}{
		{fmt.Errorf("open: %w", fs.ErrPermission), []string{"eth0"}, []string{"CAP_NET_RAW", "CAPTURE=connections"}},
		{fmt.Errorf("open: %w", errors.ErrUnsupported), nil, []string{"Linux only", "ollama-hec proxy"}},
		{errors.New("no interface eth9"), []string{"eth9", "lo"}, []string{"CAPTURE_INTERFACES", `"eth9,lo"`}},
	} {
		said := explain(tt.err, tt.interfaces).Error()
		for _, want := range tt.want {
			if !strings.Contains(said, want) {
				t.Errorf("%v: %s", tt.err, said)
			}
		}
	}
}

func TestSpoolOffIsRefused(t *testing.T) {
	s := defaults(t)
	s.Spool = false
	s.StateDir = t.TempDir()
	err := Run(t.Context(), s, slog.New(slog.DiscardHandler))
	if wrong := (*settings.Error)(nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), "SPOOL") {
		t.Errorf("%v", err)
	}
}

func TestAPromptLeavesRoomInItsLine(t *testing.T) {
	for _, line := range []int{1, 1 << 10, 64 << 10, 1 << 20} {
		n := maxPrompt(line)
		if n < 1<<10 || line >= 64<<10 && 2*n > line {
			t.Errorf("a line of %d bytes: prompts of %d", line, n)
		}
	}
}

func TestAProcessBeginsWithARecord(t *testing.T) {
	r := Started("capture", []string{"requests"}, []int{11434}, time.Unix(7, 0))
	var event map[string]any
	if err := json.Unmarshal(
		r.Event,
		&event,
	); err != nil || event["capture_started"] != true ||
		event["captures"] != "requests" {
		t.Errorf("%s: %v", r.Event, err)
	}
}
