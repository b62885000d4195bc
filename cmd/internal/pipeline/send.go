package pipeline

import (
	"context"
	"errors"
	"time"

	"ollama-hec/hec"
	"ollama-hec/sourcetypes/batch"
)

// batchCost is the memory that a batch being delivered takes besides its bytes: a request,
// a goroutine, its watermarks.
const batchCost = 8 << 10

// send starts the delivery of the batch being built, once the one before it is answered:
// one unanswered batch at a time keeps the order. Once delivering has ended it sends
// nothing, and the events of the batch stay uncommitted.
func (l *lane) send(delivering context.Context, fail func(error)) {
	b, marks := l.builder.TakeAt(l.level()), l.recordMarks()
	l.due = time.Time{}
	if b.Len() == 0 {
		// Nothing to send, but lines were dropped or merged: they count once
		// the batches before them are delivered.
		commitAll(marks)
		return
	}
	bytes := int64(len(b.Body)+4*len(b.Ends)) + batchCost
	l.turn(waiting)
	sendable := l.await(delivering) && l.p.budget.Acquire(delivering, bytes) == nil
	l.turn(working)
	if !sendable {
		l.p.undelivered.Add(int64(b.Len()))
		return
	}
	l.answered = b.Done()
	l.sending.Go(func() {
		defer l.p.budget.Release(bytes)
		err := l.p.cfg.Sink.Deliver(delivering, b)
		if err == nil {
			commitAll(marks)
			return
		}
		var pending *hec.PendingError
		if errors.As(err, &pending) && l.p.cfg.Suspend != nil {
			l.p.suspend(marks, pending.Receipts)
			return
		}
		l.p.undelivered.Add(int64(b.Len()))
		if delivering.Err() == nil {
			fail(err)
		}
	})
}

// level is how hard the batch being taken is compressed.
func (l *lane) level() batch.Level {
	if l.p.cfg.Compress != Adapt {
		return l.p.cfg.Compress.standard()
	}
	now := l.p.timesheet.read()
	since := now.minus(l.before)
	l.before = now
	l.patience.note(since)
	return chooseLevel(l.builder.Full(), l.patience.slowReceiver(), since)
}

// await waits until the batch sent last is answered, and returns false if delivering ends
// before.
func (l *lane) await(delivering context.Context) bool {
	if l.answered == nil {
		return true
	}
	select {
	case <-l.answered:
		l.answered = nil
		return true
	case <-delivering.Done():
		return false
	}
}

// recordMarks records how far the batch just taken reaches into each stream. It does so
// even where that is no further than before, as while the lines of a crash are held: no
// later batch may be committed without this one.
func (l *lane) recordMarks() (marks []*watermark) {
	batch := l.p.batches.Add(1)
	for _, r := range l.dirty {
		r.dirty = false
		next, carry := r.norm.Resume()
		marks = append(marks, r.ledger.record(batch, next, carry))
	}
	clear(l.dirty)
	l.dirty = l.dirty[:0]
	return marks
}
