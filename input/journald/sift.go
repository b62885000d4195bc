package journald

import (
	"bytes"
	"context"
)

// sift removes from whole lines the entries that were handed on before, by this run
// or an earlier one.
func (f *follower) sift(lines []byte) []byte {
	var fresh []byte // what is left of lines before from
	from := 0
	for start, end := 0, 0; start < len(lines); start = end {
		end = len(lines)
		if i := bytes.IndexByte(lines[start:], '\n'); i >= 0 {
			end = start + i + 1
		}
		line := lines[start:end]
		cursor := cursorOf(line)
		if len(cursor) > 0 && f.meeting == nil && f.copies.pass(cursor) {
			f.note(cursor)
			continue
		}
		fresh = append(fresh, lines[from:start]...)
		from = end
		if len(cursor) > 0 && f.meeting != nil {
			fresh = f.meet(fresh, shown{cursor, line})
		}
	}
	if from == 0 {
		return lines
	}
	return append(fresh, lines[from:]...)
}

// note keeps where the entry stands that was handed on last.
func (f *follower) note(cursor []byte) {
	f.at = f.at.next(f.cursor, cursor)
	f.cursor = append(f.cursor[:0], cursor...)
}

// meet looks at an entry while the one read last has not been found again, and appends
// to fresh the lines that turn out to be new.
func (f *follower) meet(fresh []byte, e shown) []byte {
	if o := f.meeting.take(e); o != nil {
		return f.conclude(fresh, o)
	}
	if sameSequence(e.cursor, f.cursor) {
		f.copies.pass(e.cursor)
	}
	return fresh
}

// settle ends the wait for the entry read last, if others of its microsecond came.
func (f *follower) settle(ctx context.Context) error {
	if f.meeting == nil || len(f.meeting.others) == 0 {
		return nil
	}
	return f.deliver(ctx, f.conclude(nil, f.meeting.settle()))
}

// conclude appends to fresh the lines that a meeting has shown to be new.
func (f *follower) conclude(fresh []byte, o *outcome) []byte {
	f.meeting = nil
	for _, e := range o.read {
		f.copies.pass(e.cursor)
	}
	switch {
	case !o.met:
		missing := []any{"last", when(f.cursor)}
		if len(o.rest) > 0 {
			missing = append(missing, "next", when(o.rest[0].cursor))
		}
		f.lost("the journal no longer holds the entry read last: lines after it may be missing", missing...)
	case !bytes.Equal(o.last, f.cursor):
		f.stream.moved(f.cursor, o.last)
		f.cursor, f.at = bytes.Clone(o.last), run{Nth: o.nth}
	}
	for _, e := range o.rest {
		if f.copies.pass(e.cursor) {
			f.note(e.cursor)
			fresh = append(fresh, e.line...)
		}
	}
	return fresh
}
