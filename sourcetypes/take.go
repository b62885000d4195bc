package sourcetypes

import (
	"bytes"

	"ollama-hec/input"
)

// take takes one record: it joins what is held, or begins a block.
func (n *Normalizer) take(r *input.Record) {
	if r.Omitted {
		n.next = r.Next
		n.counts.Omitted++
		return
	}
	out := n.of(r)
	start, before := n.next, n.carry
	n.next = r.Next
	n.counts.Lines++
	l := &n.cur.line
	if r.Caller != "" {
		n.takeSaid(out, r, start, before)
		return
	}
	if n.read(l, r.Text); l.torn {
		n.next, n.carry = start, before
		n.takeTorn(r)
		return
	}
	held := n.open[out]
	switch {
	case l.form == blank:
		n.takeBlank(held, l)
		return
	case held == nil:
	case !l.stamped && held.waitedFor(r) && !n.ofBroken(held, l) && held.takes(l):
		held.came = r.Time
		if len(held.text)+held.blanks+1+len(l.text) <= maxJoined {
			n.join(held, l)
			return
		}
		// The block is full: it goes on as a further one.
		kind, stack, class := held.kind, held.stack, held.class
		n.close(held)
		b := n.push(out, r, start, before)
		n.stamp(b, r)
		b.kind, b.stack, b.class = kind, stack, class
		n.drain()
		return
	default:
		if held.crash() && l.form == access && held.passes() {
			n.takeWithin(held, r, start, before)
			return
		}
		n.close(held)
	}
	b := n.push(out, r, start, before)
	n.stamp(b, r)
	n.classify(b)
	n.drain()
}

// takeSaid takes a message of another program about the log's own: it has none of the
// known forms, joins nothing, ends nothing, and its time is when it came.
func (n *Normalizer) takeSaid(out int, r *input.Record, start input.Position, before input.Carry) {
	clean, was := n.clean.line(r.Text)
	n.cur.line = line{text: clean, moved: was.rewritten}
	if len(bytes.TrimSpace(clean)) == 0 {
		n.counts.Blank++
		return
	}
	held := n.open[out]
	b := n.push(out, r, start, before)
	b.caller, b.class, b.done, n.open[out] = r.Caller, ClassServer, true, held
	b.at = Stamp{n.carry.Time, n.carry.Digits}
	if r.Time != 0 {
		b.at = transportStamp(r.Time)
	}
	n.drain()
}

// takeTorn takes a record with a hole in it, as a power cut leaves one where nothing
// was written yet: what stands before and behind it are lines of their own.
func (n *Normalizer) takeTorn(r *input.Record) {
	n.counts.Lines--
	part, start := *r, n.next
	for rest := r.Text; len(rest) > 0; {
		end, next := input.Hole(rest)
		if end < 0 {
			end, next = len(rest), len(rest)
		}
		if part.Text, rest = rest[:end], rest[next:]; end > 0 {
			part.Next = start // of which the rest is still to come
			n.take(&part)
		}
	}
	n.next = r.Next
}

// takeWithin takes an access line that stands within the crash held.
func (n *Normalizer) takeWithin(held *block, r *input.Record, start input.Position, before input.Carry) {
	b := n.push(held.out, r, start, before)
	n.stamp(b, r)
	n.classify(b)
	b.done, n.open[held.out] = true, held
	n.drain()
}

// ofBroken reports whether l, though indented, is of a crash that was broken off
// rather than of the line held.
func (n *Normalizer) ofBroken(held *block, l *line) bool {
	return l.form == indented && n.cut[held.out] > 0 && !held.lasting() && locationLine(l.text)
}

// passes reports whether an access line may stand in the middle of the crash b: it
// is written to the other output, which may be the same file.
func (b *block) passes() bool {
	if b.passed == maxPassed {
		return false
	}
	b.passed++
	b.stack.lines = 0 // what follows need not be its message
	return true
}

// takeBlank takes a blank line: it stays inside what lasts and ends what does
// not.
func (n *Normalizer) takeBlank(held *block, l *line) {
	if held != nil && held.lasting() {
		held.blanks++
		if held.kind != joinRecovery || l.colour != closed {
			return
		}
	} else {
		n.counts.Blank++
	}
	if held != nil {
		n.close(held)
		n.drain()
	}
}

// join adds l to what is held.
func (n *Normalizer) join(held *block, l *line) {
	held.add(l)
	n.counts.Joined++
	if held.ended(l) {
		held.stack.ended = true
		n.close(held)
		n.drain()
	}
}
