package pipeline

import (
	"sync"

	"ollama-hec/hec"
	"ollama-hec/input"
)

// ledger commits a stream's positions in order: a position is committed once every
// batch with events from before it is delivered.
type ledger struct {
	stream input.Stream

	mu    sync.Mutex
	marks []*watermark // in the order of the stream, the oldest first
}

// watermark is how far into a stream one batch reaches.
type watermark struct {
	ledger    *ledger
	next      input.Position
	carry     input.Carry
	batch     uint64 // grows along the stream
	delivered bool   // guarded by ledger.mu

	// receipts are set when delivery ends before the acknowledgment of a batch that
	// was answered: a later run asks for it by them; guarded by ledger.mu
	receipts []hec.Receipt
}

// record adds the watermark of a batch that reaches up to next. Call it in the order of
// the stream.
func (l *ledger) record(batch uint64, next input.Position, carry input.Carry) *watermark {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := &watermark{ledger: l, batch: batch, next: next, carry: carry}
	l.marks = append(l.marks, m)
	return m
}

// commitPrefix notes that m's batch is delivered and commits the position up to which
// every batch of the stream is.
func (m *watermark) commitPrefix() {
	l := m.ledger
	l.mu.Lock()
	defer l.mu.Unlock()
	m.delivered = true
	n := 0
	for n < len(l.marks) && l.marks[n].delivered {
		n++
	}
	if n == 0 {
		return
	}
	last := l.marks[n-1]
	l.marks = append(l.marks[:0], l.marks[n:]...)
	// Under the lock, so that a later commit cannot come before this one.
	l.stream.Commit(last.next, last.carry)
}

// commitAll notes that the batch of all these watermarks is delivered.
func commitAll(marks []*watermark) {
	for _, m := range marks {
		m.commitPrefix()
	}
}

// suspend keeps the receipts that the watermark's batch was answered with.
func (m *watermark) suspend(receipts []hec.Receipt) {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	m.receipts = receipts
}

// answered returns the watermarks that may be committed if every receipt is acknowledged
// after all: all before the first one whose batch was not even answered.
func (l *ledger) answered() (marks []*watermark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range l.marks {
		if !m.delivered && m.receipts == nil {
			break
		}
		marks = append(marks, m)
	}
	return marks
}
