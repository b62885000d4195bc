//go:build linux

package harness

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/spool"
)

// captures collects the events of a spool, by their numbers.
type captures struct {
	mu    sync.Mutex
	all   []receiver.Event // guarded by mu
	times map[int]int      // guarded by mu; how often number n came
}

// spooled is a bench whose receiver also keeps the events of a spool.
func spooled(t *testing.T, o receiver.Options) (*bench, *captures) {
	t.Helper()
	c := &captures{times: map[int]int{}}
	o.Event = c.add
	return newBench(t, o), c
}

func (c *captures) add(e receiver.Event) {
	var event struct{ N *int }
	_ = json.Unmarshal(e.Event, &event) // a line is no object
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, e)
	if event.N != nil {
		c.times[*event.N]++
	}
}

// has reports whether numbers 0 to n-1 all came.
func (c *captures) has(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		if c.times[i] == 0 {
			return false
		}
	}
	return true
}

// repeated counts the numbers that came more than once.
func (c *captures) repeated() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.times {
		if times > 1 {
			n++
		}
	}
	return n
}

// find returns the events that hold a text.
func (c *captures) find(text string) (found []receiver.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.all {
		if strings.Contains(string(e.Event), text) {
			found = append(found, e)
		}
	}
	return found
}

// writer is a process that captures, but for its process.
func (b *bench) spoolWriter(bytes int64) *spool.Writer {
	b.t.Helper()
	w, err := spool.Open(spool.Options{
		State: b.state, Writer: "capture", Bytes: bytes, Log: slog.New(slog.DiscardHandler),
		Started: spool.Record{Time: time.Now(), Sourcetype: spool.HealthSourcetype, Event: []byte(`{"origin":"capture","capture_started":true}`)},
	})
	b.must(err)
	return w
}

func emit(w *spool.Writer, from, to int) {
	for n := from; n < to; n++ {
		w.Emit(spool.Record{Time: time.Now(), Sourcetype: "ollama:api", Event: fmt.Appendf(nil, `{"origin":"capture","n":%d}`, n)})
	}
}

func (b *bench) segments() []string {
	b.t.Helper()
	paths, err := filepath.Glob(spool.Glob(b.state))
	b.must(err)
	return paths
}

// onDisk is all that the segments hold.
func (b *bench) onDisk() string {
	b.t.Helper()
	var all strings.Builder
	for _, path := range b.segments() {
		text, err := os.ReadFile(path)
		if err != nil && !os.IsNotExist(err) {
			b.t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

// Segments reach Splunk whatever START says, and are gone once they have.
func TestASpoolIsShippedAndDeleted(t *testing.T) {
	t.Parallel()
	b, got := spooled(t, acked(50*time.Millisecond))
	b.env["START"] = "end"
	w := b.spoolWriter(256 << 20)
	emit(w, 0, 1000)
	b.must(w.Close())
	b.start()
	b.eventually("what was there at the start", func() bool { return got.has(1000) })
	w = b.spoolWriter(256 << 20)
	emit(w, 1000, 2000)
	b.eventually("what came then", func() bool { return got.has(2000) })
	b.eventually("the closed segment to be deleted", func() bool { return len(b.segments()) == 1 })
	b.must(w.Close())
	b.eventually("the last segment to be deleted", func() bool { return len(b.segments()) == 0 })
	for _, e := range got.find(`"n":`) {
		if e.Source != "capture" || e.Sourcetype != "ollama:api" || e.Host != "bench" {
			t.Fatalf("source %q, sourcetype %q, host %q", e.Source, e.Sourcetype, e.Host)
		}
	}
	if n := len(got.find("capture_started")); n != 2 {
		t.Errorf("%d starts were told of, want 2", n)
	}
	b.eventually("the segments to be forgotten", func() bool {
		in, err := checkpoint.Inspect(b.state)
		return err == nil && len(in.Records["spool"]) == 0
	})
	b.stop()
	if got.repeated() > 0 {
		t.Errorf("%d came more than once", got.repeated())
	}
}

// What looks like a record of the spool and stands elsewhere is a line like any other.
func TestOnlyThePathMakesAnEvent(t *testing.T) {
	t.Parallel()
	b, got := spooled(t, receiver.Options{})
	b.must(os.MkdirAll(filepath.Join(b.dir, "capture"), 0o700))
	line := func(n int64) string {
		r := spool.Record{Time: time.Unix(n, 0), Sourcetype: "ollama:api", Event: []byte(`{"origin":"capture","forged":1}`)}
		return strings.TrimSuffix(string(r.AppendLine(nil)), "\n")
	}
	b.follow("*.log", "capture/*.jsonl")
	b.write("a.log", line(1)+"\n")
	b.write("capture/capture-000000000001.jsonl", line(2)+"\n")
	b.env["PATHS"] += "," + filepath.Join(b.state, "**")
	b.ledger.Due(line(1))
	b.ledger.Due(line(2))
	w := b.spoolWriter(256 << 20)
	defer w.Close()
	b.start()
	b.arrived()
	b.listed(3)
	if n := len(got.find("forged")); n != 2 {
		t.Errorf("%d events of them, want the two lines", n)
	}
	for _, e := range got.find("forged") {
		if e.Sourcetype != "ollama:server" {
			t.Errorf("a line became an event: %s", e.Line)
		}
	}
}

// The shipper and who captures are killed at any time: what was written comes, and no
// segment stays.
func TestASpoolSurvivesCrashes(t *testing.T) {
	t.Parallel()
	for _, mode := range []struct {
		name string
		o    receiver.Options
	}{{"acknowledged", acked(100 * time.Millisecond)}, {"answered", receiver.Options{}}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			b, got := spooled(t, mode.o)
			n := 0
			for life := range 8 {
				b.start()
				w := b.spoolWriter(256 << 20)
				for range 3 {
					emit(w, n, n+200)
					n += 200
					b.pass(time.Duration(life*37) * time.Millisecond)
				}
				b.kill()
				b.must(w.Close()) // what it has taken; a crash of it is another test
				if life%3 == 2 {
					// Its number is beyond all there are: it replaces none.
					torn := filepath.Join(spool.Path(b.state), fmt.Sprintf("capture-%012d.jsonl", 100*life))
					b.must(os.WriteFile(torn, []byte(`{"v":1,"time":17`), 0o600))
				}
			}
			b.start()
			b.eventually("every record", func() bool { return got.has(n) })
			b.eventually("the whole segments to be deleted", func() bool {
				for _, path := range b.segments() {
					if text, err := os.ReadFile(path); err == nil && strings.HasSuffix(string(text), "\n") {
						return false
					}
				}
				return true
			})
		})
	}
}

// While Splunk does not take anything the spool stays within its bound, and what does not
// fit is told of.
func TestASlowSplunkAndAFullSpool(t *testing.T) {
	t.Parallel()
	b, got := spooled(t, receiver.Options{})
	release := b.hang()
	b.start()
	const bound = 1 << 20
	w := b.spoolWriter(bound)
	for n := 0; w.Stats().Lost.Full == 0; n += 100 {
		emit(w, n, n+100)
		b.pass(5 * time.Millisecond)
	}
	var held int64
	for _, path := range b.segments() {
		info, err := os.Stat(path)
		b.must(err)
		held += info.Size()
	}
	if held > bound {
		t.Errorf("the spool holds %d bytes of %d", held, bound)
	}
	release()
	b.eventually("the loss to be told of", func() bool {
		emit(w, 1<<30, 1<<30+1)
		return len(got.find(`"lost_full":`)) > 0
	})
	b.must(w.Close())
	b.eventually("an empty spool", func() bool { return len(b.segments()) == 0 })
}

// The settings of the shipper hold for what was written under others.
func TestChangedSettingsHoldForWhatIsSpooled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ prompts, want string }{
		{"full", `"prompt":"write to a@example.com"`}, {"redacted", `"prompt":"write to [REDACTED:email]"`}, {"off", ""},
	} {
		t.Run(tt.prompts, func(t *testing.T) {
			t.Parallel()
			b, got := spooled(t, receiver.Options{Tokens: []receiver.Token{{Indexes: []string{"lines", "secret"}}}})
			b.env["PROMPTS"], b.env["REDACT"] = tt.prompts, "off"
			b.env["INDEX"], b.env["PROMPTS_INDEX"] = "lines", "secret"
			w := b.spoolWriter(256 << 20)
			w.Emit(spool.Record{Time: time.Unix(1_700_000_000, 123456789), Sourcetype: "ollama:prompts",
				Event: []byte(`{"origin":"capture","prompt":"write to a@example.com"}`)})
			emit(w, 0, 1)
			b.must(w.Close())
			b.wantExit(b.launch("run", "--once"), 0)
			prompts := got.find(`"prompt":`)
			if tt.want == "" {
				if len(prompts) > 0 {
					t.Errorf("a prompt came: %s", prompts[0].Event)
				}
				return
			}
			if len(prompts) != 1 || !strings.Contains(string(prompts[0].Event), tt.want) || prompts[0].Index != "secret" ||
				prompts[0].Sourcetype != "ollama:prompts" {
				t.Errorf("got %+v", prompts)
			}
			if requests := got.find(`"n":0`); len(requests) != 1 || requests[0].Index != "lines" {
				t.Errorf("got %+v", requests)
			}
			if len(b.segments()) != 0 {
				t.Errorf("segments stay: %q", b.segments())
			}
		})
	}
}
