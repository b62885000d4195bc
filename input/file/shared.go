package file

import (
	"log/slog"
	"sync/atomic"

	"ollama-hec/input/checkpoint"
	"ollama-hec/input/framing"
)

// shared is what all generations have in common.
type shared struct {
	options     Options
	log         *slog.Logger
	store       *checkpoint.Store
	notices     notices
	framings    framing.Memory
	descriptors descriptors
	counters    counters
	woken       chan struct{} // capacity 1: something happened that Run wants to know
	scanWanted  atomic.Bool   // and it is about names
	scans       atomic.Uint64 // listings so far
}

// wakeUp makes Run look at everything soon.
func (s *Source) wakeUp() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
