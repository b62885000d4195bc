package hec_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/hec"
)

// restarting is an indexer that acknowledges at once what it has, and restarts
// after the first batch, which is lost. Ids begin anew then, at 1.
type restarting struct {
	node
	next      int64
	stored    []string
	restarted bool
}

func newRestarting() *restarting {
	r := &restarting{next: 1}
	r.submit = func(w http.ResponseWriter, _, text string) {
		id := r.next
		r.next++
		if !r.restarted { // the first one
			r.next, r.restarted = 1, true
			success(w, id)
			return
		}
		r.stored = append(r.stored, text)
		r.acks = all
		success(w, id)
	}
	return r // it answers to no poll until the restart is over
}

// A batch waits for an id that the receiver gives to another one after its
// restart: that one's acknowledgment is not for this.
func TestAnIdIsNotTakenForItsNamesake(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRestarting()
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckTimeout = time.Second }, r.start(t))
		a := events("a", 1)
		var delivering sync.WaitGroup
		delivering.Go(func() {
			if err := c.Deliver(t.Context(), a); err != nil {
				t.Error(err)
			}
			r.locked(func() {
				if !slices.Contains(r.stored, "a1") {
					t.Errorf("the batch counts as delivered, and stored is %q", r.stored)
				}
			})
		})
		<-a.Done()
		eventually(t, "the restart is noticed", func() bool {
			polls := 0
			r.locked(func() { polls = r.polls })
			return polls > 0
		})
		if err := c.Deliver(t.Context(), events("b", 1)); err != nil {
			t.Error(err)
		}
		delivering.Wait()
	})
}

// Behind a balancer without sticky sessions two nodes give the same id on one
// channel, and one of them loses what it took.
func TestIdsOfTwoNodesSettleNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var stored []string
		first := ""
		n := &node{}
		n.submit = func(w http.ResponseWriter, channel, text string) {
			if first == "" {
				first = channel
			}
			if channel == first { // by one node each, and both give 0
				success(w, 0)
				return
			}
			stored = append(stored, text)
			success(w, len(stored))
		}
		n.acks = none
		c, l, _ := client(t, func(cfg *hec.Config) { cfg.AckTimeout = time.Second }, n.start(t))
		var delivering sync.WaitGroup
		for _, name := range []string{"a", "b"} {
			b := events(name, 1)
			delivering.Go(func() {
				if err := c.Deliver(t.Context(), b); err != nil {
					t.Error(err)
				}
			})
			<-b.Done()
		}
		n.locked(func() { n.acks = all })
		delivering.Wait()
		n.locked(func() {
			if slices.Sort(stored); !slices.Equal(stored, []string{"a1", "b1"}) {
				t.Errorf("sent again were %q", stored)
			}
		})
		if !strings.Contains(l.String(), "sticky sessions") {
			t.Errorf("not said:\n%s", l)
		}
	})
}

// The replies to three POSTs that are out together may be read in any order.
func TestIdsOutOfOrderMeanNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{acks: all}
		ids := map[string]int{"first1": 4, "a1": 7, "b1": 5, "c1": 6}
		posted := 0
		n.submit = func(w http.ResponseWriter, _, text string) {
			posted++
			success(w, ids[text])
		}
		c, l, _ := client(t, nil, n.start(t))
		for _, name := range []string{"first", "a", "b", "c"} {
			if err := c.Deliver(t.Context(), events(name, 1)); err != nil {
				t.Fatal(err)
			}
		}
		n.locked(func() {
			if slices.Sort(n.channels); len(slices.Compact(n.channels)) != 1 || posted != 4 {
				t.Errorf("%d posts on channels %q\n%s", posted, n.channels, l)
			}
		})
	})
}

// Receipts of what cannot be told by its id would be asked for in vain, or worse.
func TestNoReceiptForAnIdThatCameAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{acks: none}
		n.submit = func(w http.ResponseWriter, _, _ string) { success(w, 0) }
		c, _, _ := client(t, nil, n.start(t))
		ended := make(chan error, 2)
		ctx, cancel := context.WithCancel(t.Context())
		for _, name := range []string{"a", "b"} {
			b := events(name, 1)
			go func() { ended <- c.Deliver(ctx, b) }()
			<-b.Done()
		}
		cancel()
		for range 2 {
			if err := <-ended; err != ctx.Err() {
				t.Errorf("got %v", err)
			}
		}
	})
}
