package pipeline

import (
	"sync"

	"ollama-hec/hec"
	"ollama-hec/input"
)

// ledger commits a stream's positions in order: a position counts once every
// batch that holds something of what stands before it is delivered.
type ledger struct {
	stream input.Stream

	mu    sync.Mutex
	marks []*mark // in the order of the stream, the oldest first
}

// mark says how far into a stream one batch reaches.
type mark struct {
	ledger    *ledger
	next      input.Position
	carry     input.Carry
	batch     uint64 // grows along the stream
	delivered bool   // guarded by ledger.mu

	// receipts stand for acknowledgments to come, of a batch that was answered
	// when delivery ended; guarded by ledger.mu
	receipts []hec.Receipt
}

// enter notes that a batch reaches up to next. Called in the stream's order.
func (l *ledger) enter(batch uint64, next input.Position, carry input.Carry) *mark {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := &mark{ledger: l, batch: batch, next: next, carry: carry}
	l.marks = append(l.marks, m)
	return m
}

// settle notes that m's batch is delivered and commits the contiguous prefix.
func (m *mark) settle() {
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

func settle(marks []*mark) {
	for _, m := range marks {
		m.settle()
	}
}

// suspend notes what the mark's batch was answered with.
func (m *mark) suspend(receipts []hec.Receipt) {
	m.ledger.mu.Lock()
	defer m.ledger.mu.Unlock()
	m.receipts = receipts
}

// answered are the marks that count if every receipt is honoured: all up to the
// first whose batch was not even answered.
func (l *ledger) answered() (marks []*mark) {
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
