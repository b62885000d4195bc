package journald

import (
	"bytes"
	"sync"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

// stream is an input.Stream of what one unit wrote to one journal. A position is the number of
// entries before it, counted from the first one ever read; the checkpoint keeps its cursor.
type stream struct {
	journal *Journal
	host    string // the one whose entries these are, in a journal from elsewhere
	fields  []input.Field
	start   checkpoint
	room    chan struct{} // capacity 1: pending was taken

	// owned by Read
	block []byte // lines of journalctl
	work  []byte // what of block was not read yet
	below []byte // floor, as it was when block was taken
	pass  checkpoint
	entry entry
	parts parts
	at    input.Position // after the last entry read
	safe  input.Position // the last position, not after at, at which reading may resume
	last  []byte         // cursor of the last entry passed over
	prev  []byte         // cursor of the entry before
	where run            // its place within its microsecond
	went  move           // gone, as it was when block was taken

	mu      sync.Mutex
	pending []byte         // guarded by mu; whole lines, waiting for Read
	over    bool           // guarded by mu; nothing will follow pending
	floor   []byte         // guarded by mu; the cursor up to which entries were read by an earlier run
	newest  input.Position // guarded by mu; the last position handed out
	skip    checkpoint     // guarded by mu; delivered by an earlier run without its cursor
	places  places         // guarded by mu
	gone    move           // guarded by mu; the last entry an earlier run read
}

// move is a change of an entry's cursor: the entry was moved to another file.
type move struct{ from, to []byte }

// checkpoint is where reading may begin again.
type checkpoint struct {
	Position input.Position `json:"position"`
	Cursor   string         `json:"cursor"`
	Carry    input.Carry    `json:"carry"`
	run
}

func (s *stream) Source() string        { return "journald:" + s.journal.name }
func (s *stream) Fields() []input.Field { return s.fields }

func (s *stream) Start() (input.Position, input.Carry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.skip.Position > s.start.Position {
		return s.skip.Position, s.skip.Carry
	}
	return s.start.Position, s.start.Carry
}

// Commit implements input.Stream. It may come before anything was read, with a position that an
// earlier run had read to: the entries before it are then skipped.
func (s *stream) Commit(p input.Position, carry input.Carry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p > s.newest {
		if p > s.skip.Position {
			s.skip = checkpoint{Position: p, Carry: carry}
		}
		return
	}
	if cursor, at, ok := s.places.upTo(p); ok {
		s.journal.save(s, checkpoint{p, cursor, carry, at})
	}
}

// readSize bounds the bytes that wait for Read.
const readSize = 256 << 10

func (s *stream) Read(c *input.Chunk) input.Progress {
	if len(c.Buf) == 0 {
		c.Buf = make([]byte, 64<<10)
	}
	c.Records = c.Records[:0]
	buf := c.Buf[:0]
	if len(s.work) == 0 {
		s.take()
	}
	for len(s.work) > 0 {
		line, rest, _ := bytes.Cut(s.work, []byte{'\n'})
		// The text of an entry is never longer than its line.
		if len(buf) > 0 && len(buf)+len(line) > len(c.Buf) {
			break
		}
		s.work = rest
		if !s.entry.parse(line) {
			continue
		}
		s.where = s.where.next(s.prev, s.entry.cursor)
		s.prev = append(s.prev[:0], s.entry.cursor...)
		if !s.known() {
			first := len(c.Records)
			buf = s.read(c, buf)
			s.place(c.Records[first:])
		}
	}
	return s.progress()
}

// take replaces the block that was read by the lines that wait.
func (s *stream) take() {
	s.mu.Lock()
	s.block, s.pending = s.pending, s.block[:0]
	s.below, s.pass, s.went = s.floor, s.skip, s.gone
	s.mu.Unlock()
	s.work = s.block
	select {
	case s.room <- struct{}{}:
	default:
	}
}

func (s *stream) progress() input.Progress {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest = max(s.newest, s.at)
	switch {
	case len(s.work) > 0 || len(s.pending) > 0:
		return input.More
	case s.over:
		return input.Ended
	}
	return input.Idle
}

// known counts the entry and reports whether an earlier run delivered it.
func (s *stream) known() bool {
	if len(s.below) > 0 && parseCursor(s.below).reached(s.entry.cursor) {
		return true
	}
	s.at++
	if s.at > s.pass.Position {
		return false
	}
	// Counting is exact only along one sequence of the journal, to which
	// entries are only ever appended.
	if len(s.last) > 0 && bytes.Equal(s.last, s.went.from) {
		s.last = append(s.last[:0], s.went.to...)
	}
	if len(s.last) > 0 && !parseCursor(s.entry.cursor).follows(parseCursor(s.last)) {
		s.forgetSkip()
		s.pass = checkpoint{}
		return false
	}
	s.last = append(s.last[:0], s.entry.cursor...)
	s.safe = s.at
	if s.at == s.pass.Position {
		s.journal.save(s, checkpoint{s.at, string(s.last), s.pass.Carry, s.where})
	}
	return true
}

// moved says that the entry read last has another cursor now.
func (s *stream) moved(from, to []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = move{bytes.Clone(from), bytes.Clone(to)}
}

func (s *stream) forgetSkip() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.skip = checkpoint{}
}

// read appends the lines the entry completes to c, their text to buf.
func (s *stream) read(c *input.Chunk, buf []byte) []byte {
	e := &s.entry
	for line := range s.parts.stale(e.nanos()) {
		s.emit(c, line)
	}
	switch {
	case string(e.messageID) == suppressedID:
		s.journal.suppressed(e.suppressed(s.journal.unit))
		return buf
	case !e.written() || len(e.message) == 0:
		return buf
	}
	start := len(buf)
	buf = jsonline.AppendMessage(buf, e.message)
	whole := line{buf[start:len(buf):len(buf)], int64(len(buf)-start) + number(e.gone), e.nanos(), e.output(), e.caller()}
	if !e.cut() && whole.size == int64(len(whole.text)) {
		// Podman keeps the line feed.
		whole.text = bytes.TrimSuffix(whole.text, []byte{'\n'})
		whole.size = int64(len(whole.text))
	}
	if e.cut() || len(s.parts) > 0 {
		joined, ok := s.parts.join(e, whole, s.journal.maxLine)
		if ok {
			s.emit(c, joined)
		}
		return buf[:start]
	}
	if whole.size > int64(len(whole.text)) {
		s.emit(c, whole)
		return buf
	}
	text := whole.text
	for more := true; more; {
		whole.text, text, more = bytes.Cut(text, []byte{'\n'})
		whole.size = int64(len(whole.text))
		s.emit(c, whole)
	}
	return buf
}

func (s *stream) emit(c *input.Chunk, l line) {
	text, _ := input.Limit(l.text, l.size, s.journal.maxLine)
	c.Records = append(c.Records, input.Record{Text: text, Time: l.time, Host: s.host, Caller: l.caller, Output: l.output})
}

// place gives the records of one entry their positions. Only after the last
// of them, and with no part of a line waiting, may reading resume here.
func (s *stream) place(records []input.Record) {
	for i := range records {
		records[i].Next = s.safe
	}
	if len(records) == 0 || len(s.parts) > 0 {
		return
	}
	s.safe = s.at
	records[len(records)-1].Next = s.at
	s.mu.Lock()
	s.places.add(s.at, s.entry.cursor, s.where)
	s.mu.Unlock()
}
