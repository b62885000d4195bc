// Package sinktest is the contract of a pipeline.Sink as a test: every sink passes it,
// and the pipeline relies on nothing else.
//
// It says nothing of how a sink tells its receiver apart from another, nor of what
// becomes of events that no receiver will ever take.
package sinktest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// Fixture is a sink with a receiver behind it, both fresh.
type Fixture struct {
	Sink    pipeline.Sink
	Encoder batch.Encoder
	Gzip    bool // batches are compressed

	// Came returns the text of the events that the receiver has, in order.
	Came func() []string
	// Hosts returns the host of each.
	Hosts func() []string
	// Stall makes the receiver take nothing until Resume.
	Stall, Resume func()
}

// Run holds a sink to the contract.
func Run(t *testing.T, open func(t *testing.T) Fixture) {
	for _, c := range []struct {
		name string
		hold func(*testing.T, Fixture)
	}{
		{"delivered means arrived", deliveredMeansArrived},
		{"a batch is not changed", batchIsNotChanged},
		{"any text arrives", anyTextArrives},
		{"a host that a line names arrives", namedHostArrives},
		{"batches are not mixed", batchesAreNotMixed},
		{"a stall loses nothing", stallLosesNothing},
		{"giving up is an error", givingUpIsAnError},
		{"no delivery after its time", noDeliveryAfterItsTime},
	} {
		t.Run(c.name, func(t *testing.T) { c.hold(t, open(t)) })
	}
}

// Deliver returns nil only once the receiver has every event of the batch, and one
// batch after the other arrives in order.
func deliveredMeansArrived(t *testing.T, f Fixture) {
	var want []string
	for i := range 10 {
		lines := numbered(fmt.Sprint("batch ", i), 1+20*i)
		want = append(want, lines...)
		b := f.batch(lines...)
		if err := f.Sink.Deliver(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		if !answered(b) {
			t.Error("delivered, but not answered")
		}
		f.expect(t, want)
	}
}

// A batch belongs to the lane: it can be sent again as it was.
func batchIsNotChanged(t *testing.T, f Fixture) {
	b := f.batch(numbered("event", 100)...)
	body, ends, size := slices.Clone(b.Body), slices.Clone(b.Ends), b.Size
	for range 2 {
		if err := f.Sink.Deliver(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(b.Body, body) || !slices.Equal(b.Ends, ends) || b.Size != size {
		t.Error("the batch was changed")
	}
	f.expect(t, append(numbered("event", 100), numbered("event", 100)...))
}

func anyTextArrives(t *testing.T, f Fixture) {
	lines := []string{
		"plain",
		"two\nlines\n\tand a third",
		`"quoted" \ back`,
		"<data>&amp;</data></event></stream>",
		"]]>",
		"é 日本 🦙",
		strings.Repeat("long ", 100_000),
	}
	if err := f.Sink.Deliver(t.Context(), f.batch(lines...)); err != nil {
		t.Fatal(err)
	}
	f.expect(t, lines)
}

// An event comes from the host that its line names, and where it names none from
// the stream's.
func namedHostArrives(t *testing.T, f Fixture) {
	b := batch.NewBuilder(batch.Limits{Bytes: 1 << 20, Events: 10000}, f.Gzip)
	var want []string
	for i := range 1000 {
		host := fmt.Sprint("gpu", i)
		for _, named := range []string{host, "gpu <1>", "", host} {
			b.Add(f.Encoder, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e18}, Host: named, Body: []byte("x")})
			want = append(want, named)
		}
	}
	if err := f.Sink.Deliver(t.Context(), b.Take()); err != nil {
		t.Fatal(err)
	}
	came := f.Hosts()
	for i := range want {
		if want[i] == "" && len(came) > 2 {
			want[i] = came[2]
		}
	}
	if !slices.Equal(came, want) || strings.HasPrefix(want[2], "gpu") {
		t.Errorf("%d events came, want %d, or their hosts are not the same", len(came), len(want))
	}
}

// Lanes deliver at the same time: each batch arrives whole, once, and after the
// one before it in its lane.
func batchesAreNotMixed(t *testing.T, f Fixture) {
	const lanes, batches, events = 4, 10, 30
	var running sync.WaitGroup
	for lane := range lanes {
		var all []*batch.Batch
		for i := range batches {
			all = append(all, f.batch(numbered(fmt.Sprint(lane, " ", i), events)...))
		}
		running.Go(func() {
			for _, b := range all {
				if err := f.Sink.Deliver(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	came := f.Came()
	if len(came) != lanes*batches*events {
		t.Fatalf("%d events came of %d", len(came), lanes*batches*events)
	}
	var next [lanes]int
	for part := range slices.Chunk(came, events) {
		var lane, i int
		if _, err := fmt.Sscan(
			part[0],
			&lane,
			&i,
		); err != nil || i != next[lane] ||
			!slices.Equal(part, numbered(fmt.Sprint(lane, " ", i), events)) {
			t.Fatalf("after %v came %q: %v", next, part, err)
		}
		next[lane]++
	}
}

// While the receiver takes nothing Deliver waits; then all arrives.
func stallLosesNothing(t *testing.T, f Fixture) {
	f.Stall()
	lines := numbered("event", 100)
	b := f.batch(lines...)
	done := make(chan error, 1)
	go func() { done <- f.Sink.Deliver(t.Context(), b) }()
	select {
	case err := <-done:
		t.Fatalf("delivered to a receiver that takes nothing: %v", err)
	case <-b.Done():
		t.Fatal("answered by a receiver that takes nothing")
	case <-time.After(300 * time.Millisecond): // a sink that is slow to lie passes; none fails
	}
	f.Resume()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	f.expect(t, lines)
}

// A Deliver that ends before the receiver has the batch is an error, and nothing
// is answered. What comes later is delivered all the same.
func givingUpIsAnError(t *testing.T, f Fixture) {
	f.Stall()
	ctx, cancel := context.WithCancel(t.Context())
	b := f.batch(numbered("event", 100)...)
	done := make(chan error, 1)
	go func() { done <- f.Sink.Deliver(ctx, b) }()
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := <-done; err == nil || answered(b) {
		t.Errorf("error %v, answered %v", err, answered(b))
	}
	f.Resume()
	if err := f.Sink.Deliver(t.Context(), f.batch("next")); err != nil {
		t.Fatal(err)
	}
	if came := f.Came(); came[len(came)-1] != "next" {
		t.Errorf("the last that came is %s", came[len(came)-1])
	}
}

// Once its time is over a batch that was not begun does not arrive any more.
func noDeliveryAfterItsTime(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	late := f.batch("late")
	if err := f.Sink.Deliver(ctx, late); err == nil || answered(late) {
		t.Errorf("error %v, answered %v", err, answered(late))
	}
	if err := f.Sink.Deliver(t.Context(), f.batch("in time")); err != nil {
		t.Fatal(err)
	}
	f.expect(t, []string{"in time"})
}

func (f Fixture) batch(lines ...string) *batch.Batch {
	b := batch.NewBuilder(batch.Limits{Bytes: 1 << 20, Events: 10000}, f.Gzip)
	for _, line := range lines {
		b.Add(f.Encoder, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e18}, Body: []byte(line)})
	}
	return b.Take()
}

func (f Fixture) expect(t *testing.T, want []string) {
	t.Helper()
	if came := f.Came(); !slices.Equal(came, want) {
		t.Fatalf("%d events came, want %d, or they are not the same", len(came), len(want))
	}
}

func numbered(name string, n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("%s: %d, %s", name, i, strings.Repeat("x", 40)))
	}
	return lines
}

func answered(b *batch.Batch) bool {
	select {
	case <-b.Done():
		return true
	default:
		return false
	}
}
