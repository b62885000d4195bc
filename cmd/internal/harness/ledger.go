package harness

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Ledger keeps account of lines: what was written, what came, and why one came
// more than once. A line is writer-seq: what stands before the last hyphen
// names the writer, the number after it grows by one from line to line.
type Ledger struct {
	mu      sync.Mutex
	written []string            // guarded by mu; in order
	lines   map[string]*account // guarded by mu
	taken   map[string]int      // guarded by mu; the youngest line of each writer that was
	seen    map[string]int      // guarded by mu
	missing int                 // guarded by mu; written and not come
	changed chan struct{}       // guarded by mu; closed and replaced when a line comes
	tally   Tally               // guarded by mu
	crashes map[int]time.Time   // guarded by mu; when each life crashed
}

// account is what is known of one line.
type account struct {
	due   bool // it was written
	twin  int  // how many more times it was written
	times int
	last  Arrival
	seen  bool // on the wire
}

// Arrival is how a line came.
type Arrival struct {
	// Life counts the crashes before the shipper that sent it was started.
	Life int
	// At is when, where that is of interest.
	At time.Time
	// Ambiguous: its request got no clear reply, or an acknowledgment that never comes.
	Ambiguous bool
}

// Tally is the ledger's account.
type Tally struct {
	Written, Came int // lines
	Lost          int // of the lines written
	// Lines that came again because the reply before was ambiguous, because
	// the shipper had crashed since, and for no such reason.
	AfterAmbiguous, AfterCrash, Unexcused int
	// For each line that came again because of a crash, how long before the crash it had first
	// come; the shortest first, of the crashes that Crash was called for.
	Ages []time.Duration
	// Lines that were on the wire, and lines that were taken, for the first
	// time after a younger one of their writer.
	Overtaking, Disordered int
	Foreign                int // nobody has written them
	Examples               []string
}

// NewLedger returns an empty ledger.
func NewLedger() *Ledger {
	return &Ledger{
		lines:   map[string]*account{},
		taken:   map[string]int{},
		seen:    map[string]int{},
		changed: make(chan struct{}),
		crashes: map[int]time.Time{},
	}
}

// Line is the text of one line, without its end.
func Line(writer string, seq int) string { return writer + "-" + strconv.Itoa(seq) }

// Write notes that these lines are about to be written.
func (l *Ledger) Write(writer string, from, n int) (text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b strings.Builder
	for seq := from; seq < from+n; seq++ {
		line := Line(writer, seq)
		b.WriteString(line)
		b.WriteByte('\n')
		l.due(line)
	}
	return b.String()
}

// Due notes that a line of any text is about to be written.
func (l *Ledger) Due(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.due(line)
}

func (l *Ledger) due(line string) {
	a := l.account(line)
	if a.due {
		return
	}
	a.due = true
	l.written = append(l.written, line)
	l.tally.Written++
	if a.times == 0 {
		l.missing++
	}
}

func (l *Ledger) account(line string) *account {
	a := l.lines[line]
	if a == nil {
		a = &account{}
		l.lines[line] = a
	}
	return a
}

// Take notes that a line came.
func (l *Ledger) Take(line string, now Arrival) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.account(line)
	if a.times == 0 {
		if a.due {
			l.missing--
		}
		l.tally.Disordered += l.order("taken", line, l.taken)
	} else {
		l.excuse(line, a.last, now)
	}
	a.times++
	a.last = now
	close(l.changed)
	l.changed = make(chan struct{})
}

// Crash notes that a shipper is about to be killed.
func (l *Ledger) Crash(life int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.crashes[life] = time.Now()
}

// excuse says why a line came again.
func (l *Ledger) excuse(line string, before, now Arrival) {
	switch {
	case l.lines[line].times <= l.lines[line].twin:
	case before.Ambiguous:
		l.tally.AfterAmbiguous++
	case before.Life != now.Life: // or what it had sent is read only now
		l.tally.AfterCrash++
		if at, told := l.crashes[before.Life]; told {
			l.tally.Ages = append(l.tally.Ages, at.Sub(before.At))
		}
	default:
		l.tally.Unexcused++
		l.example("again", line)
	}
}

// See notes that a line was on the wire, whatever was answered.
func (l *Ledger) See(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.account(line)
	if !a.seen {
		a.seen = true
		l.tally.Overtaking += l.order("seen", line, l.seen)
	}
}

// order returns 1 if a line that came this far for the first time is older than
// another of its writer that did before, else 0.
func (l *Ledger) order(how, line string, furthest map[string]int) int {
	i := strings.LastIndexByte(line, '-')
	if i < 0 {
		return 0
	}
	writer := line[:i]
	seq, err := strconv.Atoi(line[i+1:])
	if err != nil {
		return 0
	}
	if last := furthest[writer]; seq < last {
		l.example(fmt.Sprintf("%s after %d", how, last), line)
		return 1
	}
	furthest[writer] = seq
	return 0
}

func (l *Ledger) example(what, line string) {
	if len(l.tally.Examples) < 10 {
		l.tally.Examples = append(l.tally.Examples, what+": "+shorten(line))
	}
}

func shorten(line string) string {
	if len(line) > 80 {
		return fmt.Sprintf("%.40s… (%d bytes)", line, len(line))
	}
	return line
}

// Expect notes how many times a line is about to be written. Call it after Due.
func (l *Ledger) Expect(line string, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines[line].twin = times - 1
}

// Settle counts a line as come that came by another way, such as a dead letter.
func (l *Ledger) Settle(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.lines[line]; a != nil && a.due && a.times == 0 {
		a.times++
		l.missing--
	}
}

// Missing is how many lines were written and have not come, and Changed is
// closed when the next one comes.
func (l *Ledger) Missing() (n int, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.missing, l.changed
}

// Wait waits until every line written has come, and reports how many are missing once none
// has come for so long.
func (l *Ledger) Wait(patience time.Duration) (missing int) {
	least := -1
	for deadline := time.After(patience); ; {
		missing, changed := l.Missing()
		if missing == 0 {
			return 0
		}
		if least < 0 || missing < least {
			least, deadline = missing, time.After(patience)
		}
		select {
		case <-changed:
		case <-deadline:
			return missing
		}
	}
}

// Times is how often a line came.
func (l *Ledger) Times(line string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.lines[line]; a != nil {
		return a.times
	}
	return 0
}

// Came reports whether all of these lines have come.
func (l *Ledger) Came(writer string, from, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for seq := from; seq < from+n; seq++ {
		if l.lines[Line(writer, seq)].times == 0 {
			return false
		}
	}
	return true
}

// Tally is the account so far.
func (l *Ledger) Tally() Tally {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.tally
	t.Examples = slices.Clone(t.Examples)
	t.Ages = slices.Sorted(slices.Values(t.Ages))
	for _, line := range l.written {
		if l.lines[line].times == 0 {
			t.Lost++
			if t.Lost <= 5 {
				t.Examples = append(t.Examples, "lost: "+shorten(line))
			}
		}
	}
	for line, a := range l.lines {
		if a.times > 0 {
			t.Came++
		}
		if !a.due && a.times > 0 {
			t.Foreign++
			if t.Foreign <= 5 {
				t.Examples = append(t.Examples, "foreign: "+shorten(line))
			}
		}
	}
	return t
}

// Each calls f with every line that came, and how often it did.
func (l *Ledger) Each(f func(line string, times int)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line, a := range l.lines {
		if a.times > 0 {
			f(line, a.times)
		}
	}
}
