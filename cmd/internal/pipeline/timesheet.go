package pipeline

import (
	"sync"
	"time"
)

// activity is what a lane is doing.
type activity uint8

const (
	resting activity = iota // nothing to read
	working
	waiting // for the receiver: an answer, or acknowledgments
	activities
)

// timesheet adds up what the time of all lanes goes into.
type timesheet struct {
	mu    sync.Mutex
	lanes [activities]int // how many lanes are at each; guarded by mu
	since time.Time       // up to when spent is right; guarded by mu
	spent spent           // guarded by mu
}

func newTimesheet(lanes int) *timesheet {
	t := &timesheet{since: time.Now()}
	t.lanes[resting] = lanes
	return t
}

// change notes that a lane goes from one activity to another.
func (t *timesheet) change(from, to activity) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.catchUpLocked()
	t.lanes[from]--
	t.lanes[to]++
}

// read returns what the time until now went into.
func (t *timesheet) read() spent {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.catchUpLocked()
	return t.spent
}

func (t *timesheet) catchUpLocked() {
	now := time.Now()
	passed := now.Sub(t.since)
	t.since = now
	switch {
	case t.lanes[working] > 0:
		t.spent.working += passed
	case t.lanes[waiting] > 0:
		t.spent.waiting += passed
	default:
		t.spent.resting += passed
	}
}
