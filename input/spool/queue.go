package spool

import "sync"

// The bounds of the queue: a slow disk costs records, not memory.
const (
	queueRecords = 16384
	queueBytes   = 4 << 20
)

// queue holds the records that wait to be written. add never blocks.
type queue struct {
	wake chan struct{} // capacity 1: there is something

	mu       sync.Mutex
	records  []Record // guarded by mu
	bytes    int      // guarded by mu; of their events
	overflow int64    // guarded by mu; records that found no room
}

func newQueue() *queue { return &queue{wake: make(chan struct{}, 1)} }

// add puts a record into the queue, or counts it if there is no room.
func (q *queue) add(r Record) {
	q.mu.Lock()
	fits := len(q.records) < queueRecords && q.bytes+len(r.Event) <= queueBytes
	if fits {
		q.records, q.bytes = append(q.records, r), q.bytes+len(r.Event)
	} else {
		q.overflow++
	}
	q.mu.Unlock()
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// take returns the waiting records, and how many found no room since the last call. used is the
// slice that the queue goes on with.
func (q *queue) take(used []Record) (records []Record, overflow int64) {
	clear(used)
	q.mu.Lock()
	defer q.mu.Unlock()
	records, overflow = q.records, q.overflow
	q.records, q.bytes, q.overflow = used[:0], 0, 0
	return records, overflow
}
