// Package framing removes from log lines what other programs put around them, here called an
// envelope: the frames of container runtimes, the prefixes of journalctl, syslog, docker
// compose, kubectl and the like, the JSON of log shippers. A line that Ollama wrote comes back
// as one line, with the time, the host and the container that the envelope names. The table in
// envelope.go has all known forms.
//
// The first lines of a log decide which envelope it is in, and that is kept from then on, over
// restarts and rotation: a log that is plain at first stays plain, and what looks like an
// envelope in it is text, because a client of Ollama may have written it. In a log with an
// envelope, a line without it can only come from the program that writes the log; it may be in a
// second envelope, as after a change of format. A line with a stamp of Ollama's own and no
// envelope makes the log a plain one, unless the very first line was in the envelope: no client
// can have written that one.
//
// Lines of other programs in the same log are left out and counted, unless the log is named for
// Ollama. The package does no I/O and knows no files: the caller passes physical lines, and says
// which file continues another one.
package framing

import (
	"bytes"
	"strings"
	"time"

	"ollama-hec/input"
)

// Options say what is known of a log besides its lines. The zero value means that nothing is.
type Options struct {
	Named bool             // the log is named for Ollama: lines of other programs belong to it too
	Zone  *time.Location   // of stamps without one, if the lines prove none; nil: this machine's
	Now   func() time.Time // nil: time.Now
}

// NamedForOllama reports whether the name of the file at path says that it is
// Ollama's log.
func NamedForOllama(path string) bool {
	name := path[strings.LastIndexAny(path, `/\`)+1:]
	return strings.Contains(strings.ToLower(name), "ollama")
}

// Frames removes the envelopes from the lines of one log. The zero Frames has seen no line yet.
// Only the reader of the log uses it.
type Frames struct {
	opts  Options
	state state
	asked int  // lines that proved nothing
	firm  bool // the first line decided

	decoder decoder        // of a runtime's frames
	entry   gathered       // of a journal's entries of several lines
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

// state says what is known of a log's form.
type state uint8

const (
	undecided state = iota
	plain
	runtimes // in the frames of a container's runtime
	wrapped  // in other envelopes
	entried  // entries of a journal, of several lines each
)

// maxChains bounds the formats that one log may have, one after the other.
const maxChains = 4

// Removed counts what was removed from a log.
type Removed struct {
	Lines    int64 // whose envelope was removed
	Others   int64 // left out: of other programs
	Remarks  int64 // left out: messages of the program that made the envelopes
	Unframed int64 // without the envelope that the log has
}

// New returns the Frames of a log. kept is what Keep returned earlier; "": nothing was kept.
func New(o Options, kept string) *Frames {
	f := &Frames{opts: o}
	f.Recall(kept)
	return f
}

// Set replaces the options. Call it before the first line.
func (f *Frames) Set(o Options) { f.opts = o }

// Decided reports whether it is known how the log's lines are framed.
func (f *Frames) Decided() bool { return f.state != undecided }

// Unframed reports whether nothing stands around the lines: Unwrap leaves each as it is that
// does not begin with a byte that is Marked.
func (f *Frames) Unframed() bool { return f.state == plain && !f.decoder.heir }

// News returns what Keep returns, and whether that has changed since the last call of News.
func (f *Frames) News() (kept string, news bool) {
	if !f.changed {
		return "", false
	}
	f.changed = false
	return f.Keep(), true
}

// Follow takes over the form of the file before. The frames of a container's runtime are
// recognized anew in each file.
func (f *Frames) Follow(kept string) {
	if kept != "docker" && kept != "cri" {
		f.Recall(kept)
		f.changed = f.Decided()
	}
}

// Removed returns the counts so far.
func (f *Frames) Removed() Removed { return f.done }

// Says returns, for people, what is removed from the log's lines; empty: nothing.
func (f *Frames) Says() string {
	switch f.state {
	case runtimes:
		return [...]string{dockerLog: "Docker's JSON", criLog: "the CRI format of Kubernetes and Podman"}[f.decoder.runtime]
	case entried:
		return f.entry.form.says()
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

// Begin shows f the first bytes of a log that is read from a later place, and of which nothing
// was kept.
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

// Limit returns the length at which physical lines must be cut if the lines inside are to be cut
// at maxLine. data is what is to be read next.
func (f *Frames) Limit(data []byte, maxLine int) int {
	if f.state == undecided {
		f.settleBy(data)
	}
	f.decoder.MaxLine, f.raised = maxLine, true
	switch {
	case f.state == runtimes, f.state == undecided && len(data) > 0 && isDigit(data[0]):
		return max(maxLine, MinPhysical)
	case f.state == entried, f.state == wrapped && f.chains[0].object(),
		f.state == undecided && len(data) > 0 && data[0] == '{':
		return 2*maxLine + MinPhysical
	}
	f.raised = false
	return maxLine
}

// settle decides by the first of lines that proves something.
func (f *Frames) settle(lines []input.Record) {
	for i := range lines {
		if line := text(lines[i].Text); !journalRemark(line) && f.decide(judge(line)) {
			break
		}
	}
}

// study learns from the first lines of a log in envelopes.
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
	case v.entries != noEntries:
		f.state, f.entry.form = entried, v.entries
	case v.outer != nil:
		f.state, f.chains, f.fresh = wrapped, []*chain{{layers: []*envelope{v.outer}}}, true
	default:
		f.state = plain
	}
	return true
}

// learn learns from a line that c has opened: whether there are further envelopes, which program
// wrote it, and how its stamps are to be read.
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
