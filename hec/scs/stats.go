package scs

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/hec"
	"ollama-hec/sourcetypes/batch"
)

// stats counts what a Client does.
type stats struct {
	mu      sync.Mutex
	count   batch.Count
	replies map[string]int64 // by HTTP status; none where none came

	batches, bytes, posts, ambiguous, deadLetters, lastSuccess atomic.Int64
}

// Stats returns the counts so far, as the client of HEC does. Bodies are sent as they
// are: the specification names no compression.
func (c *Client) Stats() hec.Stats {
	s := &c.stats
	s.mu.Lock()
	defer s.mu.Unlock()
	snap := hec.Stats{
		Delivered: s.count, Batches: s.batches.Load(), WireBytes: s.bytes.Load(), PlainBytes: s.bytes.Load(),
		Posts: s.posts.Load(), Ambiguous: s.ambiguous.Load(), DeadLetters: s.deadLetters.Load(),
		Replies: maps.Clone(s.replies),
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

func (s *stats) posted(bytes int, done *request) {
	s.posts.Add(1)
	s.bytes.Add(int64(bytes))
	key := "none"
	unsure := done.reply == nil && done.sent.Load()
	if done.reply != nil {
		key, unsure = done.reply.key(), done.reply.ambiguous()
	}
	if unsure {
		s.ambiguous.Add(1)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.replies == nil {
		s.replies = map[string]int64{}
	}
	s.replies[key]++
}
