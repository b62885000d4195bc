package journald

import (
	"bytes"
	"fmt"
	"strconv"
)

// place is a journal cursor taken apart:
// s=<sequence's id>;i=<number in it>;b=<boot>;m=<monotonic>;t=<time>;x=<hash>.
// It points into the cursor's text.
type place struct {
	sequence, number, boot, monotonic, time, hash []byte
}

func parseCursor(cursor []byte) place {
	var p place
	for part := range bytes.SplitSeq(cursor, []byte{';'}) {
		if len(part) < 2 || part[1] != '=' {
			continue
		}
		switch value := part[2:]; part[0] {
		case 's':
			p.sequence = value
		case 'i':
			p.number = value
		case 'b':
			p.boot = value
		case 'm':
			p.monotonic = value
		case 't':
			p.time = value
		case 'x':
			p.hash = value
		}
	}
	return p
}

// moment returns the part of a cursor that says when the entry was written: boot, monotonic and
// wall clock time, each to the microsecond. It stays the same when journald moves the volatile
// journal to disk, while the sequence and the numbers change. nil if the cursor has none.
func moment(cursor []byte) []byte {
	from, to := bytes.Index(cursor, []byte(";b=")), bytes.LastIndexByte(cursor, ';')
	if from < 0 || to < from || !bytes.HasPrefix(cursor[to:], []byte(";x=")) {
		return nil
	}
	return cursor[from:to]
}

// hashOf returns the hash of an entry's content; 0 if the cursor has none.
func hashOf(cursor []byte) uint64 {
	if last := cursor[bytes.LastIndexByte(cursor, ';')+1:]; bytes.HasPrefix(last, []byte("x=")) {
		return hex(last[2:])
	}
	return 0
}

// sameMoment reports whether two entries were written in the same microsecond.
// journald stamps all it reads at a time with one, often hundreds of lines.
func sameMoment(a, b []byte) bool {
	m := moment(a)
	return m != nil && bytes.Equal(m, moment(b))
}

// sequence returns the part of a cursor before the entry's number: the file, or chain of files,
// in which the number counts.
func sequence(cursor []byte) []byte {
	before, _, _ := bytes.Cut(cursor, []byte(";i="))
	return before
}

func sameSequence(a, b []byte) bool { return bytes.Equal(sequence(a), sequence(b)) }

// after reports whether a has the greater number, of two in one sequence.
func after(a, b []byte) bool { return hex(parseCursor(a).number) > hex(parseCursor(b).number) }

// sameHash reports whether two entries have the same content, as far as journald knows.
func sameHash(a, b []byte) bool {
	h := parseCursor(a).hash
	return len(h) > 0 && bytes.Equal(h, parseCursor(b).hash)
}

// stillThere reports whether the entry found where another one was looked for is
// that one, or may be: of those of one microsecond journalctl shows the first,
// once they have moved.
func stillThere(found, cursor []byte) bool {
	return bytes.Equal(found, cursor) || !sameSequence(found, cursor) && sameMoment(found, cursor)
}

// run is the place of an entry among the entries of its microsecond.
type run struct {
	// Nth is how many there were up to this one; 0 is not known.
	Nth int `json:"nth,omitempty"`
	// First is the number, in hexadecimal, of the first of them in the same
	// sequence; empty: it is this one's.
	First string `json:"first,omitempty"`
}

// next returns the place of the entry at cursor, which comes right after the entry at last,
// whose place is r.
func (r run) next(last, cursor []byte) run {
	switch {
	case !sameMoment(last, cursor):
		return run{Nth: 1}
	case !sameSequence(last, cursor):
		r.First = ""
	case r.First == "":
		r.First = string(parseCursor(last).number)
	}
	r.Nth = max(r.Nth, 1) + 1
	return r
}

// seek returns the cursor to start reading at so as to find the entry at cursor again: that of
// the first one of its microsecond. After a move to disk only the place among them shows which
// were read.
func (r run) seek(cursor string) string {
	if r.First == "" {
		return cursor
	}
	p := parseCursor([]byte(cursor))
	return fmt.Sprintf("s=%s;i=%s;b=%s;m=%s;t=%s", p.sequence, r.First, p.boot, p.monotonic, p.time)
}

// reached reports whether the entry at cursor stands in the sequence of p, at
// p or before it.
func (p place) reached(cursor []byte) bool {
	q := parseCursor(cursor)
	if len(p.sequence) == 0 || !bytes.Equal(p.sequence, q.sequence) {
		return false
	}
	return hex(q.number) <= hex(p.number)
}

// follows reports whether q comes right after p as far as numbers can tell:
// the same sequence, a greater number.
func (p place) follows(q place) bool {
	return len(p.sequence) > 0 && bytes.Equal(p.sequence, q.sequence) && hex(p.number) > hex(q.number)
}

// micros returns the entry's time in microseconds since 1970; 0: unknown.
func (p place) micros() int64 { return int64(hex(p.time)) }

func hex(s []byte) uint64 {
	n, err := strconv.ParseUint(string(s), 16, 64)
	if err != nil {
		return 0
	}
	return n
}
