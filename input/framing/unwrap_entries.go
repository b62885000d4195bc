package framing

import (
	"bytes"

	"ollama-hec/input"
)

// unwrapEntries is Unwrap for a journal's entries of several lines: each becomes the lines
// of its text. The last entry of a verbose log, which nothing ends, is handed on once there
// is nothing more to read and enough of it is known.
func (f *Frames) unwrapEntries(c *input.Chunk, first input.Position, progress input.Progress) {
	most := f.decoder.MaxLine
	if most <= 0 {
		most = maxEntryText
	}
	g, start := &f.entry, first
	var records []input.Record // there may be more than there were, and they are less often
	for _, physical := range c.Records {
		switch g.take(physical.Text, int64(physical.Next-start), most) {
		case itsEnd:
			records = f.hand(records, physical.Next, physical.Written)
			g.open = false
		case theNext:
			records = f.hand(records, start, physical.Written)
			g.begin(start)
			if g.form == verboseEntries {
				g.at = headTime(physical.Text)
			}
		case itsRest:
			rest := f.before
			rest.Text, rest.Next = f.limit(restOfText(physical.Text)), physical.Next
			records = append(records, rest)
		case notOfOne:
			records = append(records, f.strangeLine(physical))
		}
		start = physical.Next
	}
	if len(c.Records) > 0 {
		f.end = start
	}
	if progress == input.Ended || progress == input.Idle && g.form == verboseEntries && g.known() {
		records = f.hand(records, f.end, 0)
	}
	c.Records = records
}

// maxEntryText bounds the text of an entry where lines are not cut.
const maxEntryText = 64 << 20

// strangeLine handles a line that belongs to no entry: messages of journalctl itself are left
// out, everything else is text.
func (f *Frames) strangeLine(r input.Record) input.Record {
	if journalRemark(r.Text) {
		f.done.Remarks++
		return input.Record{Omitted: true, Next: r.Next}
	}
	f.done.Unframed++
	if f.entry.open && !f.entry.given {
		r.Next = f.entry.start
	}
	return r
}

// hand appends the lines of the open entry to records. Reading resumes at next once the last of
// them is done with, and at the entry's beginning until then.
func (f *Frames) hand(records []input.Record, next input.Position, written int64) []input.Record {
	g := &f.entry
	if !g.open || !g.has || g.given {
		return records
	}
	g.given = true
	names := g.names()
	is := f.origins.of(&names, true)
	if is.whose != ollamas && !f.opts.Named && !f.origins.keeps(is, g.text) {
		f.done.Others++
		f.before = input.Record{Omitted: true}
		return append(records, input.Record{Omitted: true, Next: next})
	}
	f.done.Lines++
	one := input.Record{Time: g.at, Written: written, Host: is.host, Program: is.program, Next: g.start}
	text := bytes.TrimSuffix(g.text, lineFeed)
	if most := f.decoder.MaxLine; most > 0 && len(g.text) > most { // an entry that is torn has less
		text, _ = input.Limit(g.text, g.whole, most)
	}
	for {
		line, rest, more := bytes.Cut(text, lineFeed)
		one.Text = f.limit(line)
		if !more {
			break
		}
		records = append(records, one)
		text = rest
	}
	one.Next = next
	f.before = one
	return append(records, one)
}
