//go:build unix

package file

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
)

// TestMain makes a shipper of the test binary, for killing.
func TestMain(m *testing.M) {
	if dir := os.Getenv("SHIP_FROM"); dir != "" {
		fmt.Fprintln(os.Stderr, ship(dir, os.Getenv("SHIP_STATE"), os.Getenv("SHIP_TO")))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// begins is the line before what a life delivers.
const begins = "-- a life begins"

// ship appends the lines of each Read to a file and then commits them.
func ship(dir, state, to string) error {
	out, err := os.OpenFile(to, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	// A kill may have cut the last write short: what it left of a line ends here.
	if _, err := out.WriteString("\n" + begins + "\n"); err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	store, err := checkpoint.Open(state, log)
	if err != nil {
		return err
	}
	s, err := New(Options{
		Patterns: []string{filepath.Join(dir, "*.log")}, Store: store, Log: log,
		Pace: Pace{Poll: 2 * time.Millisecond, Rescan: 10 * time.Millisecond},
	})
	if err != nil {
		return err
	}
	l := newLane()
	l.buf = bufferMin
	l.deliver = func(records []input.Record) {
		var text bytes.Buffer
		for _, r := range records {
			text.Write(r.Text)
			text.WriteByte('\n')
		}
		if _, err := out.Write(text.Bytes()); err != nil {
			panic(err)
		}
	}
	go l.read(context.Background())
	return s.Run(context.Background(), l.ready)
}

// Killed again and again at any moment while a log is written and rotated,
// nothing is lost, and what each life delivers is in order.
func TestKilled(t *testing.T) {
	b := newBench(t)
	to := filepath.Join(t.TempDir(), "delivered")
	delivered := func() []string {
		data, err := os.ReadFile(to)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		return strings.Split(strings.TrimSuffix(string(data), "\n"), "\n")
	}
	random := rand.New(rand.NewPCG(1, 2))
	written := 0
	write := func(n int) {
		b.append("a.log", lines("a", written, n))
		written += n
	}
	life := func(work func(before int)) {
		before := len(delivered())
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "SHIP_FROM="+b.dir, "SHIP_STATE="+b.state, "SHIP_TO="+to)
		cmd.Stderr = os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		work(before)
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait() // killed is an error
	}
	write(100)
	for n := range 25 {
		life(func(before int) {
			for range random.IntN(5) {
				write(1 + random.IntN(2000))
			}
			some := before + 1 + random.IntN(100)
			b.eventually(
				"some lines",
				func() bool { return len(delivered()) > some || slices.Contains(delivered(), last(written)) },
			)
		})
		if n > 0 && random.IntN(3) == 0 {
			b.rename("a.log", fmt.Sprintf("a.log-2025%04d", n))
		}
		write(1 + random.IntN(1000))
	}
	life(func(int) {
		b.eventually("the last line", func() bool { return slices.Contains(delivered(), last(written)) })
	})

	seen, before := map[string]bool{}, ""
	for _, line := range delivered() {
		switch {
		case line == begins:
			before = ""
			continue
		case len(line) < len(last(1)): // cut short by a kill, never committed
			continue
		case line <= before:
			t.Errorf("%s after %s", line, before)
		}
		seen[line], before = true, line
	}
	for n := range written {
		if !seen[last(n+1)] {
			t.Fatalf("%s is lost, of %d", last(n+1), written)
		}
	}
}

// last is the last of n lines.
func last(n int) string { return fmt.Sprintf("a-%06d", n-1) }
