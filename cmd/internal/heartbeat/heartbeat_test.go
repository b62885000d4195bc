package heartbeat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/lag"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/hec/receiver"
	splunkapp "ollama-hec/splunk_app"
	"ollama-hec/splunk_app/simulate/knowledge"
)

// scene is a shipper that follows one file and tells of its health every few milliseconds.
type scene struct {
	t    *testing.T
	r    *receiver.Receiver
	dir  string
	log  said
	mu   sync.Mutex
	took []receiver.Event // guarded by mu
}

// said is a log that can be read while it is written.
type said struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *said) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

const token = "7e577e57-7e57-7e57-7e57-7e577e577e57"

// play starts it. The events of lines go to the index lines, the others to health.
func play(t *testing.T, fault receiver.FaultFunc, indexes ...string) *scene {
	t.Helper()
	s := &scene{t: t, dir: t.TempDir()}
	s.r = receiver.New(receiver.Options{
		Tokens: []receiver.Token{{Value: token, Ack: true, Indexes: indexes}}, Fault: fault,
		Event: func(ev receiver.Event) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.took = append(s.took, ev)
		},
	})
	s.must(s.r.Listen("127.0.0.1:0"))
	s.must(os.WriteFile(s.file(), nil, 0o600))
	set, err := settings.Defaults()
	s.must(err)
	set.URL, set.Token, set.Host = settings.List{s.r.URL()}, token, "h"
	set.Paths, set.StateDir = settings.List{s.file()}, filepath.Join(s.dir, "state")
	set.Index, set.HealthIndex = "lines", "health"
	set.HealthEvents = settings.Interval(100 * time.Millisecond)
	log := slog.New(slog.NewTextHandler(&s.log, nil))
	out, err := app.Collector(set, app.Delivery{Log: log})
	s.must(err)
	sh, err := app.New(t.Context(), set, out, app.Options{Log: log})
	s.must(err)
	sender, err := New(set, log)
	s.must(err)
	ctx, stop := context.WithCancel(context.Background())
	watch := new(lag.Watch)
	var running sync.WaitGroup
	running.Go(func() { s.r.Serve(ctx) })
	running.Go(func() { watch.Run(ctx, 10*time.Millisecond, sh.Files) })
	running.Go(func() { sender.Run(ctx, Of(sh, watch)) })
	running.Go(func() {
		if err := sh.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { stop(); running.Wait() })
	return s
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) file() string { return filepath.Join(s.dir, "o.log") }

// append writes lines from first to last into the log.
func (s *scene) append(first, last int) {
	s.t.Helper()
	f, err := os.OpenFile(s.file(), os.O_APPEND|os.O_WRONLY, 0)
	s.must(err)
	defer f.Close()
	for i := first; i <= last; i++ {
		_, err := fmt.Fprintf(f, "time=2026-01-01T00:00:00.000Z level=INFO msg=line%d\n", i)
		s.must(err)
	}
}

// lines are the bodies of ollama:server that came, reports the health events.
func (s *scene) lines() (lines []string) {
	for _, ev := range s.events() {
		if ev.Sourcetype == "ollama:server" {
			lines = append(lines, string(ev.Event))
		}
	}
	return lines
}

func (s *scene) reports() (reports []Report) {
	s.t.Helper()
	for _, ev := range s.events() {
		if ev.Sourcetype != Sourcetype {
			continue
		}
		var r Report
		s.must(json.Unmarshal(ev.Event, &r))
		reports = append(reports, r)
	}
	return reports
}

func (s *scene) events() []receiver.Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.took[:len(s.took):len(s.took)]
}

func (s *scene) last() Report {
	if all := s.reports(); len(all) > 0 {
		return all[len(all)-1]
	}
	return Report{}
}

func (s *scene) eventually(what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(10 * time.Minute); !ok(); {
		if time.Now().After(end) {
			s.t.Fatalf("still waiting until %s\nlast report %+v\n%s", what, s.last(), s.log.String())
		}
		<-time.After(10 * time.Millisecond)
	}
}

// unmixed: each line came once and in order, whatever came between.
func (s *scene) unmixed(n int) {
	s.t.Helper()
	lines := s.lines()
	if len(lines) != n {
		s.t.Fatalf("%d lines, want %d", len(lines), n)
	}
	for i, line := range lines {
		if !strings.HasSuffix(line, fmt.Sprintf(`msg=line%d"`, i+1)) {
			s.t.Fatalf("line %d is %s", i+1, line)
		}
	}
}

// healthOnly chooses the requests with health events: those of lines are compressed.
func healthOnly(f receiver.Fault) receiver.FaultFunc {
	return receiver.Submissions(func(req *receiver.Request) receiver.Fault {
		if req.HTTP.Header.Get("Content-Encoding") == "" {
			return f
		}
		return receiver.Fault{}
	})
}

func TestReportsTellWhatHappened(t *testing.T) {
	s := play(t, nil)
	s.append(1, 100)
	s.eventually(
		"a report counts the lines",
		func() bool { return s.last().ServerEvents == 100 && s.last().LagBytes == 0 },
	)
	r := s.last()
	if r.Version != version.Version || r.LinesRead != 100 || r.BytesRead == 0 || r.Files != 1 || r.OpenFiles != 1 ||
		r.Requests == 0 || r.Replies["0"] != r.Requests || r.LastSuccess == "" || r.LagSeconds != 0 || r.Uptime <= 0 {
		t.Errorf("%+v", r)
	}
	if runtime.GOOS == "linux" && (r.CPUSeconds <= 0 || r.MemoryBytes <= 1<<20) {
		t.Errorf("CPU %v s, memory %v bytes", r.CPUSeconds, r.MemoryBytes)
	}
	for _, ev := range s.events() {
		if ev.Sourcetype == Sourcetype && (ev.Index != "health" || ev.Host != "h" || ev.Source != Source || ev.Time == "") {
			t.Errorf("%+v", ev)
		}
	}
	s.unmixed(100)
}

// While lines are not taken no health event is tried; afterwards the newest
// comes, not all that were due meanwhile, and the lines are as they would be without.
func TestNothingIsSentWhileDeliveryIsPaused(t *testing.T) {
	s := play(t, receiver.Always(receiver.Fault{Code: 4}))
	s.append(1, 50)
	s.eventually("delivery is paused", func() bool { return strings.Contains(s.log.String(), "delivery is paused") })
	if n := len(s.events()); n != 0 {
		t.Fatalf("%d events", n)
	}
	s.r.SetFault(nil)
	s.eventually("the lines are reported", func() bool { return s.last().ServerEvents == 50 })
	s.append(51, 60)
	s.eventually("it goes on", func() bool { return s.last().ServerEvents == 60 })
	s.unmixed(60)
	before := 0 // reports from before the pause: one may have been on its way
	for _, r := range s.reports() {
		if r.Retries == 0 {
			before++
		}
	}
	if before > 1 {
		t.Errorf("%d reports are from before the pause", before)
	}
}

// What keeps Splunk from taking health events keeps no line back.
func TestRefusedReportsDisturbNothing(t *testing.T) {
	for name, play := range map[string]func() *scene{
		"index not allowed": func() *scene { return play(t, nil, "lines") },
		"bad event":         func() *scene { return play(t, healthOnly(receiver.Fault{Code: 6, Invalid: new(int)})) },
		"busy":              func() *scene { return play(t, healthOnly(receiver.Fault{Code: 9})) },
		"hangs":             func() *scene { return play(t, healthOnly(receiver.Fault{Hang: true})) },
	} {
		t.Run(name, func(t *testing.T) {
			s := play()
			for n := range 5 {
				s.append(10*n+1, 10*n+10)
				s.eventually("the lines arrive", func() bool { return len(s.lines()) == 10*n+10 })
			}
			s.eventually("it is said", func() bool { return strings.Contains(s.log.String(), "health event was not accepted") })
			s.unmixed(50)
			if n := len(s.reports()); n != 0 {
				t.Errorf("%d reports", n)
			}
			if _, err := os.Stat(filepath.Join(s.dir, "state", "dead-letter")); !os.IsNotExist(err) {
				t.Errorf("dead letters: %v", err)
			}
			if strings.Contains(s.log.String(), "delivery is paused") || strings.Contains(s.log.String(), token) {
				t.Errorf("the log says\n%s", s.log.String())
			}
			s.r.SetTokens(receiver.Token{Value: token, Ack: true})
			s.r.SetFault(nil)
			s.eventually("reports arrive", func() bool { return s.last().ServerEvents == 50 })
			s.eventually("that is said", func() bool { return strings.Contains(s.log.String(), "accepted again") })
		})
	}
}

// What is wrong is said once, until it is otherwise.
func TestTroubleIsSaidOnce(t *testing.T) {
	var log said
	h := &Sender{log: slog.New(slog.NewTextHandler(&log, nil))}
	one, other := errors.New("one"), errors.New("other")
	for _, err := range []error{nil, nil, one, one, one, other, other, nil, nil, one} {
		h.logOnce(err)
	}
	for what, want := range map[string]int{"error=one": 2, "error=other": 1, "accepted again": 1, "\n": 4} {
		if got := strings.Count(log.String(), what); got != want {
			t.Errorf("%q %d times, want %d\n%s", what, got, want, log.String())
		}
	}
}

// Splunk reads the keys of an event, and no event type, tag or macro of ours means it.
func TestSplunkReadsAReport(t *testing.T) {
	k, err := knowledge.Load(splunkapp.Tree)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(Report{Version: "1", LagSeconds: 2.5, LagFile: "/o.log", Replies: map[string]int64{"0": 7}})
	if err != nil {
		t.Fatal(err)
	}
	row := k.Fields(knowledge.Event{Sourcetype: Sourcetype, Source: Source, Host: "h", Raw: string(text)})
	for name, want := range map[string]string{"version": "1", "lag_seconds": "2.5", "lag_file": "/o.log", "replies.0": "7", "dead_letters": "0"} {
		if got := row[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	if len(row["eventtype"])+len(row["tag"]) != 0 {
		t.Errorf("event types %q, tags %q", row["eventtype"], row["tag"])
	}
	// What reads them on purpose: the extractions, and the page on the shippers.
	wanted := []string{"default/props.conf", "default/data/ui/views/ollama_shippers.xml"}
	err = fs.WalkDir(splunkapp.Tree, "default", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains(wanted, name) {
			return err
		}
		conf, err := fs.ReadFile(splunkapp.Tree, name)
		for _, wide := range []string{Sourcetype, "ollama:*", "ollama*"} {
			if strings.Contains(string(conf), wide) {
				t.Errorf("%s means %s", name, wide)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
