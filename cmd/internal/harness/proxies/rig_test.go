//go:build linux

package proxies

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"ollama-hec/cmd/internal/harness"
	"ollama-hec/hec/receiver"
)

// patience is how long a condition may take to come true on a busy machine.
const patience = 8 * time.Minute

// rig is a log, a shipper that follows it, receivers, and the account of what was
// written and what came.
type rig struct {
	t      *testing.T
	dir    string
	ledger *harness.Ledger
	env    map[string]string // settings
	before []string          // variables of the shipper without our prefix, NAME=value

	receivers []*harness.Server
	shipper   *harness.Shipper
	lines     int

	mu        sync.Mutex
	came      map[int]bool // numbers of lines; guarded by mu
	furthest  int          // guarded by mu
	overtaken int          // lines that came after a later one, for the first time; guarded by mu
}

// newRig has a receiver with acknowledgment or without, and a log of some lines.
func newRig(t *testing.T, o receiver.Options) *rig {
	t.Helper()
	r := &rig{t: t, dir: t.TempDir(), ledger: harness.NewLedger(), came: map[int]bool{}}
	r.env = map[string]string{
		"STATE_DIR": filepath.Join(r.dir, "state"), "PATHS": filepath.Join(r.dir, "*.log"),
		"HOST": "rig", "BATCH_DELAY": "50ms", "TOKEN": harness.Token(0), "REDACT": "off", "DRAIN_TIMEOUT": "30s",
	}
	r.receive(place(t), o)
	t.Cleanup(r.end)
	return r
}

// place is an address that is held until the end of the test.
func place(t *testing.T) string {
	t.Helper()
	p, err := harness.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p.Addr()
}

// receive starts one more receiver.
func (r *rig) receive(addr string, o receiver.Options) *harness.Server {
	r.t.Helper()
	o.Event = r.see
	s, err := harness.Serve(r.ledger, addr, o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.receivers = append(r.receivers, s)
	r.t.Cleanup(func() { s.Close() })
	return s
}

// see notes the order in which lines come for the first time.
func (r *rig) see(e receiver.Event) {
	n := number(strings.Trim(string(e.Event), `"`))
	if n < 0 {
		return // a foreign line, which the ledger counts
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.came[n] {
		return
	}
	r.came[n] = true
	if n < r.furthest {
		r.overtaken++
	}
	r.furthest = max(n, r.furthest)
}

// number is that of a line that write has written; -1: it has not.
func number(line string) int {
	_, digits, _ := strings.Cut(line, "-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}

// addr is where a receiver listens.
func (r *rig) addr(n int) string {
	return strings.TrimPrefix(r.receivers[n].URL(), "http://")
}

// front starts a program in front of the receivers, and points the shipper to it.
func (r *rig) front(p *program, body string) *front {
	r.t.Helper()
	f := r.frontTLS(p, "", body)
	r.env["URL"] = f.url()
	return f
}

func (r *rig) frontTLS(p *program, tls, body string) *front {
	r.t.Helper()
	fill := []string{"{receiver}", r.addr(0)}
	if len(r.receivers) > 1 {
		fill = append(fill, "{receiver2}", r.addr(1))
	}
	return startFront(r.t, p, tls, body, fill...)
}

// write appends lines to the log. padding makes each that much longer, by text
// that does not compress well.
func (r *rig) write(n, padding int) {
	r.t.Helper()
	f, err := os.OpenFile(filepath.Join(r.dir, "ollama.log"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		r.t.Fatal(err)
	}
	defer f.Close()
	var text strings.Builder
	for ; n > 0; n-- {
		line := harness.Line(r.writer(padding), r.lines)
		r.ledger.Due(line)
		r.lines++
		text.WriteString(line + "\n")
	}
	if _, err := io.WriteString(f, text.String()); err != nil {
		r.t.Fatal(err)
	}
}

// writer names the line: the ledger takes what follows the last hyphen for its number.
func (r *rig) writer(padding int) string {
	if padding == 0 {
		return "lines"
	}
	// A small generator of noise: the same in every run.
	var noise strings.Builder
	for x := uint32(r.lines)*2654435761 + 1; noise.Len() < padding; {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		fmt.Fprintf(&noise, "%08x", x)
	}
	return noise.String()
}

func (r *rig) launch(args ...string) *harness.Shipper {
	r.t.Helper()
	c := harness.Command{Binary: binary, Args: args, Env: r.env}
	if len(r.before) > 0 {
		c.Before = append([]string{"env"}, r.before...)
	}
	s, err := c.Start()
	if err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) start() {
	r.t.Helper()
	r.shipper = r.launch("run")
}

// hasty has the shipper end soon after a stop: nothing can be delivered then.
func (r *rig) hasty() { r.env["DRAIN_TIMEOUT"] = "1s" }

// restart ends the shipper cleanly and starts it with the settings of now.
func (r *rig) restart() {
	r.t.Helper()
	r.shipper.Signal(syscall.SIGTERM)
	r.ended(r.shipper)
	r.env["DRAIN_TIMEOUT"] = "30s"
	r.start()
}

func (r *rig) ended(s *harness.Shipper) {
	r.t.Helper()
	select {
	case <-s.Done():
	case <-time.After(patience):
		s.Kill()
		r.t.Fatalf("it does not end:\n%s", tail(s.Log(), 20))
	}
}

// end leaves no shipper, and shows its log where something went wrong.
func (r *rig) end() {
	if r.shipper == nil {
		return
	}
	r.shipper.Kill()
	if found := r.shipper.Leaks(harness.Token(0)); found != nil {
		r.t.Errorf("its output holds %q", found)
	}
	if r.t.Failed() {
		r.t.Logf("log of the shipper:\n%s", tail(r.shipper.Log(), 30))
	}
}

func (r *rig) eventually(what string, holds func() bool) {
	r.t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !holds(); {
		select {
		case <-tick.C:
		case <-deadline:
			r.t.Fatalf("it does not come about: %s; %+v", what, r.ledger.Tally())
		}
	}
}

// says waits until the shipper's log has a line with all of these words, whatever
// their case.
func (r *rig) says(words ...string) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("a line with %q in its log", words), func() bool { return r.said(words...) })
}

func (r *rig) said(words ...string) bool {
	for line := range strings.Lines(strings.ToLower(r.shipper.Log())) {
		all := true
		for _, w := range words {
			all = all && strings.Contains(line, strings.ToLower(w))
		}
		if all {
			return true
		}
	}
	return false
}

// submissions are the POSTs of events that a receiver has answered with success.
func (r *rig) submissions(n int) int {
	s := r.receivers[n].Stats()
	return int(s.Codes[0])
}

// arrived waits until every line written has come.
func (r *rig) arrived() {
	r.t.Helper()
	if missing := r.ledger.Wait(patience); missing > 0 {
		r.t.Fatalf("%d lines do not come: %+v", missing, r.ledger.Tally())
	}
}

// delivered demands that all lines come, in order, none more often than most
// times, and that the shipper holds them for delivered: nothing is left to send.
func (r *rig) delivered(most int) {
	r.t.Helper()
	r.arrived()
	r.shipper.Signal(syscall.SIGTERM)
	r.ended(r.shipper)
	before := r.copies()
	s := r.launch("run", "--once")
	r.ended(s)
	if s.ExitCode() != 0 {
		r.t.Errorf("the last run ended with %d:\n%s", s.ExitCode(), tail(s.Log(), 20))
	}
	if again := r.copies(); again != before {
		r.t.Errorf("%d events were sent again after a clean stop", again-before)
	}
	r.bounded(most)
}

// bounded demands order, and that no line came more often than most times.
func (r *rig) bounded(most int) {
	r.t.Helper()
	t := r.ledger.Tally()
	r.mu.Lock()
	defer r.mu.Unlock()
	if t.Lost+t.Foreign+r.overtaken > 0 {
		r.t.Errorf("want each line, in order: %d came late, %+v", r.overtaken, t)
	}
	if n := r.mostCopies(); n > most {
		r.t.Errorf("a line came %d times, want %d at most", n, most)
	}
}

// mostCopies is how often the line came that came most often.
func (r *rig) mostCopies() (most int) {
	r.ledger.Each(func(_ string, times int) { most = max(most, times) })
	return most
}

// copies is how many lines came, counting each as often as it came.
func (r *rig) copies() (n int) {
	r.ledger.Each(func(_ string, times int) { n += times })
	return n
}
