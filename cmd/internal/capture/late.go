package capture

import (
	"bytes"
	"net/netip"
	"sync"
	"time"

	"ollama-hec/input/spool"
)

// late holds records of connections that had ended before we asked the kernel for their id: the
// packets of a short connection may reach us after its end. Such a record waits until the
// observer of connections reports the end, which brings the id.
type late struct {
	emit func(spool.Record)
	wake chan struct{} // capacity 1: something waits

	mu      sync.Mutex
	ended   map[ends]ended  // guarded by mu; connections that ended recently
	oldest  []ends          // guarded by mu; the keys of ended, in the order of their ends
	waiting []unnamedRecord // guarded by mu; in the order in which they came
	held    int             // guarded by mu; bytes of waiting
	over    bool            // guarded by mu; records do not wait any more
}

// ends are the two addresses of a connection, which identify it while it is open.
type ends struct{ client, server netip.AddrPort }

// ended is a connection that has ended.
type ended struct {
	id string
	at time.Time // when its end was reported
}

// unnamedRecord is a record that waits for the id of its connection.
type unnamedRecord struct {
	spool.Record
	of    ends
	since time.Time
}

const (
	// lateWait is the longest that a record waits: the kernel reports an end within
	// milliseconds, and the observer reads the report within milliseconds.
	lateWait = 500 * time.Millisecond
	// lateEvery is how often we look for records that have waited long enough.
	lateEvery = 100 * time.Millisecond
	// reused is the time after which another connection may have the same two addresses.
	reused = 2 * time.Second
	// maxEnded and maxWaiting bound what is kept. Records beyond that are emitted without an id.
	maxEnded, maxWaiting = 8192, 1024
	// maxHeld bounds the bytes of the records that wait.
	maxHeld = 8 << 20
)

func newLate(emit func(spool.Record)) *late {
	return &late{emit: emit, wake: make(chan struct{}, 1), ended: make(map[ends]ended)}
}

// add emits a record of a connection without an id, at once if the id is known by now.
func (l *late) add(r spool.Record, client, server netip.AddrPort) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := ends{client, server}
	now := time.Now()
	last, known := l.ended[of]
	switch {
	case known && now.Sub(last.at) < reused:
		l.emit(named(r, last.id))
	case l.over || len(l.waiting) >= maxWaiting, l.held+len(r.Event) > maxHeld:
		l.emit(r)
	default:
		l.waiting = append(l.waiting, unnamedRecord{r, of, now})
		l.held += len(r.Event)
		select {
		case l.wake <- struct{}{}:
		default:
		}
	}
}

// end notes the id of a connection that has ended, and emits the records that waited for it.
func (l *late) end(client, server netip.AddrPort, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	of := ends{client, server}
	if _, known := l.ended[of]; !known {
		if len(l.oldest) == maxEnded {
			delete(l.ended, l.oldest[0])
			l.oldest = l.oldest[1:]
		}
		l.oldest = append(l.oldest, of)
	}
	l.ended[of] = ended{id, time.Now()}
	kept := l.waiting[:0]
	for _, w := range l.waiting {
		if w.of == of {
			l.held -= len(w.Event)
			l.emit(named(w.Record, id))
		} else {
			kept = append(kept, w)
		}
	}
	clear(l.waiting[len(kept):])
	l.waiting = kept
}

// ending returns the end method for an observer to call; nil if l is nil.
func (l *late) ending() func(client, server netip.AddrPort, id string) {
	if l == nil {
		return nil
	}
	return l.end
}

// release emits the records that came before a time, without an id, and returns how many still
// wait.
func (l *late) release(before time.Time) (left int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.waiting) && l.waiting[n].since.Before(before) {
		l.held -= len(l.waiting[n].Event)
		l.emit(l.waiting[n].Record)
		n++
	}
	left = copy(l.waiting, l.waiting[n:])
	clear(l.waiting[left:])
	l.waiting = l.waiting[:left]
	return left
}

// run releases records in time until stop is closed. While none waits it sleeps.
func (l *late) run(stop <-chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-l.wake:
		}
		for l.release(time.Now().Add(-lateWait)) > 0 {
			select {
			case <-stop:
				return
			case <-time.After(lateEvery):
			}
		}
	}
}

// close emits every record that waits. Later ones do not wait.
func (l *late) close() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.release(time.Now().Add(time.Hour))
}

// named returns the record with the id in its event, after the first key. An empty id changes
// nothing.
func named(r spool.Record, id string) spool.Record {
	const origin = `{"origin":"capture"`
	rest, ok := bytes.CutPrefix(r.Event, []byte(origin))
	if !ok || id == "" {
		return r
	}
	event := make([]byte, 0, len(r.Event)+len(id)+24)
	event = append(append(append(event, origin+`,"connection_id":"`...), id...), '"')
	r.Event = append(event, rest...)
	return r
}
