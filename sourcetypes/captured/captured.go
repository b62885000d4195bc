// Package captured says what becomes of what was captured off the wire: records of a spool
// are events already, to which the settings of the shipper are applied once more, so that
// the stricter of two settings holds. And it takes care that a request that was captured is
// not told twice, for the access line of the same request is in Ollama's log.
//
// It is pure, as package sourcetypes is.
package captured

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
	"ollama-hec/sourcetypes/redact"
)

// within is RESPONSES for a setting of PROMPTS: an answer tells no more than its prompt.
func within(m exchange.ResponseMode, p sourcetypes.PromptMode) exchange.ResponseMode {
	switch p {
	case sourcetypes.Off:
		return exchange.NoResponses
	case sourcetypes.Redacted:
		return min(m, exchange.RedactedResponses)
	}
	return m
}

// Options are what the shipper's settings say.
type Options struct {
	Prompts   sourcetypes.PromptMode
	Responses exchange.ResponseMode
	Redact    redact.Set
	MaxEvent  int      // bytes; the longest text of a longer event is cut
	Requests  *Matcher // is told of each request; nil: nobody is
	Counts    *Counts
}

// Counts are kept up to date by all Normalizers that share them.
type Counts struct {
	Events  atomic.Int64
	Damaged atomic.Int64 // lines that are no records
	Once    atomic.Int64 // events derived from log lines that were captured, and not told twice
}

// Normalizer turns the records of a stream of a spool into events. It holds nothing back.
// It is for one goroutine.
type Normalizer struct {
	options *Options
	emit    func(*sourcetypes.Event)
	next    input.Position
	carry   input.Carry
	told    int64
	texts   texts
	hits    [redact.Kinds]int64

	programs map[string]*input.Program // by their fields
	ev       sourcetypes.Event
}

// New begins at a place of a stream.
func New(o *Options, at input.Position, c input.Carry, emit func(*sourcetypes.Event)) *Normalizer {
	n := &Normalizer{options: o, emit: emit, next: at, carry: c, programs: make(map[string]*input.Program)}
	n.texts = newTexts(o, &n.hits)
	return n
}

// AddAll takes records in order. After each it asks full and stops when it is. It returns how
// many it took.
func (n *Normalizer) AddAll(rs []input.Record, full func() bool) int {
	for i := range rs {
		n.take(&rs[i])
		if full != nil && full() {
			return i + 1
		}
	}
	return len(rs)
}

// Held is 0: a record needs no other.
func (n *Normalizer) Held() time.Duration { return 0 }

// FlushDue does nothing.
func (n *Normalizer) FlushDue() {}

// Flush does nothing.
func (n *Normalizer) Flush() {}

// Resume is the place behind the last record.
func (n *Normalizer) Resume() (input.Position, input.Carry) { return n.next, n.carry }

// Recognition says that what was read is what it is taken for.
func (n *Normalizer) Recognition() sourcetypes.Recognition {
	return sourcetypes.Recognition{Events: n.told, Known: n.told}
}

// take takes the records of a line: more than one if a power cut left a hole before them.
func (n *Normalizer) take(r *input.Record) {
	n.next = r.Next
	for rest := r.Text; len(rest) > 0; {
		end, next := input.Hole(rest)
		if end < 0 {
			end, next = len(rest), len(rest)
		}
		if end > 0 {
			n.line(rest[:end])
		}
		rest = rest[next:]
	}
}

// line emits the event of a line, unless it is none or the settings forbid it.
func (n *Normalizer) line(text []byte) {
	r, err := spool.Parse(text)
	st, known := sourcetypeNamed(r.Sourcetype)
	if err != nil || !known {
		n.options.Counts.Damaged.Add(1)
		return
	}
	if st == sourcetypes.Prompts && n.options.Prompts == sourcetypes.Off {
		return
	}
	ms, err := parseMembers(r.Event)
	if err != nil {
		n.options.Counts.Damaged.Add(1)
		return
	}
	if st == sourcetypes.API && n.options.Requests != nil {
		if q, ok := ms.request(r.Time); ok {
			n.options.Requests.Captured(q)
		}
	}
	n.carry.Time, n.carry.Digits = r.Time.UnixNano(), 9
	n.told++
	n.options.Counts.Events.Add(1)
	n.ev = sourcetypes.Event{
		Sourcetype: st, Time: sourcetypes.Stamp{Nanos: r.Time.UnixNano(), Digits: 9},
		Program: n.program(r.Fields), Body: n.texts.apply(r.Event, ms),
	}
	n.emit(&n.ev)
}

// sourcetypeNamed returns the sourcetype of a name, if a record may have it.
func sourcetypeNamed(name string) (sourcetypes.Sourcetype, bool) {
	for _, st := range [...]sourcetypes.Sourcetype{
		sourcetypes.API, sourcetypes.Prompts, sourcetypes.Connection, sourcetypes.Health,
	} {
		if st.String() == name {
			return st, true
		}
	}
	return 0, false
}

// maxPrograms bounds how many sets of fields are remembered.
const maxPrograms = 256

// program is what has these fields: one for all events that have them.
func (n *Normalizer) program(fields map[string]string) *input.Program {
	if len(fields) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(fields))
	var key strings.Builder
	for _, name := range names {
		fmt.Fprintf(&key, "%q%q", name, fields[name])
	}
	p := n.programs[key.String()]
	if p == nil {
		if len(n.programs) == maxPrograms {
			clear(n.programs)
		}
		p = new(input.Program)
		for _, name := range names {
			p.Fields = append(p.Fields, input.Field{Name: name, Value: fields[name]})
		}
		n.programs[key.String()] = p
	}
	return p
}
