package journald

import (
	"bytes"
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

// sameEntry reports whether two cursors mean one entry. When journald moves
// the volatile journal to disk, entries get new sequence numbers.
func sameEntry(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	p, q := parseCursor(a), parseCursor(b)
	return len(p.hash) > 0 && len(p.boot) > 0 &&
		bytes.Equal(p.hash, q.hash) && bytes.Equal(p.time, q.time) &&
		bytes.Equal(p.boot, q.boot) && bytes.Equal(p.monotonic, q.monotonic)
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

// micros is the entry's time in microseconds since 1970, 0 if not known.
func (p place) micros() int64 { return int64(hex(p.time)) }

func hex(s []byte) uint64 {
	n, err := strconv.ParseUint(string(s), 16, 64)
	if err != nil {
		return 0
	}
	return n
}
