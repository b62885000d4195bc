package pipeline

import (
	"context"
	"sync"
)

// budget bounds the bytes of the batches sent and not yet delivered.
type budget struct {
	mu    sync.Mutex
	taken int64
	max   int64
	freed chan struct{} // closed and replaced when bytes are given back
}

func newBudget(max int64) *budget { return &budget{max: max, freed: make(chan struct{})} }

// Acquire takes n bytes. It waits until they fit, or until nothing else is taken: a batch
// larger than the whole budget goes alone.
func (b *budget) Acquire(ctx context.Context, n int64) error {
	for {
		b.mu.Lock()
		if b.taken == 0 || b.taken+n <= b.max {
			b.taken += n
			b.mu.Unlock()
			return nil
		}
		freed := b.freed
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
		}
	}
}

// Release gives n bytes back.
func (b *budget) Release(n int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.taken -= n
	close(b.freed)
	b.freed = make(chan struct{})
}

func (b *budget) used() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.taken
}
