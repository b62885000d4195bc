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

// state is what is known of a log.
type state uint8

const (
	undecided state = iota
	plain
	runtimes // in the frames of a container's runtime
	wrapped  // in other envelopes
	entried  // entries of a journal, of several lines each
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

// Unframed reports whether nothing stands around the lines: Unwrap leaves each as it is that
// does not begin with a byte that is Marked.
func (f *Frames) Unframed() bool { return f.state == plain && !f.decoder.heir }

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
	case v.entries != noEntries:
		f.state, f.entry.form = entried, v.entries
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
