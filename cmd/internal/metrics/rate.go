package metrics

import (
	"sync"
	"time"
)

// How far back a rate looks, and how often it looks.
const (
	rateOver  = time.Minute
	rateEvery = 5 * time.Second
)

// sample is what had been done at a time.
type sample struct {
	at                   time.Time
	lines, events, bytes int64
}

// rates are the samples of the last minute.
type rates struct {
	mu      sync.Mutex
	samples []sample // in order; guarded by mu
}

// note adds a sample, and forgets those that no rate needs.
func (r *rates) note(s sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, s)
	for len(r.samples) > 2 && s.at.Sub(r.samples[1].at) >= rateOver {
		r.samples = r.samples[1:]
	}
}

// now returns what was done a second up to s; ok is false as long as nothing can be said.
func (r *rates) now(s sample) (lines, events, bytes float64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.samples) == 0 {
		return 0, 0, 0, false
	}
	first := r.samples[0]
	seconds := s.at.Sub(first.at).Seconds()
	if seconds < 1 {
		return 0, 0, 0, false
	}
	return float64(s.lines-first.lines) / seconds, float64(s.events-first.events) / seconds,
		float64(s.bytes-first.bytes) / seconds, true
}
