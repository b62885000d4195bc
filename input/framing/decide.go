package framing

// maxUndecided is the number of lines that prove nothing after which a log counts as plain.
const maxUndecided = 4096

// verdict is what one line proves of its log.
type verdict struct {
	plain   bool
	runtime runtime
	entries entryForm
	outer   *envelope
}

func (v verdict) decides() bool {
	return v.plain || v.runtime != noRuntime || v.entries != noEntries || v.outer != nil
}

// judge returns what a line proves: that the log is plain, because the line as it stands is
// Ollama's; or which envelope the log is in, because nothing else looks like that or because the
// text inside is Ollama's. Most lines prove nothing.
func judge(line []byte) (v verdict) {
	if e, _ := looks(line); e != nothing {
		return verdict{plain: true}
	}
	if r := detectRuntime(line); r == criLog || r == dockerLog && writtenByDocker(line) {
		return verdict{runtime: r}
	}
	if form := entryFormOf(line); form != noEntries {
		return verdict{entries: form}
	}
	for _, e := range envelopes {
		var p piece
		if e.parse(line, &p) && !p.remark && e.believes(&p, maxLayers-1) {
			return verdict{outer: e}
		}
	}
	return v
}

// believes reports whether a line that has the shape of e really is in e, by the text inside,
// which may be in up to layers further envelopes.
func (e *envelope) believes(p *piece, layers int) bool {
	if p.strong {
		return true
	}
	found, _ := looks(p.text)
	if found == stamped || found == typical && !e.bare && !p.weak {
		return true
	}
	if layers == 0 {
		return false
	}
	for _, name := range e.inner {
		var within piece
		if inner := envelopeNamed(name); inner.parse(p.text, &within) && inner.believes(&within, layers-1) {
			return true
		}
	}
	return false
}

// chain is the envelopes of a log's lines, the outermost first.
type chain struct {
	layers []*envelope
	whole  bool // there is no further one
	within piece
}

// maxLayers bounds how many envelopes a line may be in.
const maxLayers = 3

// open takes a line out of all its envelopes. It returns false if the line is not in the first
// one.
func (c *chain) open(line []byte, p *piece) bool {
	*p = piece{}
	if !c.layers[0].parse(line, p) {
		return false
	}
	for _, e := range c.layers[1:] {
		if p.remark {
			break
		}
		within := &c.within
		*within = piece{names: p.names, output: p.output}
		if !e.parse(p.text, within) {
			break
		}
		if within.at.kind == noTime {
			within.at = p.at
		}
		*p = *within
	}
	return true
}

// extend adds a further envelope to the chain if the text in p is in one, and reports whether it
// did.
func (c *chain) extend(p *piece) bool {
	if c.whole || p.remark {
		return false
	}
	found, _ := looks(p.text)
	if c.whole = found != nothing || len(c.layers) == maxLayers; c.whole {
		return true
	}
	for _, name := range c.layers[len(c.layers)-1].inner {
		var within piece
		if e := envelopeNamed(name); e.parse(p.text, &within) && e.believes(&within, 0) {
			c.layers = append(c.layers, e)
			return true
		}
	}
	return false
}

func (c *chain) object() bool { return c.layers[0].object }

func (c *chain) syslog() bool { return c.layers[0].syslog }

// String returns the chain as a checkpoint keeps it.
func (c *chain) String() string {
	s := ""
	for i, e := range c.layers {
		if i > 0 {
			s += "+"
		}
		s += e.name
	}
	if c.whole {
		s += "."
	}
	return s
}
