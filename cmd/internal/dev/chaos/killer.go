package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"ollama-hec/cmd/internal/harness"
)

const (
	stopsIn = 50               // one in so many ends is a clean stop
	earlyIn = 4                // one in so many is ended without a look at how far it has come
	patient = 90 * time.Second // for another of the last lines to come
	recall  = 40 * time.Second // for a start to ask for the acknowledgments of the last run
)

// killer starts shippers and ends them.
type killer struct {
	command harness.Command
	draw    *rand.Rand
	ledger  *harness.Ledger

	life         int
	kills, stops int
	stopped      bool // the last one was
	letters      int
	leaks        []string // secrets and stack traces that shippers printed
}

func (k *killer) start() (*harness.Shipper, error) {
	k.command.Env["TOKEN"] = harness.Token(k.life)
	k.life++
	return k.command.Start()
}

// begin runs a first shipper until it has saved the time from which on rotated files are read.
// What is rotated before that is not read.
func (k *killer) begin(ctx context.Context) error {
	s, err := k.start()
	if err != nil {
		return err
	}
	defer s.Kill()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(patient); ; {
		noted, err := os.ReadFile(filepath.Join(k.command.Env["STATE_DIR"], "checkpoints"))
		if err == nil && bytes.Contains(noted, []byte(`"rotated"`)) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.Done():
			return fmt.Errorf("the shipper ended by itself with %d:\n%s", s.ExitCode(), s.Log())
		case <-late:
			return fmt.Errorf("the first shipper saves nothing:\n%s", s.Log())
		case <-tick.C:
		}
	}
}

// run kills one shipper after the other, for as long and as often as asked for.
func (k *killer) run(ctx context.Context, least time.Duration, kills int) error {
	for end := time.Now().Add(least); ctx.Err() == nil && (time.Now().Before(end) || k.kills < kills); {
		s, err := k.start()
		if err != nil {
			return err
		}
		// Most are killed after they have started, some before, on a busy machine too.
		if k.stopped || k.draw.IntN(earlyIn) > 0 {
			k.await(ctx, s, "msg=started")
		}
		wait := time.Duration(k.draw.IntN(300)) * time.Millisecond
		if k.draw.IntN(4) == 0 {
			wait *= 6
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		case <-s.Done():
			return fmt.Errorf("the shipper ended by itself with %d:\n%s", s.ExitCode(), s.Log())
		}
		k.end(s)
	}
	return ctx.Err()
}

// await waits until a shipper has logged what, but at most as long as a start may take.
func (k *killer) await(ctx context.Context, s *harness.Shipper, what string) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(recall); !strings.Contains(s.Log(), what); {
		select {
		case <-ctx.Done():
			return
		case <-late:
			return
		case <-s.Done():
			return
		case <-tick.C:
		}
	}
}

// end kills a shipper, or stops it and does not wait for long.
func (k *killer) end(s *harness.Shipper) {
	defer func() { k.leaks = append(k.leaks, s.Leaks(harness.Token(k.life-1))...) }()
	if k.stopped = k.draw.IntN(stopsIn) == 0; k.stopped {
		s.Signal(syscall.SIGTERM)
		select {
		case <-s.Done():
			k.stops++
			return
		case <-time.After(5 * time.Second):
		}
	}
	k.ledger.Crash(k.life - 1)
	s.Kill()
	k.kills++
}

// finish runs a last shipper, without faults, until every line has come or none comes any more:
// it may have to deliver much that the killed ones did not.
func (k *killer) finish(ctx context.Context, ledger *harness.Ledger) error {
	s, err := k.start()
	if err != nil {
		return err
	}
	defer s.Kill()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	least, stopping := -1, false
	for deadline := time.After(patient); ; {
		if err := k.settle(ledger); err != nil {
			return err
		}
		missing, _ := ledger.Missing()
		if least < 0 || missing < least {
			least, deadline = missing, time.After(patient)
		}
		if missing == 0 && !stopping {
			stopping = true
			s.Signal(syscall.SIGTERM)
		}
		select {
		case <-s.Done():
			if code := s.ExitCode(); code != 0 {
				return fmt.Errorf("the last shipper ended with %d:\n%s", code, s.Log())
			}
			return nil
		case <-tick.C:
		case <-deadline:
			fmt.Printf("the last shipper's log:\n%s", lastOf(s.Log()))
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settle accounts for the dead letters.
func (k *killer) settle(ledger *harness.Ledger) error {
	letters, err := harness.DeadLetters(k.command.Env["STATE_DIR"])
	if err != nil {
		return err
	}
	for _, line := range letters {
		ledger.Settle(line)
	}
	k.letters = len(letters)
	return nil
}

func lastOf(log string) string {
	lines := strings.SplitAfter(log, "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "")
}
