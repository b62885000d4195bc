package framing

import (
	"bytes"
	"slices"
	"time"

	"ollama-hec/input"
)

// Inherit takes over the lines that began in the file before and did not end there: they
// continue in the file of f, of which nothing is read yet. Until they are complete, reading
// resumes at start, the beginning of that file.
func (f *Frames) Inherit(before *Frames, start input.Position) {
	f.decoder.inherit(&before.decoder, start)
	f.end = start
}

// Pending reports whether a line has begun that is not complete yet.
func (f *Frames) Pending() bool {
	return f.decoder.Pending() || f.entry.open && f.entry.has && !f.entry.given
}

// Unwrap replaces the physical lines in c, the first of which begins at first,
// by those the program wrote. A line that is not complete yet is kept, and
// reading resumes at its beginning until it is; with Ended it counts as complete.
func (f *Frames) Unwrap(c *input.Chunk, first input.Position, progress input.Progress) {
	if f.state == undecided {
		f.settle(c.Records)
	}
	if f.state == wrapped && f.fresh {
		f.study(c.Records)
	}
	if f.state == runtimes || f.decoder.heir {
		f.unwrapParts(c, first, progress)
		return
	}
	if f.state == entried {
		f.unwrapEntries(c, first, progress)
		return
	}
	for i := range c.Records {
		if line := c.Records[i].Text; len(line) > 0 && Marked(line[0]) {
			c.Records[i].Text = text(line)
		}
	}
	if f.state != plain {
		f.unwrapLines(c, first)
	}
}

// Marked reports whether a line that begins with first may begin with a hole or with the
// mark of an encoding.
func Marked(first byte) bool { return first == 0 || first == bom[0] }

// text returns a line without a hole before it and without a byte order mark.
func text(line []byte) []byte {
	if len(line) > 0 && line[0] == 0 {
		if from, to := input.Hole(line); from == 0 {
			line = line[to:]
		}
	}
	return bytes.TrimPrefix(line, bom)
}

// unwrapParts is Unwrap for the frames of a container's runtime.
func (f *Frames) unwrapParts(c *input.Chunk, first input.Position, progress input.Progress) {
	start, records := first, c.Records[:0]
	if f.decoder.heir { // there may be more lines than there were
		records = make([]input.Record, 0, len(c.Records)+int(input.Outputs))
	}
	for _, physical := range c.Records {
		if f.decoder.heir {
			for line, more := f.decoder.abandon(physical.Text); more; line, more = f.decoder.abandon(physical.Text) {
				records = append(records, record(line, f.decoder.Resume(start), physical.Written))
			}
		}
		line, complete := f.decoder.Unwrap(physical.Text, start)
		start, f.end = physical.Next, physical.Next
		if complete {
			records = append(records, record(line, f.decoder.Resume(start), physical.Written))
			f.done.Lines++
		}
	}
	if progress == input.Ended {
		for line, more := f.decoder.Flush(); more; line, more = f.decoder.Flush() {
			records = append(records, record(line, f.decoder.Resume(f.end), 0))
		}
	}
	c.Records = records
}

func record(line Line, next input.Position, written int64) input.Record {
	return input.Record{Text: line.Text, Next: next, Time: line.Time, Written: written, Output: line.Output}
}

// unwrapLines is Unwrap for logs in other envelopes, and for those of which nothing
// is known yet.
func (f *Frames) unwrapLines(c *input.Chunk, start input.Position) {
	f.clock.set, f.clock.now = f.opts.Zone, f.opts.Now
	if f.clock.now == nil {
		f.clock.now = time.Now
	}
	records := c.Records[:0]
	for i, physical := range c.Records {
		r := f.unwrap(physical)
		r.Next = physical.Next
		for f.piece.written != asItIs && !r.Omitted { // more than one line of text
			line, rest, more := bytes.Cut(r.Text, lineFeed)
			if !more {
				break
			}
			if len(records) == i && cap(records) == cap(c.Records) {
				records = append(make([]input.Record, 0, len(c.Records)+16), records...)
			}
			one := r
			one.Text, one.Next = f.limit(line), start
			records = append(records, one)
			r.Text = rest
		}
		r.Text = f.limit(r.Text)
		records = append(records, r)
		start = physical.Next
	}
	c.Records = records
	f.piece = piece{} // which points into the chunk
	for _, c := range f.chains {
		c.within = piece{}
	}
}

func (f *Frames) limit(text []byte) []byte {
	if most := f.decoder.MaxLine; most > 0 && len(text) > most && f.raised {
		text, _ = input.Limit(text, int64(len(text)), most)
	}
	return text
}

// unwrap takes one line out of its envelopes.
func (f *Frames) unwrap(r input.Record) input.Record {
	p := &f.piece
	p.written = asItIs
	if f.state != wrapped {
		return r
	}
	c := f.find(r.Text)
	if c == nil {
		f.done.Unframed++
		return f.goOn(r)
	}
	if p.remark {
		f.done.Remarks++
		return input.Record{Omitted: true}
	}
	f.before, f.prefix = input.Record{Omitted: true}, len(r.Text)-len(p.text)
	if !c.whole || f.clock.wants(p.at) {
		f.learn(c, r.Text)
	}
	is := f.origins.of(&p.names, c.syslog())
	if is.whose != ollamas && !f.opts.Named && !f.origins.keeps(is, p.text) {
		f.done.Others++
		return input.Record{Omitted: true}
	}
	f.done.Lines++
	how := p.written
	p.decode()
	p.written = how
	if c.syslog() && how == asItIs && bytes.HasPrefix(p.text, []byte("#011")) {
		p.text = append(p.text[:0], append([]byte{'\t'}, p.text[4:]...)...) // as rsyslog writes a tab
	}
	f.before = input.Record{
		Time: f.clock.instant(p.at), Written: r.Written, Output: p.output, Host: is.host, Program: is.program,
	}
	r = f.before
	r.Text = p.text
	return r
}

// goOn handles a line without an envelope: an indented one continues the text of the line
// before, as journalctl writes a text of several lines.
func (f *Frames) goOn(r input.Record) input.Record {
	if f.state != wrapped || len(r.Text) == 0 || r.Text[0] != ' ' && r.Text[0] != '\t' {
		return r
	}
	line := f.before
	line.Text = r.Text
	indent := len(r.Text) - len(bytes.TrimLeft(r.Text, " "))
	if f.chains[0].syslog() && indent >= f.prefix {
		line.Text = r.Text[f.prefix:]
	}
	return line
}

// find takes a line out of its envelopes and returns their chain: that of the last line, or
// another one of this log; nil if the line is in none.
func (f *Frames) find(line []byte) *chain {
	for i, c := range f.chains {
		if c.open(line, &f.piece) {
			if i > 0 {
				f.chains[0], f.chains[i], f.changed = c, f.chains[0], true
			}
			return c
		}
	}
	if found, _ := looks(line); found == stamped {
		if f.firm {
			return nil
		}
		f.state, f.chains, f.changed = plain, nil, true // Ollama's own line as it stands
		return nil
	}
	if len(f.chains) < maxChains {
		if v := judge(line); v.outer != nil {
			c := &chain{layers: []*envelope{v.outer}}
			f.chains, f.changed = slices.Insert(f.chains, 0, c), true
			c.open(line, &f.piece)
			return c
		}
	}
	return nil
}
