package scs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/scs/scstest"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// letters keeps dead letters in memory.
type letters struct {
	mu   sync.Mutex
	full bool
	kept []hec.DeadLetter
}

func (l *letters) Put(letter hec.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return errors.New("no space left on device")
	}
	l.kept = append(l.kept, letter)
	return nil
}

func (l *letters) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept)
}

// open returns a client of s, changed as asked for, and its dead letters.
func open(t testing.TB, s *scstest.Service, change func(*Config)) (*Client, *letters) {
	t.Helper()
	address, err := ParseAddress(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	kept := new(letters)
	cfg := Config{
		Tenant: scstest.Tenant, Address: address, Credentials: AccessToken{hec.StaticToken(scstest.AccessToken)},
		DeadLetters: kept, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, kept
}

func lines(n, size int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("%d %s", i, strings.Repeat("x", size)))
	}
	return texts
}

func batchOf(texts ...string) *batch.Batch {
	enc := NewEnvelope(hec.Origin{Host: "h", Source: "s"})
	b := batch.NewBuilder(batch.Limits{}, true)
	for _, text := range texts {
		b.Add(enc, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e18}, Body: []byte(text)})
	}
	return b.Take()
}

// deliver fails the test if delivery does or does not end in an error.
func deliver(t *testing.T, c *Client, b *batch.Batch) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	if err := c.Deliver(ctx, b); err != nil {
		t.Fatal(err)
	}
}

// arrived compares what the service kept with texts, in their order.
func arrived(t *testing.T, s *scstest.Service, want []string) {
	t.Helper()
	kept, _ := s.Events()
	if got := scstest.Texts(kept); !slices.Equal(got, want) {
		t.Errorf("%d events came, want %d, or they are not the same", len(got), len(want))
	}
}
