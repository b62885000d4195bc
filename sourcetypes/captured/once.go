package captured

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

// Live says what is being captured.
type Live struct {
	Requests bool      // of them, and so the access lines are of captured ones
	Prompts  []int     // the texts, too, of those to an Ollama that listens on one of these ports
	Since    time.Time // of the lines from then on
}

// covers reports whether an event of that time may have been captured.
func (l Live) covers(at sourcetypes.Stamp) bool {
	return at.Nanos >= l.Since.Add(-endsWithin).UnixNano()
}

const (
	// holdAccess is how long what is derived from an access line waits for the captured
	// request to arrive.
	holdAccess = 3 * time.Second
	// maxPending bounds how many wait. Beyond it the oldest is told, captured or not.
	maxPending = 8192
)

// Once has what log lines say of requests told only if it was not captured. It stands
// before the Normalizer of a log and has its methods.
type Once struct {
	norm    *sourcetypes.Normalizer
	emit    func(*sourcetypes.Event)
	live    func() Live
	matcher *Matcher
	counts  *Counts

	now     Live                   // as of the records being taken
	ports   map[*input.Program]int // where the Ollama that writes the log listens, if it said so
	at      input.Position
	carry   input.Carry // at is where the record being taken, or what it ends, began
	due     time.Time   // when what norm holds has waited long enough
	pending []*waiting  // in the order of their numbers
	index   index       // of pending
	next    uint64      // the number of the next that waits
	offered uint64      // so many captured requests were offered to what is pending
}

// waiting is an event that perhaps is not to be told.
type waiting struct {
	event   sourcetypes.Event
	request Request
	number  uint64
	at      input.Position // where its lines begin
	carry   input.Carry
	due     time.Time
}

// sighting is how an index has it.
func (w *waiting) sighting() sighting {
	return sighting{w.request.End.UnixNano(), int64(w.request.Duration), w.number}
}

// NewOnce stands before a Normalizer that begins at a place of a log. live says what is captured.
func NewOnce(o *sourcetypes.Options, m *Matcher, counts *Counts, live func() Live,
	at input.Position, c input.Carry, emit func(*sourcetypes.Event)) *Once {
	once := &Once{emit: emit, live: live, matcher: m, counts: counts, index: newIndex()}
	once.ports = make(map[*input.Program]int)
	if c.Port != 0 {
		once.ports[nil] = c.Port
	}
	once.norm = sourcetypes.NewNormalizer(o, at, c, once.take)
	return once
}

// Listens notes where the Ollama listens whose lines are read. Of one that has not said so,
// no prompt is taken for captured: it may be an Ollama that is not, and better twice than not.
// What was read before is judged as before.
func (o *Once) Listens(p *input.Program, port int) {
	if o.ports[p] == port {
		return
	}
	o.at, o.carry = o.resume()
	o.norm.Flush()
	if len(o.ports) >= maxPrograms {
		clear(o.ports)
	}
	o.ports[p] = port
}

// AddAll is as the Normalizer's.
func (o *Once) AddAll(rs []input.Record, full func() bool) (taken int) {
	o.now = o.live()
	o.release(time.Now())
	if !o.now.Requests {
		taken = o.norm.AddAll(rs, full)
	} else {
		for taken < len(rs) { // one by one, to know where each began
			o.at, o.carry = o.resume()
			o.norm.Add(&rs[taken])
			taken++
			if full != nil && full() {
				break
			}
		}
	}
	o.due = time.Now().Add(o.norm.Held())
	return taken
}

// Held is how long what is held may wait.
func (o *Once) Held() time.Duration {
	hold := o.norm.Held()
	if len(o.pending) == 0 {
		return hold
	}
	wait := max(time.Until(o.pending[0].due), time.Millisecond)
	if hold == 0 {
		return wait
	}
	return min(wait, max(time.Until(o.due), time.Millisecond))
}

// FlushDue emits what has waited long enough.
func (o *Once) FlushDue() {
	now := time.Now()
	if o.norm.Held() > 0 && !now.Before(o.due) {
		o.at, o.carry = o.resume()
		o.norm.FlushDue()
		o.due = now.Add(o.norm.Held())
	}
	o.release(now)
}

// Flush emits everything that is held.
func (o *Once) Flush() {
	o.at, o.carry = o.resume()
	o.norm.Flush()
	for len(o.pending) > 0 {
		o.settle()
	}
}

// Resume is a place before which nothing is held.
func (o *Once) Resume() (input.Position, input.Carry) {
	if len(o.pending) > 0 {
		return o.pending[0].at, o.pending[0].carry
	}
	return o.resume()
}

// resume is the Normalizer's place, and what a restart there must know.
func (o *Once) resume() (input.Position, input.Carry) {
	at, carry := o.norm.Resume()
	carry.Port = o.ports[nil]
	return at, carry
}

// Recognition is the Normalizer's.
func (o *Once) Recognition() sourcetypes.Recognition { return o.norm.Recognition() }

// take takes an event of the Normalizer.
func (o *Once) take(ev *sourcetypes.Event) {
	switch {
	case ev.Sourcetype == sourcetypes.Prompts && o.now.Requests && o.now.covers(ev.Time) &&
		slices.Contains(o.now.Prompts, o.ports[ev.Program]):
		o.counts.Once.Add(1)
		return
	case ev.Sourcetype != sourcetypes.API || !o.now.Requests || !o.now.covers(ev.Time):
		o.emit(ev)
		return
	}
	r, ok := requestOf(ev)
	if !ok {
		o.emit(ev)
		return
	}
	o.offer()
	if o.matcher.find(r, o.offered, 0) {
		o.counts.Once.Add(1)
		return
	}
	if len(o.pending) == maxPending {
		o.settle()
	}
	w := &waiting{
		event: *ev, request: r, number: o.next, at: o.at, carry: o.carry, due: time.Now().Add(holdAccess),
	}
	w.event.Body = bytes.Clone(ev.Body)
	o.pending = append(o.pending, w)
	o.index.add(r.kind(), w.sighting())
	o.next++
}

// offer drops what is pending of requests that were captured since: a line that comes now
// must not take one that is another line's. Those that were captured before fit nothing that
// is pending, or they would have been found.
func (o *Once) offer() {
	fresh := o.matcher.since(o.offered)
	if len(fresh) == 0 {
		return
	}
	o.offered = fresh[len(fresh)-1].number + 1
	for _, c := range fresh {
		lasted := time.Duration(c.duration)
		s, fits := o.index.closest(
			want(c.kind, time.Unix(0, c.end), lasted-lastsWithin, lasted+lastsWithin, o.next))
		if fits && o.matcher.take(c) {
			i, _ := slices.BinarySearchFunc(o.pending, s.number, func(w *waiting, number uint64) int {
				return cmp.Compare(w.number, number)
			})
			o.dropPending(i)
			o.counts.Once.Add(1)
		}
	}
}

// dropPending has one that waits wait no more.
func (o *Once) dropPending(i int) *waiting {
	w := o.pending[i]
	o.index.remove(w.request.kind(), w.sighting())
	if i == 0 {
		o.pending[0] = nil
		o.pending = o.pending[1:]
	} else {
		o.pending = slices.Delete(o.pending, i, i+1)
	}
	if len(o.pending) == 0 {
		o.pending = nil
	}
	return w
}

// requestOf reads what an event derived from an access line is known by.
func requestOf(ev *sourcetypes.Event) (r Request, ok bool) {
	var said struct {
		Method string   `json:"http_method"`
		Path   string   `json:"uri_path"`
		Status int      `json:"status"`
		Took   *float64 `json:"response_time_ms"`
	}
	if json.Unmarshal(ev.Body, &said) != nil || said.Took == nil || said.Status == 0 {
		return r, false
	}
	return Request{
		said.Method, said.Path, said.Status, time.Unix(0, ev.Time.Nanos),
		time.Duration(*said.Took * float64(time.Millisecond)),
	}, true
}

// release settles what has waited long enough.
func (o *Once) release(now time.Time) {
	for len(o.pending) > 0 && !now.Before(o.pending[0].due) {
		o.settle()
	}
}

// settle tells the event that has waited longest, unless its request was captured.
func (o *Once) settle() {
	w := o.dropPending(0)
	if o.matcher.FindLate(w.request) {
		o.counts.Once.Add(1)
		return
	}
	o.emit(&w.event)
}
