package pipeline

import (
	"context"
	"sync"
)

// room bounds the bytes of batches under way.
type room struct {
	mu    sync.Mutex
	taken int64
	max   int64
	freed chan struct{} // closed and replaced when bytes are given back
}

func newRoom(max int64) *room { return &room{max: max, freed: make(chan struct{})} }

// take waits until n more bytes fit, or until nothing else is there.
func (r *room) take(ctx context.Context, n int64) error {
	for {
		r.mu.Lock()
		if r.taken == 0 || r.taken+n <= r.max {
			r.taken += n
			r.mu.Unlock()
			return nil
		}
		freed := r.freed
		r.mu.Unlock()
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-freed:
		}
	}
}

func (r *room) give(n int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.taken -= n
	close(r.freed)
	r.freed = make(chan struct{})
}

func (r *room) used() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.taken
}
