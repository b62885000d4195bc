package receiver

import (
	"maps"
	"sync"
	"time"
)

// Stats is what a receiver has seen so far.
type Stats struct {
	Connections uint64
	Requests    uint64
	// WireBytes are bytes of bodies as they came, BodyBytes unpacked.
	WireBytes, BodyBytes uint64
	// Events are the events taken, by sourcetype; under "" those without one
	// and those of CountOnly.
	Events map[string]uint64
	// Codes and Statuses are the answers given, by HEC code and HTTP status.
	Codes, Statuses map[int]uint64
	// Faults are the requests that met one.
	Faults uint64
	// LastReceipt is when the last body that brought events was read.
	LastReceipt time.Time

	// What a shipper must never make happen:

	// UnknownKey are objects not taken, yet answered with success, because of
	// an envelope key HEC does not know; FieldsOnly those with no event.
	UnknownKey, FieldsOnly uint64
	// InvalidUTF8 are objects that are not valid UTF-8.
	InvalidUTF8 uint64
	// WrongNode are requests without the cookie their channel was given before.
	WrongNode uint64
}

// Taken is how many events were taken.
func (s Stats) Taken() uint64 {
	var n uint64
	for _, events := range s.Events {
		n += events
	}
	return n
}

// tally is the Stats in the making.
type tally struct {
	mu sync.Mutex
	s  Stats // guarded by mu
}

func newTally() *tally {
	return &tally{s: Stats{Events: map[string]uint64{}, Codes: map[int]uint64{}, Statuses: map[int]uint64{}}}
}

func (t *tally) snapshot() Stats {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.s
	s.Events, s.Codes, s.Statuses = maps.Clone(s.Events), maps.Clone(s.Codes), maps.Clone(s.Statuses)
	return s
}

func (t *tally) connection() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Connections++
}

func (t *tally) request(f *Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Requests++
	if f != nil {
		t.s.Faults++
	}
}

func (t *tally) body(onWire, unpacked int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.WireBytes += uint64(onWire)
	t.s.BodyBytes += uint64(unpacked)
}

func (t *tally) counted(n uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.Events[""] += n
	t.s.LastReceipt = time.Now()
}

func (t *tally) taken(p parsed) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range p.events {
		t.s.Events[p.events[i].Sourcetype]++
	}
	if len(p.events) > 0 {
		t.s.LastReceipt = time.Now()
	}
	t.s.UnknownKey += uint64(p.unknownKey)
	t.s.FieldsOnly += uint64(p.fieldsOnly)
	t.s.InvalidUTF8 += uint64(p.invalid)
}

func (t *tally) wrongNode() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.s.WrongNode++
}

func (t *tally) answered(r reply) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if r.code >= 0 {
		t.s.Codes[r.code]++
	}
	t.s.Statuses[r.httpStatus()]++
}
