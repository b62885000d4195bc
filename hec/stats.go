package hec

import (
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/sourcetypes/batch"
)

// stats counts what a Client does.
type stats struct {
	mu    sync.Mutex
	count batch.Count
	codes map[string]int64 // replies by HEC code, or by HTTP status where there is none

	batches, wire, plain                 atomic.Int64
	posts, quick, ambiguous, deadLetters atomic.Int64
	waiting, ackTimeouts                 atomic.Int64
	withoutCode                          atomic.Int64
	lastSuccess                          atomic.Int64
}

// Stats is what a Client has done so far.
type Stats struct {
	Delivered   batch.Count      // events that are the receiver's responsibility, and dead letters
	Batches     int64            // delivered
	WireBytes   int64            // of the bodies sent, after gzip
	PlainBytes  int64            // the same before gzip
	Posts       int64            // requests with events
	QuickRetry  int64            // requests repeated at once on a new connection
	Ambiguous   int64            // requests without a clear reply: what they carried may arrive twice
	WithoutCode int64            // requests that count as delivered though no HEC code came back
	DeadLetters int64            // events put away as rejected
	AckTimeouts int64            // parts sent again because no acknowledgment came
	AckWaiting  int64            // parts waiting for one now
	Replies     map[string]int64 // by code
	LastSuccess time.Time
}

// Stats returns the counts so far.
func (c *Client) Stats() Stats {
	s := &c.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := Stats{
		Delivered: s.count, Batches: s.batches.Load(), WireBytes: s.wire.Load(), PlainBytes: s.plain.Load(),
		Posts: s.posts.Load(), QuickRetry: s.quick.Load(), Ambiguous: s.ambiguous.Load(), DeadLetters: s.deadLetters.Load(),
		WithoutCode: s.withoutCode.Load(), AckTimeouts: s.ackTimeouts.Load(), AckWaiting: s.waiting.Load(),
		Replies: make(map[string]int64, len(s.codes)),
	}
	for k, v := range s.codes {
		snap.Replies[k] = v
	}
	if ns := s.lastSuccess.Load(); ns > 0 {
		snap.LastSuccess = time.Unix(0, ns)
	}
	return snap
}

func (s *stats) delivered(b *batch.Batch) {
	s.batches.Add(1)
	s.lastSuccess.Store(time.Now().UnixNano())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count.Add(&b.Count)
}

func (s *stats) posted(b *batch.Batch, r reply, err error) {
	s.posts.Add(1)
	s.wire.Add(int64(len(b.Body)))
	s.plain.Add(int64(b.Size))
	key := "none"
	if err == nil {
		key = r.key()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.codes == nil {
		s.codes = map[string]int64{}
	}
	s.codes[key]++
}
