package file

import (
	"bytes"
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
	state   func() any
	resumed *record        // the checkpoint it was continued from
	born    int64          // the file's mtime when it was begun
	used    atomic.Uint64  // when it was last read, in Reads
	frames  framing.Frames // owned by Read, else guarded by mu

	mu sync.Mutex
	// All below is guarded by mu.

	file    content   // nil while closed to save descriptors
	packed  bool      // it is gzipped
	path    string    // leads to it, as far as is known
	seen    stat      // of the file, when last looked at
	most    int64     // the largest size seen
	written int64     // its mtime when last seen to say what was read of it
	changed time.Time // when seen was last found to differ
	news    bool      // since it was last announced
	begins  bool      // it has been written to, and nothing is known of it

	reading   bool // a Read has the file and the frames
	announced bool // and not yet read to the end
	again     bool // something may have come since the Read began

	departed bool // its source's path no longer leads to it
	gone     bool // no path that is looked for leads to it
	drained  bool // read to its end after it departed
	final    bool // quiet since it departed: a last line without end is one
	suspect  bool // what was read is no longer in the file
	missed   int  // how often it was looked for in others since
	over     bool // nothing will be read from it any more
	ended    bool // and Read said so

	limit int64 // read no further; negative: no limit

	// What reading found: set by Read, or before the first.
	head    []byte // its first bytes; at most headSize
	headSum digest // of head, or of the beginning of it
	off     int64  // where the next record begins
	before  []byte // the bytes before off; at most anchorSize
	scanned int64  // bytes after off known to end no line
	blank   int64  // NULs at the beginning, while there is nothing else
	rested  bool   // the next Read first makes sure that it is the same file
	handed  int64  // the end of the last record handed out
	pending bool   // a line of several records has begun there
	wake    bool   // Run wants to know of the Read that is under way

	parent *generation // where the line begins that the first record goes on with

	started   int64 // where reading began
	carry     input.Carry
	framing   string // how its lines are framed, as a checkpoint keeps it
	committed int64
	marks     []mark // of places read, the first at or before committed
	goneAt    int64  // when it was let go of, in seconds since 1970
	dropped   bool   // nobody follows it any more
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
func (g *generation) finished() bool { return g.ended && g.committed >= g.handed }

// observe takes in what the file looks like now. It needs mu.
func (g *generation) observe(now stat, at time.Time) {
	if now.size != g.seen.size || now.mtime != g.seen.mtime {
		g.changed = at
		g.news = true
		g.final = false
		g.rested = g.rested || now.size <= g.seen.size // not by growing
		g.begins = g.begins || g.off == 0 && len(g.head) == 0
	}
	if now.size < g.off || g.off == 0 && now.size < g.seen.size {
		g.suspect = true
	}
	g.seen = now
	if !g.suspect {
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
	if g.file == nil || g.reading || g.suspect || len(g.head) == headSize || g.seen.size <= int64(len(g.head)) {
		return false
	}
	head, err := readHead(g.file, make([]byte, headSize))
	if err != nil || !bytes.HasPrefix(head, g.head) {
		return false // Read finds out
	}
	if mayBeCompressed(head) || !tells(head) && !isCompressed(head) {
		return false // too short to tell
	}
	begun = len(g.head) == 0 && !g.announced && g.off == 0
	g.head = head
	return begun
}

// read: all that g's file said is, as far as is known.
func (g *generation) read() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return (g.drained || g.over) && !g.reading
}

// settle decides what a departed generation is due, and says whether Read
// should have a look. It needs mu.
func (g *generation) settle(at time.Time, wait time.Duration) (look bool) {
	if g.over || g.suspect {
		return g.over && !g.ended
	}
	if g.limit >= 0 {
		return true
	}
	if g.off == 0 && len(g.head) == 0 && !g.departed {
		return false // nothing there, or nothing known of it
	}
	all := g.seen.size <= g.off+g.scanned
	if g.departed && g.drained && all && !g.final && !g.reading && at.Sub(g.changed) >= wait {
		g.final = true
		g.news = true
	}
	return g.news || !all || g.departed && !g.drained
}

// withoutMore ends a generation of which nothing can be read any more. It needs mu.
func (g *generation) withoutMore() {
	g.over, g.drained, g.suspect = true, true, false
}
