// Package framing takes off log lines what other programs put around them: the
// frames of container runtimes, the prefixes of journalctl, syslog, docker compose,
// kubectl and their like, the JSON of log shippers. What Ollama wrote as one line
// comes back as one line, with the time, the host and the container that the
// envelope names. The table in envelope.go has all that are known.
//
// What envelope a log is in is decided by its first lines and kept from then on,
// over restarts and rotation: a log that is plain at first stays so, and what
// looks like an envelope in it is text, for whoever asks Ollama may have written
// it. In a log with an envelope a line without it can only come from whoever
// writes the log; it may be in a second envelope, as after a change of format. A
// line with a stamp of Ollama's own and no envelope makes the log a plain one, unless
// its very first line was in the envelope: that one nobody else can have written.
//
// Lines of other programs in the same log are left out and counted, unless the
// log is named for Ollama. The package does no I/O and knows no files: who reads
// them hands in physical lines and says which file goes on with another one's.
package framing

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"ollama-hec/input"
)

// Options say what is known of a log besides its lines. The zero value is right
// for a log of which nothing is.
type Options struct {
	Named bool             // for Ollama: lines of other programs belong to it too
	Zone  *time.Location   // of stamps without one, if the lines prove none; nil: this machine's
	Now   func() time.Time // nil: time.Now
}

// NamedForOllama reports whether the name of the file at path says that it is
// Ollama's log.
func NamedForOllama(path string) bool {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.Contains(strings.ToLower(name), "ollama")
}

// Frames takes the envelopes off the lines of one log. The zero Frames has seen
// nothing yet. It belongs to whoever reads the log.
type Frames struct {
	opts  Options
	state state
	asked int  // lines that proved nothing
	firm  bool // the first line decided

	decoder decoder        // of a runtime's frames
	end     input.Position // of the last physical line

	chains  []*chain // of a log in envelopes, the one first that the log began with
	clock   clock
	origins origins
	piece   piece
	before  input.Record // the line before, which the next may go on with
	prefix  int          // how much stood before its text
	done    Removed
	changed bool // what Keep returns
	fresh   bool // nothing of a log in envelopes was read yet
	raised  bool // physical lines may be longer than MaxLine
}

// state is what is known of a log.
type state uint8

const (
	undecided state = iota
	plain
	runtimes // in the frames of a container's runtime
	wrapped  // in other envelopes
)

// maxChains is how many formats one log may have, one after the other.
const maxChains = 4

// Removed is what was taken off a log.
type Removed struct {
	Lines    int64 // whose envelope was removed
	Others   int64 // left out: of other programs
	Remarks  int64 // left out: of the program that made the envelopes
	Unframed int64 // without the envelope that the log has
}

// New returns the Frames of a log of which state was kept, "" for none.
func New(o Options, kept string) *Frames {
	f := &Frames{opts: o}
	f.Recall(kept)
	return f
}

// Set says what is known of the log. It comes before the first line.
func (f *Frames) Set(o Options) { f.opts = o }

// Decided reports whether it is known how the log's lines are framed.
func (f *Frames) Decided() bool { return f.state != undecided }

// News is what Keep returns, and whether it is other than when News was last asked.
func (f *Frames) News() (kept string, news bool) {
	if !f.changed {
		return "", false
	}
	f.changed = false
	return f.Keep(), true
}

// Follow takes over how the file before was framed. What a container's runtime wrote
// is told anew in each.
func (f *Frames) Follow(kept string) {
	if kept != "docker" && kept != "cri" {
		f.Recall(kept)
		f.changed = f.Decided()
	}
}

// Removed is what was taken off so far.
func (f *Frames) Removed() Removed { return f.done }

// Says is for people: what is removed from the log's lines; empty: nothing.
func (f *Frames) Says() string {
	switch f.state {
	case runtimes:
		return [...]string{dockerLog: "Docker's JSON", criLog: "the CRI format of Kubernetes and Podman"}[f.decoder.runtime]
	case wrapped:
		var parts []string
		for _, c := range f.chains {
			var layers []string
			for _, e := range c.layers {
				layers = append(layers, e.says)
			}
			parts = append(parts, strings.Join(layers, ", then "))
		}
		return strings.Join(parts, "; or ")
	}
	return ""
}

// Keep is what a checkpoint keeps of f, so that the log is read on in the same way;
// empty: nothing is decided.
func (f *Frames) Keep() string {
	switch f.state {
	case plain:
		return "plain"
	case runtimes:
		return [...]string{dockerLog: "docker", criLog: "cri"}[f.decoder.runtime]
	case wrapped:
		var s []string
		for _, c := range f.chains {
			s = append(s, c.String())
		}
		firm := ""
		if f.firm {
			firm = firmMark
		}
		return firm + strings.Join(s, "|") + f.clock.keep()
	}
	return ""
}

// Recall takes over what Keep returned. What is not known counts as nothing.
func (f *Frames) Recall(kept string) {
	switch kept {
	case "":
		return
	case "plain":
		f.state = plain
		return
	case "docker":
		f.state, f.decoder.runtime = runtimes, dockerLog
		return
	case "cri":
		f.state, f.decoder.runtime = runtimes, criLog
		return
	}
	kept, zone, _ := strings.Cut(kept, zoneMark)
	kept, f.firm = strings.CutPrefix(kept, firmMark)
	f.clock.recall(zone)
	var chains []*chain
	for s := range strings.SplitSeq(kept, "|") {
		names, whole := strings.CutSuffix(s, ".")
		c := &chain{whole: whole}
		for name := range strings.SplitSeq(names, "+") {
			e := envelopeNamed(name)
			if e == nil {
				return
			}
			c.layers = append(c.layers, e)
		}
		chains = append(chains, c)
	}
	f.state, f.chains, f.fresh = wrapped, chains, true
}

// firmMark stands before what is kept of a log of which the first line decided.
const firmMark = "^"

// Begin shows f the first bytes of a log that is read on further behind, and of
// which nothing was kept.
func (f *Frames) Begin(head []byte) {
	if f.state == undecided {
		f.settleBy(head)
		f.asked = max(f.asked, 1) // what is read next is not the first line
	}
}

// settleBy decides by the first whole line in data that proves something.
func (f *Frames) settleBy(data []byte) {
	const most = 64 // lines
	for range most {
		line, rest, whole := bytes.Cut(data, lineFeed)
		if !whole || !journalRemark(line) && f.decide(judge(text(line))) {
			return
		}
		data = rest
	}
}

// Limit is where physical lines are to be cut if those the program wrote are to be
// cut at maxLine. data is what is to be read next.
func (f *Frames) Limit(data []byte, maxLine int) int {
	if f.state == undecided {
		f.settleBy(data)
	}
	f.decoder.MaxLine, f.raised = maxLine, true
	switch {
	case f.state == runtimes, f.state == undecided && len(data) > 0 && isDigit(data[0]):
		return max(maxLine, MinPhysical)
	case f.state == wrapped && f.chains[0].object(), f.state == undecided && len(data) > 0 && data[0] == '{':
		return 2*maxLine + MinPhysical
	}
	f.raised = false
	return maxLine
}

// Inherit takes over the lines that have begun in the file before and not ended
// there: they go on in the file of f, of which nothing is read yet. Until they are
// complete reading resumes at start, where that file is begun.
func (f *Frames) Inherit(before *Frames, start input.Position) {
	f.decoder.inherit(&before.decoder, start)
	f.end = start
}

// Pending reports whether a line has begun that is not complete yet.
func (f *Frames) Pending() bool { return f.decoder.Pending() }

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
	for i := range c.Records {
		if line := c.Records[i].Text; len(line) > 0 && (line[0] == 0 || line[0] == bom[0]) {
			c.Records[i].Text = text(line)
		}
	}
	if f.state != plain {
		f.unwrapLines(c, first)
	}
}

// text is a line without the zeros of a hole before it and without the mark of an
// encoding.
func text(line []byte) []byte { return bytes.TrimPrefix(bytes.TrimLeft(line, "\x00"), bom) }

// unwrapParts is Unwrap for the frames of a container's runtime.
func (f *Frames) unwrapParts(c *input.Chunk, first input.Position, progress input.Progress) {
	start, records := first, c.Records[:0]
	if f.decoder.heir { // there may be more lines than there were
		records = make([]input.Record, 0, len(c.Records)+int(input.Outputs))
	}
	for _, physical := range c.Records {
		if f.decoder.heir {
			for line, more := f.decoder.abandon(physical.Text); more; line, more = f.decoder.abandon(physical.Text) {
				records = append(records, record(line, f.decoder.Resume(start)))
			}
		}
		line, complete := f.decoder.Unwrap(physical.Text, start)
		start, f.end = physical.Next, physical.Next
		if complete {
			records = append(records, record(line, f.decoder.Resume(start)))
			f.done.Lines++
		}
	}
	if progress == input.Ended {
		for line, more := f.decoder.Flush(); more; line, more = f.decoder.Flush() {
			records = append(records, record(line, f.decoder.Resume(f.end)))
		}
	}
	c.Records = records
}

func record(line Line, next input.Position) input.Record {
	return input.Record{Text: line.Text, Next: next, Time: line.Time, Output: line.Output}
}

// settle decides by the first of lines that proves something.
func (f *Frames) settle(lines []input.Record) {
	for i := range lines {
		if line := text(lines[i].Text); !journalRemark(line) && f.decide(judge(line)) {
			break
		}
	}
}

// study learns of a log in envelopes what the lines say that are there to begin with.
func (f *Frames) study(lines []input.Record) {
	f.fresh = false
	const most = 256 // lines in which a stamp of Ollama's own is looked for
	for i := range lines[:min(len(lines), most)] {
		if f.chains[0].open(lines[i].Text, &f.piece) {
			f.learn(f.chains[0], lines[i].Text)
		}
	}
}

// decide takes a verdict and reports whether the log is decided.
func (f *Frames) decide(v verdict) bool {
	if f.asked++; !v.decides() && f.asked < maxUndecided {
		return false
	}
	f.changed, f.firm = true, f.asked == 1
	switch {
	case v.runtime != noRuntime:
		f.state, f.decoder.runtime = runtimes, v.runtime
	case v.outer != nil:
		f.state, f.chains, f.fresh = wrapped, []*chain{{layers: []*envelope{v.outer}}}, true
	default:
		f.state = plain
	}
	return true
}

// learn takes from a line, which c has opened, whether there are further envelopes,
// whose it is, and how its stamps are to be read.
func (f *Frames) learn(c *chain, line []byte) {
	p := &f.piece
	if p.remark {
		return
	}
	is := f.origins.of(&p.names, c.syslog())
	if is.whose == others {
		return
	}
	for c.extend(p) {
		f.changed = true
		c.open(line, p)
	}
	found, at := looks(p.text)
	if found == stamped {
		is.whose, f.origins.named = ollamas, true
	}
	if at != 0 && f.clock.wants(p.at) {
		f.changed = f.clock.prove(p.at, at) || f.changed
	}
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
	f.before = input.Record{Text: p.text, Time: f.clock.instant(p.at), Output: p.output, Host: is.host, Program: is.program}
	return f.before
}

// goOn takes a line without the envelope: an indented one goes on with the text of the
// line before, as journalctl writes a text of several lines.
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

// find takes a line out of the envelopes of the chain it returns: the one that the
// last line was in, or another of this log; nil if it is in none.
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
