package metrics

import (
	"sync"
	"time"
)

// The time over which a rate is measured, and the time between two samples.
const (
	rateOver  = time.Minute
	rateEvery = 5 * time.Second
)

// sample holds the counts at one moment.
type sample struct {
	at                   time.Time
	lines, events, bytes int64
}

// rates are the samples of the last minute.
type rates struct {
	mu      sync.Mutex
	samples []sample // in order; guarded by mu
}

// note adds a sample, and drops those that no rate needs any more.
func (r *rates) note(s sample) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.samples = append(r.samples, s)
	for len(r.samples) > 2 && s.at.Sub(r.samples[1].at) >= rateOver {
		r.samples = r.samples[1:]
	}
}

// now returns the rates per second over the last minute up to s; ok is false as long as they
// cannot be measured.
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
