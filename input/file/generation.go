package file

import (
	"encoding/hex"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

// generation is one content that grows at its end: the stream of its lines. A
// name may lead to one generation after the other, and a generation may move
// from name to name and, by copytruncate, even to another file.
type generation struct {
	owner   *Source
	source  string // HEC source: where it was found first
	key     string // of its checkpoint
	record  func() any
	resumed *record        // the checkpoint it was continued from
	born    int64          // the file's mtime when it was begun
	used    atomic.Uint64  // when it was last read, in Reads
	frames  framing.Frames // owned by Read, else guarded by mu

	mu sync.Mutex
	// All below is guarded by mu.

	whereabouts
	condition
	fingerprint
	progress
	delivery
}

// whereabouts is the file that holds a generation.
type whereabouts struct {
	file    content   // nil while closed to save descriptors
	packed  bool      // it is gzipped
	path    string    // leads to it, as far as is known
	gone    bool      // no path that is looked for leads to it
	seen    stat      // of the file, when last looked at
	most    int64     // the largest size seen
	written int64     // its mtime when last seen to say what was read of it
	changed time.Time // when seen was last found to differ
}

// condition is what has become of a generation, and what is to be done about it.
type condition struct {
	state     state
	attention attention
	busy      bool // a Read has the file and the frames
	news      bool // it has changed since it was last announced
	begins    bool // it has been written to, and nothing is known of it
	wake      bool // Run wants to know of the Read that is under way
	missed    int  // how often its content was looked for in other files
}

// progress is what reading found: set by Read, or before the first.
type progress struct {
	limit   int64            // read no further; negative: no limit
	scanned int64            // bytes after off known to end no line
	blank   int64            // NULs at the beginning, while there is nothing else
	rested  bool             // the next Read first makes sure that it is the same file
	handed  int64            // the end of the last record handed out
	pending bool             // a line of several records has begun there
	parent  *generation      // where the line begins that the first record goes on with
	lines   bool             // one was read since the start,
	as      framing.Encoding // and the last one was written so
}

// delivery is how much of a generation was delivered.
type delivery struct {
	started   int64 // where reading began
	carry     input.Carry
	framing   string // how its lines are framed, as a checkpoint keeps it
	committed int64
	marks     []mark // of places read, the first at or before committed
	goneAt    int64  // when it was let go of, in seconds since 1970
	forgotten bool   // its content is no more: no checkpoint
}

func (g *generation) Source() string { return g.source }

// Fields implements input.Stream.
func (g *generation) Fields() []input.Field {
	if g.owner.options.Fields == nil {
		return nil
	}
	return g.owner.options.Fields(g.source)
}

func (g *generation) Start() (input.Position, input.Carry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return input.Position(g.started), g.carry
}

// Commit sets g's position and leaves writing it to the store.
func (g *generation) Commit(p input.Position, carry input.Carry) {
	g.mu.Lock()
	completes := g.parent != nil && int64(p) > g.started
	g.mu.Unlock()
	if !completes {
		g.commit(p, carry)
		return
	}
	// A start must not find one part of the line delivered and the other not.
	g.owner.store.Together(func() { g.commit(p, carry) })
}

// commit is Commit; a line that it completes is begun in another generation, which is committed, too.
func (g *generation) commit(p input.Position, carry input.Carry) {
	g.mu.Lock()
	if int64(p) < g.committed || int64(p) > g.off {
		g.mu.Unlock()
		return
	}
	g.committed, g.carry = int64(p), carry
	g.pruneMarksLocked()
	keep, done := !g.forgotten, g.finishedLocked()
	var parent *generation
	if g.committed > g.started {
		parent, g.parent = g.parent, nil
	}
	g.mu.Unlock()
	if keep {
		g.owner.keep(g)
	}
	if done {
		g.owner.wakeUp()
	}
	if parent != nil {
		parent.commitAll()
	}
}

// commitAll commits the line that was completed and delivered in a successor.
func (g *generation) commitAll() {
	g.mu.Lock()
	end, carry := g.handed, g.carry
	g.mu.Unlock()
	g.commit(input.Position(end), carry)
}

// finishedLocked reports whether g was read to its end for good, and all of it delivered.
func (g *generation) finishedLocked() bool { return g.state >= ended && g.committed >= g.handed }

// observeLocked updates g with the size and time that its file has now.
func (g *generation) observeLocked(now stat, at time.Time) {
	if now.size != g.seen.size || now.mtime != g.seen.mtime {
		g.changed = at
		g.news = true
		g.becomeLocked(changes)
		g.rested = g.rested || now.size <= g.seen.size // not by growing
		g.begins = g.begins || g.off == 0 && len(g.head) == 0
	}
	if now.size < g.off || g.off == 0 && now.size < g.seen.size {
		g.becomeLocked(displaces)
	}
	g.seen = now
	if !g.state.astray() {
		g.most = max(g.most, now.size)
	}
}

// read reports whether all that g's file holds was read, as far as is known.
func (g *generation) read() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	missing := g.state == sought && g.off < g.most
	return (g.state.wasRead() || g.state == sought || g.state.isOver()) && !missing && !g.busy
}

// dueLocked decides whether a generation that left its path has been quiet for long enough,
// and reports whether Read should look at its file.
func (g *generation) dueLocked(at time.Time, wait time.Duration) (look bool) {
	if g.state.isOver() || g.state.astray() {
		return g.state == over
	}
	if g.limit >= 0 {
		return true
	}
	if g.off == 0 && len(g.head) == 0 && !g.state.left() {
		return false // nothing there, or nothing known of it
	}
	all := g.seen.size <= g.off+g.scanned
	if all && !g.busy && at.Sub(g.changed) >= wait && g.becomeLocked(rests) {
		g.news = true
	}
	return g.news || !all || g.state == rotated
}

// becomeLocked applies an event to g's state, and reports whether the state changes.
func (g *generation) becomeLocked(e event) bool {
	next, ok := g.state.after(e)
	if ok {
		g.state = next
	}
	return ok
}

// keep has the store write g's record with its next checkpoint.
func (s *Source) keep(g *generation) { s.store.Set(s.options.Namespace, g.key, g.record) }

// checkpoint is g's record, for the store to write.
func (g *generation) checkpoint() any {
	g.exactMark()
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forgotten {
		return nil
	}
	if g.headSum.Len != len(g.head) { // it only ever grows
		g.headSum = digestOf(g.head)
	}
	m := g.marks[0]
	a := anchor{End: m.end, digest: digest{Len: m.len}}
	if m.len > 0 {
		a.Sum = hex.EncodeToString(m.sum[:])
	}
	return &record{
		Source: g.source, Path: g.path, ID: g.seen.id, Size: g.seen.size, Mtime: g.seen.mtime, Born: g.born,
		Head: g.headSum, Offset: g.committed, Anchor: a, Carry: g.carry, Framing: g.framing, Packed: g.packed,
		fate: fate{Gone: g.goneAt},
	}
}

// pruneMarksLocked drops the marks before committed but for the last of them.
func (g *generation) pruneMarksLocked() {
	n := 0
	for n+1 < len(g.marks) && g.marks[n+1].end <= g.committed {
		n++
	}
	g.marks = slices.Delete(g.marks, 0, n)
}

// exactMark marks the committed offset where it lies between two places marked.
// What stands before it in the file now counts only if the file still holds,
// afterwards, what was read up to the next mark. A gzipped file stays as it is,
// and going back in it is dear.
func (g *generation) exactMark() {
	g.mu.Lock()
	at, f := g.committed, g.file
	if f == nil || g.packed || g.state.astray() || len(g.marks) < 2 || g.marks[0].end == at {
		g.mu.Unlock()
		return
	}
	after := g.marks[1]
	g.mu.Unlock()

	var buf, check [anchorSize]byte
	before, err := readBefore(f, at, int(min(at, anchorSize)), &buf)
	if err != nil || !after.holds(f, &check) {
		return
	}
	m := markOf(at, before)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.committed == at && g.marks[0].end < at {
		g.marks[0] = m
	}
}
