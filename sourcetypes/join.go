package sourcetypes

import (
	"bytes"
	"time"

	"ollama-hec/input"
)

const (
	lineHold  = 100 * time.Millisecond // for the continuation of an ordinary line
	crashHold = 2 * time.Second        // for the next line of a crash
	maxJoined = 256 << 10              // bytes of one joined event
	maxQueue  = 64                     // lines of other outputs that wait for one line's continuation
	maxCut    = 64                     // lines after which the rest of a broken crash is not expected any more
	maxPassed = 64                     // access lines that may stand between two lines of a crash
)

// block is what becomes one event: a line, and the lines that join it. Blocks
// are used again and again.
type block struct {
	line        // the first one, but text is all of them
	held        // what is known of it once it is held
	own  []byte // where text is kept
}

// held is what a block is besides its first line.
type held struct {
	kind    joinKind // what may join
	stack   stack    // of a crash, where in it we are
	out     int      // the outlet, which is the only one it takes lines from
	host    string
	program *input.Program
	caller  string // the program that wrote it, where that is not the log's own
	class   Class
	done    bool // nothing joins any more
	copy    bool // own has the text; else the chunk has it
	trace   bool // the stream had shown TRACE up to this line
	// textFollows: this is the DEBUG line of a prompt, and a TRACE line came
	// while it waited.
	textFollows bool
	timeless    bool      // no time is known yet: that of the first stamp is awaited
	unsure      bool      // no stamp tells the time, or one that does not fit those around it
	awaits      uint8     // of such a line: for so many lines more
	passed      uint8     // access lines since the last line
	came        int64     // when the transport got the last line; 0: not known
	first       int       // how long the first line is
	blanks      int       // blank lines since, which count only if more joins
	since       time.Time // of what lasts: when the last line came
	// To begin with this block again after a restart:
	start input.Position
	carry input.Carry
}

// joinKind says which lines join a block.
type joinKind uint8

const (
	joinIndented joinKind = iota // an ordinary line
	joinCrash                    // see stack
	joinRecovery                 // gin's, see stack
	joinFirstRun                 // the new key of a first start
	joinPEM                      // a private key, line by line
	joinRace                     // Go's race detector: from ===== to =====
	joinMetal                    // Metal's compiler: to the end of UserInfo={…}
)

// lasting reports whether the block is held for longer than an ordinary line,
// and keeps blank lines.
func (b *block) lasting() bool { return b.kind != joinIndented }

// waitedFor reports whether a line that the transport got at that time came while the
// block was held: in a log that is read later, nothing else tells.
func (b *block) waitedFor(r *input.Record) bool {
	return r.Time == 0 || b.came == 0 || r.Time-b.came <= crashHold.Nanoseconds()
}

// crash reports whether the block is of a crash, or may be.
func (b *block) crash() bool { return b.kind == joinCrash || b.kind == joinRace || b.kind == joinMetal }

// takes reports whether l belongs to b, which came before it on the same output.
// A blank line is not asked for, and a stamped one never belongs.
func (b *block) takes(l *line) bool {
	switch b.kind {
	case joinCrash:
		return b.stack.takes(l, b.blanks)
	case joinRecovery:
		return b.stack.recovery(l)
	case joinFirstRun:
		return bytes.HasPrefix(l.text, []byte("Your new public key is:")) ||
			bytes.HasPrefix(l.text, []byte("ssh-"))
	case joinPEM:
		return pemLine(l.text)
	case joinRace:
		return b.class == ClassCrash || hasPrefix(l.text, raceWarning)
	case joinMetal:
		b.stack.deep = b.stack.deep || metalInfo(l.text)
		return !loadsModel(l.text)
	}
	// Requests are written to another output, which may be the same file: what is
	// indented behind one belongs to no access line.
	return l.form == indented && b.form != access
}

// ended reports whether l, just taken, was the last line of b.
func (b *block) ended(l *line) bool {
	switch b.kind {
	case joinCrash:
		return b.stack.ended
	case joinRecovery:
		return l.colour == closed
	case joinFirstRun:
		return bytes.HasPrefix(l.text, []byte("ssh-"))
	case joinPEM:
		return bytes.Contains(l.text, []byte("-----END "))
	case joinRace:
		b.class = ClassCrash
		return raceHead(l.text) && l.text[0] == '='
	case joinMetal:
		return b.stack.deep && bytes.HasSuffix(l.text, []byte("}"))
	}
	return false
}

// add joins l to b, and the blank lines between.
func (b *block) add(l *line) {
	b.hold()
	for ; b.blanks > 0; b.blanks-- {
		b.own = append(b.own, '\n')
	}
	b.own = append(b.own, '\n')
	b.own = append(b.own, l.text...)
	b.text = b.own
	b.since, b.passed = time.Time{}, 0
}

// hold makes b independent of the chunk its text came in.
func (b *block) hold() {
	if b.copy {
		return
	}
	b.own = append(b.own[:0], b.text...)
	b.text, b.copy = b.own, true
}

// firstRunHead and the lines after it are what a server prints that has no
// key pair yet.
func firstRunHead(text []byte) bool {
	return bytes.HasPrefix(text, []byte("Couldn't find '")) &&
		bytes.HasSuffix(text, []byte("Generating new private key.")) ||
		bytes.HasPrefix(text, []byte("Your new public key is:"))
}

// pemHead is a line that begins a private key and does not end it.
func pemHead(text []byte) bool {
	i := bytes.Index(text, []byte("-----BEGIN "))
	return i >= 0 && bytes.Contains(text[i:], []byte("PRIVATE KEY")) && !bytes.Contains(text[i:], []byte("-----END "))
}

// pemLine is a line inside a private key or its last one.
func pemLine(text []byte) bool {
	text = bytes.TrimSpace(text)
	if bytes.HasPrefix(text, []byte("-----END ")) || bytes.HasPrefix(text, []byte("Proc-Type:")) ||
		bytes.HasPrefix(text, []byte("DEK-Info:")) {
		return true
	}
	for _, c := range text {
		if !(identByte[c] || c == '+' || c == '/' || c == '=') {
			return false
		}
	}
	return len(text) > 0
}
