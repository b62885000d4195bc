// Command chaos runs the built shipper among writers, rotations, a faulty receiver and kill -9,
// and fails if a line is lost or comes twice without an excuse. What happens is drawn from a
// seed; when it happens depends on the machine.
//
// If a line is lost the shipper has lost it: a writer deletes a file only once all of it has
// come, does not write while it copies and truncates, and begins after a first shipper.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"ollama-hec/cmd/internal/harness"
	"ollama-hec/hec/receiver"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var p plan
	flag.Uint64Var(&p.seed, "seed", uint64(time.Now().UnixNano()), "what chance is drawn from")
	flag.DurationVar(&p.least, "for", 30*time.Second, "how long at least")
	flag.IntVar(&p.kills, "kills", 0, "how many kills at least")
	flag.IntVar(&p.writers, "writers", 6, "how many writers, each with a log of its own")
	flag.DurationVar(&p.rest, "rest", 2*time.Second, "how long a writer rests between two rotations")
	flag.Float64Var(&p.faults, "faults", 0.15, "share of requests that go wrong")
	flag.BoolVar(&p.acks, "acks", true, "the receiver acknowledges what it has indexed, some of it a second late")
	race := flag.Bool("race", false, "build the shipper with the race detector")
	flag.Parse()
	if *race {
		p.build = []string{"-race"}
	}
	ok, err := p.run(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "chaos:", err)
	}
	if err != nil || !ok {
		os.Exit(1)
	}
}

// plan is what is to happen.
type plan struct {
	seed    uint64
	least   time.Duration
	kills   int
	writers int
	rest    time.Duration
	faults  float64
	acks    bool
	build   []string // flags
}

// run carries the plan out, prints what became of every line and reports whether all is in
// order.
func (p *plan) run(ctx context.Context) (ok bool, err error) {
	dir, err := os.MkdirTemp("", "chaos")
	if err != nil {
		return false, err
	}
	defer func() {
		if ok {
			os.RemoveAll(dir)
		} else {
			fmt.Println("logs and state are in", dir)
		}
	}()
	logs := filepath.Join(dir, "logs")
	if err := os.Mkdir(logs, 0o755); err != nil {
		return false, err
	}
	fmt.Printf("seed %d\n", p.seed)
	binary, err := harness.Build(ctx, dir, p.build...)
	if err != nil {
		return false, err
	}
	ledger := harness.NewLedger()
	server, err := harness.Serve(ledger, "127.0.0.1:0", receiver.Options{
		Tokens: []receiver.Token{{Ack: p.acks}}, AckDelay: 50 * time.Millisecond, Fault: p.receiverFaults(),
	})
	if err != nil {
		return false, err
	}
	defer server.Close()
	server.Watch()

	k := &killer{
		command: harness.Command{Binary: binary, Args: []string{"run"}, Env: map[string]string{
			"URL": server.URL(), "PATHS": filepath.Join(logs, "*.log"), "STATE_DIR": filepath.Join(dir, "state"),
			"HOST": "chaos", "DRAIN_TIMEOUT": "1s", "BATCH_EVENTS": "200", "BATCH_DELAY": "20ms",
		}},
		draw: rand.New(rand.NewPCG(p.seed, 0)), ledger: ledger,
	}
	if err := k.begin(ctx); err != nil {
		return false, err
	}
	writers, err := p.runWriters(ctx, ledger, logs, k)
	if err == nil {
		server.SetFault(nil)
		err = k.finish(ctx, ledger)
	}
	if err != nil {
		return false, err
	}
	return report(os.Stdout, ledger.Tally(), writers, k, server), nil
}

// runWriters runs the writers while k starts and kills shippers, and returns them when both have
// ended.
func (p *plan) runWriters(ctx context.Context, ledger *harness.Ledger, logs string, k *killer) ([]*writer, error) {
	writing, stopWriting := context.WithCancel(ctx)
	defer stopWriting()
	writers := make([]*writer, p.writers)
	failed := make(chan error, p.writers)
	var all sync.WaitGroup
	for n := range writers {
		w := &writer{
			ledger: ledger, name: fmt.Sprintf("w%d", n), dir: logs, dated: n%2 == 1, rest: p.rest,
			draw: rand.New(rand.NewPCG(p.seed, uint64(n+1))),
		}
		writers[n] = w
		all.Go(func() {
			if err := w.run(writing); err != nil {
				failed <- err
				stopWriting()
			}
		})
	}
	err := k.run(writing, p.least, p.kills)
	stopWriting()
	all.Wait()
	select {
	case err = <-failed:
	default:
	}
	return writers, err
}

// receiverFaults returns the faults of the receiver, drawn by chance.
func (p *plan) receiverFaults() receiver.FaultFunc {
	first := 0
	faults := []receiver.Fault{
		{At: receiver.Unread, Reset: true},
		{Reset: true},
		{At: receiver.Taken, Reset: true},
		{Cut: true},
		{At: receiver.Unread, Hang: true},
		{At: receiver.Taken, Hang: true},
		{Code: 9},
		{Code: 8, At: receiver.Taken},
		{Code: 26},
		{Code: 24},
		{Code: 6, Invalid: &first},
		{Status: 502},
		{Status: 504, At: receiver.Taken},
		{Status: 403},
		{AckDelay: time.Second},
		{Close: true},
	}
	if !p.acks { // a receiver that takes in word only would be believed
		faults = slices.DeleteFunc(faults, func(f receiver.Fault) bool { return f.AckDelay != 0 })
		return receiver.Chance(p.seed, p.faults, faults...)
	}
	often := receiver.Chance(p.seed, p.faults, faults...)
	// Rare, for a start after a clean stop waits half a minute for these.
	lost := receiver.Chance(p.seed+1, p.faults/50, receiver.Fault{AckDelay: -1}, receiver.Fault{Lose: true})
	return func(req *receiver.Request) receiver.Fault {
		if f := lost(req); f.Lose || f.AckDelay < 0 {
			return f
		}
		return often(req)
	}
}
