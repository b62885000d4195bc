//go:build linux && otel

package harness

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// collector is OpenTelemetry's HEC receiver. It takes nothing of a body it
// answers with 400, counts acknowledgments from 1, and turns times into float64.
type collector struct {
	b      *bench
	addr   string
	out    string
	cmd    *exec.Cmd
	stderr bytes.Buffer

	mu   sync.Mutex
	seen map[string]int // guarded by mu; events by sourcetype
}

// startCollector has the bench deliver to a collector.
func startCollector(t *testing.T) (*bench, *collector) {
	t.Helper()
	b := bare(t)
	c := &collector{b: b, addr: place(t).Addr(), out: filepath.Join(t.TempDir(), "out.json"), seen: map[string]int{}}
	b.env["URL"] = "http://" + c.addr
	c.start()
	done := make(chan struct{})
	var reading sync.WaitGroup
	reading.Go(func() { c.read(done) })
	t.Cleanup(func() {
		c.stop()
		close(done)
		reading.Wait()
		if t.Failed() {
			t.Logf("log of the collector:\n%s", tail(c.stderr.String(), 20))
		}
	})
	return b, c
}

func (c *collector) start() {
	c.b.t.Helper()
	binary := os.Getenv("OTELCOL")
	if binary == "" {
		c.b.t.Fatal("OTELCOL is not set: run otel/test-otel, which builds a collector")
	}
	config, err := filepath.Abs("otel/hec-receiver.yaml")
	c.b.must(err)
	c.cmd = exec.Command(binary, "--config", config)
	c.cmd.Env = []string{"ENDPOINT=" + c.addr, "OUT=" + c.out}
	c.cmd.Stderr = &c.stderr
	c.b.must(c.cmd.Start())
	c.b.eventually("a healthy collector", func() bool {
		r, err := http.Get("http://" + c.addr + "/services/collector/health")
		if err != nil {
			return false
		}
		r.Body.Close()
		return r.StatusCode == http.StatusOK
	})
}

// stop ends it cleanly: what it has taken is written.
func (c *collector) stop() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Signal(syscall.SIGTERM)
		_ = c.cmd.Wait()
	}
}

// read notes what the collector has written, until done.
func (c *collector) read(done <-chan struct{}) {
	var at int64
	for {
		select {
		case <-done:
			return
		case <-time.After(20 * time.Millisecond):
		}
		text, err := readFrom(c.out, at)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			c.b.t.Error(err)
			return
		}
		whole := text[:bytes.LastIndexByte(text, '\n')+1]
		at += int64(len(whole))
		for line := range bytes.Lines(whole) {
			c.take(line)
		}
	}
}

func readFrom(path string, at int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	text := make([]byte, st.Size()-at)
	n, err := f.ReadAt(text, at)
	if n == len(text) {
		err = nil
	}
	return text[:n], err
}

// take notes one batch of OTLP.
func (c *collector) take(line []byte) {
	var batch struct {
		ResourceLogs []struct {
			Resource struct {
				Attributes []struct {
					Key   string
					Value struct{ StringValue string }
				}
			}
			ScopeLogs []struct {
				LogRecords []struct {
					Body struct{ StringValue string }
				}
			}
		}
	}
	if err := json.Unmarshal(line, &batch); err != nil {
		c.b.t.Errorf("the collector wrote %q: %v", shorten(string(line)), err)
		return
	}
	for _, r := range batch.ResourceLogs {
		sourcetype := ""
		for _, a := range r.Resource.Attributes {
			if a.Key == "com.splunk.sourcetype" {
				sourcetype = a.Value.StringValue
			}
		}
		for _, s := range r.ScopeLogs {
			for _, e := range s.LogRecords {
				c.mu.Lock()
				c.seen[sourcetype]++
				c.mu.Unlock()
				if sourcetype == "ollama:server" {
					c.b.ledger.Take(e.Body.StringValue, Arrival{})
				}
			}
		}
	}
}

func (c *collector) counts() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.seen)
}

// What preview shows is what arrives, of every log of the corpus.
func TestCollectorTakesTheCorpus(t *testing.T) {
	t.Parallel()
	logs, err := filepath.Glob("../../../testdata/corpus/*.log")
	if err != nil || len(logs) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	b, c := startCollector(t)
	want, times := map[string]int{}, map[string]int{}
	for _, log := range logs {
		text, err := os.ReadFile(log)
		b.must(err)
		b.write(filepath.Base(log), string(text))
		preview := b.launch("preview", log)
		b.wantExit(preview, 0)
		for line := range strings.Lines(preview.Out()) {
			var e struct {
				Sourcetype string
				Event      json.RawMessage
			}
			b.must(json.Unmarshal([]byte(line), &e))
			want[e.Sourcetype]++
			if e.Sourcetype == "ollama:server" {
				var raw string
				b.must(json.Unmarshal(e.Event, &raw))
				times[raw]++
			}
		}
	}
	for raw, n := range times {
		b.ledger.Due(raw)
		b.ledger.Expect(raw, n)
	}
	b.wantExit(b.launch("run", "--once"), 0)
	b.eventually("all events", func() bool { return maps.Equal(c.counts(), want) })
	if tally := b.ledger.Tally(); tally.Lost+tally.Unexcused+tally.Foreign > 0 {
		t.Errorf("got %+v", tally)
	}
}

// Its acknowledgments, which begin at 1, are asked for and understood.
func TestCollectorAcknowledges(t *testing.T) {
	t.Parallel()
	b, _ := startCollector(t)
	b.env["ACK"] = "on"
	b.write("a.log", b.lines("a", 0, 10_000))
	b.start()
	b.arrived()
	b.eventually("a checkpoint", func() bool { return bytes.Contains(b.checkpoint(), b.offset("a.log")) })
	if log := b.shipper.Log(); strings.Contains(log, "no acknowledgment") {
		t.Errorf("acknowledgments were not understood:\n%s", log)
	}
	b.exactly()
}

// kill -9 of the shipper, again and again.
func TestCollectorAcrossCrashes(t *testing.T) {
	t.Parallel()
	b, _ := startCollector(t)
	seq := 0
	for range 10 {
		b.append("a.log", b.lines("a", seq, 2000))
		b.start()
		b.eventually("some lines", func() bool { return b.ledger.Times(b.name("a", seq)) > 0 })
		b.append("a.log", b.lines("a", seq+2000, 2000))
		b.kill()
		seq += 4000
	}
	b.start()
	b.nothingLost()
}

// The collector is restarted while lines come.
func TestCollectorRestarts(t *testing.T) {
	t.Parallel()
	b, c := startCollector(t)
	b.start()
	for n := range 5 {
		b.append("a.log", b.lines("a", 2000*n, 1000))
		c.stop()
		b.append("a.log", b.lines("a", 2000*n+1000, 1000))
		c.start()
		b.arrived()
	}
	b.nothingLost()
}

// nothingLost demands that all lines come in order. Which were acknowledged is
// not to be seen from here, so they may come again.
func (b *bench) nothingLost() {
	b.t.Helper()
	b.arrived()
	if t := b.ledger.Tally(); t.Lost+t.Foreign+t.Disordered > 0 {
		b.t.Errorf("got %+v", t)
	}
}
