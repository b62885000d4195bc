//go:build linux

package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"ollama-hec/input/spool"
)

// recorder is what writes a spool, and whom to ask so that it does.
type recorder struct {
	start func() (process *Shipper, url string)
	*bench
}

// Whoever is killed while requests pass, a prompt that was in the spool arrives, and comes again only where
// the shipper was killed in between.
func TestPromptsSurviveCrashes(t *testing.T) {
	t.Parallel()
	t.Run("proxy", func(t *testing.T) {
		t.Parallel()
		b, _ := behindProxy(t)
		recorder{b.proxy, b}.survives()
	})
	t.Run("capture", func(t *testing.T) {
		t.Parallel()
		c := captured(t, acked(50*time.Millisecond))
		recorder{func() (*Shipper, string) { c.startCapture(); return c.capture, c.url }, c.bench}.survives()
	})
}

func (r recorder) survives() {
	t := r.t
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	r.server.SetLines(promptOf)
	var process *Shipper
	var to atomic.Pointer[string]
	record := func() {
		p, url := r.start()
		process = p
		to.Store(&url)
	}
	record()
	r.bench.start()
	answered, stop := r.askAll(&to)
	for range 8 {
		so := answered.Load()
		r.pass(time.Duration(100+dice.IntN(300)) * time.Millisecond)
		r.eventually("some requests to pass", func() bool { return answered.Load() >= so+4 })
		recording, shipping := dice.IntN(3) != 0, dice.IntN(3) != 0
		if recording {
			process.Kill()
		}
		if shipping {
			r.ledger.Crash(r.life)
			r.kill()
		}
		r.expectSpooled()
		if shipping {
			r.bench.start()
		}
		if recording {
			record()
		}
	}
	stop()
	process.Signal(syscall.SIGTERM)
	r.wantExit(process, 0)
	r.expectSpooled()
	r.arrived()
	r.eventually("an empty spool", func() bool { return len(r.segments()) == 0 })
	r.stop()
	r.wantExit(r.launch("run", "--once"), 0)
	got := r.ledger.Tally()
	if got.Lost+got.Unexcused > 0 || got.Written == 0 {
		t.Errorf("want each prompt of the spool, again only after a crash, got %+v", got)
	}
	t.Logf("%d prompts were in the spool, %d came again", got.Written, got.AfterCrash)
}

// askAll asks without end for prompts of a ledger, several at a time, wherever it is directed to, until
// stop is called, and counts the answers. It is the requests of nobody that fail.
func (b *bench) askAll(to *atomic.Pointer[string]) (answered *atomic.Int64, stop func()) {
	answered = new(atomic.Int64)
	ended := make(chan struct{})
	var asking sync.WaitGroup
	for who := range 4 {
		asking.Go(func() {
			for seq := 0; ; seq++ {
				select {
				case <-ended:
					return
				default:
				}
				body := fmt.Sprintf(`{"model":"tiny","prompt":%q}`, Line(fmt.Sprintf("asked by %d", who), seq))
				answer, err := http.Post(*to.Load()+"/api/generate", "application/json", strings.NewReader(body))
				if err == nil {
					_, _ = io.Copy(io.Discard, answer.Body) // it ends where who records is killed
					answer.Body.Close()
					answered.Add(1)
				}
				b.pass(5 * time.Millisecond)
			}
		})
	}
	return answered, func() { close(ended); asking.Wait() }
}

// promptOf is a LineFunc for prompts.
func promptOf(sourcetype string, event json.RawMessage) (prompt string, ok bool) {
	var e struct{ Prompt string }
	err := json.Unmarshal(event, &e)
	return e.Prompt, err == nil && sourcetype == "ollama:prompts"
}

// expectSpooled notes that the prompts in the spool are due: those of whole lines.
func (b *bench) expectSpooled() {
	b.t.Helper()
	for _, path := range b.segments() {
		text, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			continue // it was delivered meanwhile
		}
		b.must(err)
		for line := range strings.Lines(string(text)) {
			line, whole := strings.CutSuffix(line, "\n")
			if !whole {
				continue
			}
			record, err := spool.Parse([]byte(line))
			b.must(err)
			if prompt, ok := promptOf(record.Sourcetype, record.Event); ok {
				b.ledger.Due(prompt)
			}
		}
	}
}
