package hec_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// receiptsOf are what a delivery leaves that is ended once it is answered.
func receiptsOf(t *testing.T, c *hec.Client) []hec.Receipt {
	t.Helper()
	b := events("e", 1)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Deliver(ctx, b) }()
	<-b.Done()
	cancel()
	var pending *hec.PendingError
	if err := <-done; !errors.As(err, &pending) {
		t.Fatalf("got %v", err)
	}
	return pending.Receipts
}

func TestReceiptsSurviveARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: time.Second, Cookie: "node=1"})
		c, _, _ := client(t, nil, s.URL())
		receipts := receiptsOf(t, c)
		c.Close()
		next, _, _ := client(t, nil, s.URL())
		lost := receipts[0]
		lost.ID += 100
		lost.Posted = time.Now().Add(-time.Hour)
		came := next.Recall(t.Context(), append(receipts, lost))
		if len(came) != 2 || !came[0] || came[1] {
			t.Errorf("came %v", came)
		}
		if n := s.Stats().WrongNode; n != 0 {
			t.Errorf("%d requests without their cookie", n)
		}
	})
}

// A receipt is asked for at least once, even if it is older than a batch may wait.
func TestAnOldReceiptIsAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: acking, AckDelay: time.Second})
		c, _, _ := client(t, nil, s.URL())
		receipts := receiptsOf(t, c)
		receipts[0].Posted = time.Now().Add(-time.Hour)
		eventually(t, "the acknowledgment", func() bool { return c.Recall(t.Context(), receipts)[0] })
	})
}
