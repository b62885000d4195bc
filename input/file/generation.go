package file

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/container"
)

// generation is one content that grows at its end: the stream of its lines. A
// name may lead to one generation after the other, and a generation may move
// from name to name and, by copytruncate, even to another file.
type generation struct {
	owner   *Source
	source  string // HEC source: where it was found first
	key     string // of its checkpoint
	record  func() any
	resumed *record          // the checkpoint it was continued from
	born    int64            // the file's mtime when it was begun
	used    atomic.Uint64    // when it was last read, in Reads
	frames  container.Frames // owned by Read, else guarded by mu

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
	limit   int64       // read no further; negative: no limit
	scanned int64       // bytes after off known to end no line
	blank   int64       // NULs at the beginning, while there is nothing else
	rested  bool        // the next Read first makes sure that it is the same file
	handed  int64       // the end of the last record handed out
	pending bool        // a line of several records has begun there
	parent  *generation // where the line begins that the first record goes on with
}

// delivery is how much of a generation was delivered.
type delivery struct {
	started   int64 // where reading began
	carry     input.Carry
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

// Commit remembers p and leaves writing to the store.
func (g *generation) Commit(p input.Position, carry input.Carry) {
	g.mu.Lock()
	if int64(p) < g.committed || int64(p) > g.off {
		g.mu.Unlock()
		return
	}
	g.committed, g.carry = int64(p), carry
	g.pruneMarks()
	keep, done := !g.forgotten, g.finished()
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
	g.Commit(input.Position(end), carry)
}

// finished: read to the end for good and all of it delivered. It needs mu.
func (g *generation) finished() bool { return g.state >= ended && g.committed >= g.handed }

// observe takes in what the file looks like now. It needs mu.
func (g *generation) observe(now stat, at time.Time) {
	if now.size != g.seen.size || now.mtime != g.seen.mtime {
		g.changed = at
		g.news = true
		g.become(changes)
		g.rested = g.rested || now.size <= g.seen.size // not by growing
		g.begins = g.begins || g.off == 0 && len(g.head) == 0
	}
	if now.size < g.off || g.off == 0 && now.size < g.seen.size {
		g.become(displaces)
	}
	g.seen = now
	if !g.state.astray() {
		g.most = max(g.most, now.size)
	}
}

// reopened is what g's file says, opened again.
func (g *generation) reopened(f plain) content {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.packed {
		return unpack(f, g.seen.size)
	}
	return f
}

// learnHead reads the beginning of a file that was shorter so far, for it to be
// known by even if nobody reads it. It says whether it was empty and never
// announced. It needs mu.
func (g *generation) learnHead() (begun bool) {
	if g.file == nil || g.busy || g.state.astray() || len(g.head) == headSize || g.seen.size <= int64(len(g.head)) {
		return false
	}
	head, err := readHead(g.file, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, g.head) {
		return false // Read finds out
	}
	if mayBeCompressed(head) || !tells(head) && !isCompressed(head) {
		return false // too short to tell
	}
	begun = len(g.head) == 0 && g.attention == idle && g.off == 0
	g.head = head
	return begun
}

// read: all that g's file said is, as far as is known.
func (g *generation) read() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	missing := g.state == sought && g.off < g.most
	return (g.state.wasRead() || g.state == sought || g.state.isOver()) && !missing && !g.busy
}

// settle decides what a departed generation is due, and says whether Read
// should have a look. It needs mu.
func (g *generation) settle(at time.Time, wait time.Duration) (look bool) {
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
	if all && !g.busy && at.Sub(g.changed) >= wait && g.become(rests) {
		g.news = true
	}
	return g.news || !all || g.state == rotated
}

// become has e happen to g, and reports whether that changes anything. It needs mu.
func (g *generation) become(e event) bool {
	next, ok := g.state.after(e)
	if ok {
		g.state = next
	}
	return ok
}
