package hec_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// A receiver says only once that an acknowledgment is there. What has come before
// a stop is not asked for after it.
func TestReceiptsAreForWhatHasNotCome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		acked := make(chan struct{})
		n := &node{}
		posted := 0
		n.submit = func(w http.ResponseWriter, _, _ string) {
			if posted++; posted == 1 {
				w.WriteHeader(http.StatusRequestEntityTooLarge) // two parts
				return
			}
			success(w, posted)
		}
		n.acks = func(_ string, ids []int64) (came []int64) {
			for _, id := range ids {
				if id == 3 { // of the second part
					close(acked)
					came = append(came, id)
				}
			}
			return came
		}
		c, _, _ := client(t, nil, n.start(t))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Deliver(ctx, events("a", 2)) }()
		<-acked
		cancel()
		var pending *hec.PendingError
		if err := <-done; !errors.As(err, &pending) || len(pending.Receipts) != 1 || pending.Receipts[0].ID != 2 {
			t.Errorf("got %v, %+v", err, pending)
		}
	})
}

// All had come when delivery was ended, one of them by a poll that was out.
func TestWhatHasComeIsDelivered(t *testing.T) {
	bubble(t, func(t *testing.T) {
		asked := make(chan struct{})
		answer := make(chan struct{})
		n := &node{}
		n.submit = func(w http.ResponseWriter, _, _ string) { success(w, 0) }
		n.acks = func(_ string, ids []int64) []int64 {
			close(asked)
			<-answer
			return ids
		}
		c, _, _ := client(t, nil, n.start(t))
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- c.Deliver(ctx, events("a", 1)) }()
		<-asked
		cancel()
		close(answer)
		if err := <-done; err != nil {
			t.Errorf("got %v", err)
		}
	})
}

// Between a stop and the end nobody asks: it would use up what the next start
// is to be told.
func TestNobodyAsksForWhatHasAReceipt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		n := &node{}
		posted, after := 0, 0
		left := false // the batch with id 0 has been left
		n.submit = func(w http.ResponseWriter, _, _ string) { success(w, posted); posted++ }
		n.acks = func(_ string, ids []int64) []int64 {
			if left {
				after++
				if slices.Contains(ids, 0) {
					t.Error("it is still asked for")
				}
			}
			return nil
		}
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckPoll = 50 * time.Millisecond }, n.start(t))
		ctx, cancel := context.WithCancel(t.Context())
		first, other := events("a", 1), events("b", 1)
		done := make(chan error, 1)
		go func() { done <- c.Deliver(ctx, first) }()
		<-first.Done()
		ended := make(chan error, 1)
		stopping, stop := context.WithCancel(t.Context())
		go func() { ended <- c.Deliver(stopping, other) }() // keeps the poller at work
		<-other.Done()
		cancel()
		var pending *hec.PendingError
		if err := <-done; !errors.As(err, &pending) || pending.Receipts[0].ID != 0 {
			t.Errorf("got %v", err)
		}
		n.locked(func() { left = true })
		eventually(t, "the other one is asked for", func() bool {
			asked := 0
			n.locked(func() { asked = after })
			return asked > 1
		})
		stop()
		<-ended
	})
}

// A poll that failed has not been answered: the acknowledgment may be there.
func TestARefusedPollSaysNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking})
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckPoll = 100 * time.Millisecond }, s.URL())
		s.SetFault(onPolls(true, receiver.Fault{Status: 503}))
		receipts := receiptsOf(t, c)
		c.Close()
		receipts[0].Posted = time.Now().Add(-time.Hour)
		s.SetFault(
			onPolls(false, receiver.Fault{Status: 503}, receiver.Fault{Status: 403}, receiver.Fault{Status: 200, Body: "{}"}),
		)
		next, _, _ := client(t, func(cfg *hec.Config) { cfg.AckPoll = 100 * time.Millisecond }, s.URL())
		if came := next.Recall(t.Context(), receipts); !came[0] {
			t.Error("it counts as lost")
		}
	})
}

// The receiver has the batch, and cannot be reached for longer than AckTimeout.
func TestAfterAnOutageItIsAskedForOnceMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking})
		const timeout = 4 * time.Second
		c, l, _ := client(
			t,
			func(cfg *hec.Config) { cfg.AckTimeout = timeout; cfg.AckPoll = 100 * time.Millisecond },
			s.URL(),
		)
		b := events("a", 1)
		done := make(chan error, 1)
		s.SetFault(receiver.On(receiver.EndpointAck, func(*receiver.Request) receiver.Fault {
			return receiver.Fault{At: receiver.Unread, Reset: true}
		}))
		go func() { done <- c.Deliver(t.Context(), b) }()
		<-b.Done()
		<-time.After(timeout + timeout/10)
		s.SetFault(nil)
		if err := <-done; err != nil || s.taken() != "a1" {
			t.Errorf("%v, taken %s\n%s", err, s.taken(), l)
		}
	})
}

// One that never answers again is not waited for without end.
func TestAnEndpointThatIsGoneIsGivenUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gone, other := &node{}, start(t, receiver.Options{})
		taken := 0
		gone.submit = func(w http.ResponseWriter, _, _ string) {
			if taken++; taken > 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			success(w, 0)
		}
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.AckTimeout = 300 * time.Millisecond }, gone.start(t), other.URL())
		if err := c.Deliver(t.Context(), events("a", 1)); err != nil || other.taken() != "a1" {
			t.Errorf("%v, taken %s", err, other.taken())
		}
	})
}
