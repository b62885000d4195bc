package capture

import (
	"bytes"
	"net/netip"
	"sync"
	"time"

	"ollama-hec/input/spool"
)

// late names connections that had ended before the kernel was asked for them: what was read
// of a short one off the wire may come to us after its end. Their records wait until the
// observer of connections has told of the end, which gives the id.
type late struct {
	emit func(spool.Record)
	wake chan struct{} // capacity 1: something waits

	mu      sync.Mutex
	ended   map[ends]ended  // guarded by mu; connections that ended of late
	oldest  []ends          // guarded by mu; of ended, by when they were told
	waiting []unnamedRecord // guarded by mu; by when they came
	held    int             // guarded by mu; bytes of waiting
	over    bool            // guarded by mu; nothing waits any more
}

// ends tell a connection from others that there are at the time.
type ends struct{ client, server netip.AddrPort }

// ended is a connection that has ended.
type ended struct {
	id string
	at time.Time // when it was told
}

// unnamedRecord is a record that waits for the id of its connection.
type unnamedRecord struct {
	spool.Record
	of    ends
	since time.Time
}

const (
	// lateWait is how long a record waits at most: the kernel tells of an end within
	// milliseconds, and the observer reads it within as many.
	lateWait = 500 * time.Millisecond
	// lateEvery is how often it is looked for records that have waited long enough.
	lateEvery = 100 * time.Millisecond
	// reused is after how long another connection may have the same ends.
	reused = 2 * time.Second
	// maxEnded and maxWaiting bound what is kept. Beyond it records go without an id.
	maxEnded, maxWaiting = 8192, 1024
	// maxHeld is how many bytes of records wait at most.
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

// end takes the id of a connection that has ended, and emits the records that waited for it.
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

// ending is what end is for an observer; nil where there is nobody to tell.
func (l *late) ending() func(client, server netip.AddrPort, id string) {
	if l == nil {
		return nil
	}
	return l.end
}

// release emits what has come before a time, without an id, and returns how many still wait.
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

// close releases everything.
func (l *late) close() {
	l.mu.Lock()
	l.over = true
	l.mu.Unlock()
	l.release(time.Now().Add(time.Hour))
}

// named puts the id into a record's event, behind its first key. An empty id changes nothing.
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
