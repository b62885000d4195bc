package sourcetypes

import (
	"time"

	"ollama-hec/input"
)

// Normalizer turns the records of one stream into events. It holds back what
// may still be continued: lines of one output are joined, and events come in
// the order of their first lines, save that a crash does not keep waiting what
// comes after it on other outputs, nor access lines that stand within it. It is
// for one goroutine.
type Normalizer struct {
	opts   Options
	emit   func(*Event)
	counts Counts

	clean   cleaner
	clock   clock
	redact  redactor
	forced  redactor // for prompt text, whatever REDACT says
	sources sources

	verdicts *verdicts // of all streams; nil: each text is judged anew

	next  input.Position // behind the last record
	carry input.Carry    // as of there
	cur   *block         // what the next record is read into

	queue []*block // what is held, in the order of the first lines
	free  []*block // to be used again
	outlets

	ev    Event
	text  []byte           // scratch: a text that is rewritten
	json  []byte           // scratch: an object
	query []byte           // scratch: a query with its ?
	shape [maxVerdict]byte // scratch: a text whose numbers do not matter

	tokens   []span // scratch: the words of a text
	tomorrow int64  // a day ahead of the wall clock, when that was last looked at
	speaks   bool   // text of a person or a model may go on in lines without a stamp

	known   int64    // events of a form that hardly another log has
	strange []string // until there is one, the first texts

	await  bool // a block of the queue awaits the text of a prompt
	bodies bool // the last request's body that the log names gave its prompt
}

// NewNormalizer begins at a place of a stream, with what was carried there.
// emit gets each event; it must not call back.
func NewNormalizer(o *Options, at input.Position, c input.Carry, emit func(*Event)) *Normalizer {
	n := &Normalizer{opts: *o, emit: emit, next: at, carry: c}
	if n.opts.Now == nil {
		n.opts.Now = time.Now
	}
	n.cur = new(block)
	n.verdicts = &remembered
	n.clock = clock{zone: o.Zone, carry: &n.carry}
	n.redact = newRedactor(o.Redact, &n.counts.Redacted)
	n.forced = newRedactor(DefaultRedact(), &n.counts.Redacted)
	n.forced.Patterns = o.Redact.Patterns
	return n
}

// AddAll takes records of one chunk in order and emits the events of what is
// complete. After each record it asks full, if that is not nil, and stops when
// it is. It returns how many records it took. It does not use their texts
// after it returns.
func (n *Normalizer) AddAll(rs []input.Record, full func() bool) int {
	n.expire()
	taken := 0
	for taken < len(rs) {
		n.take(&rs[taken])
		taken++
		if full != nil && full() {
			break
		}
	}
	n.hold()
	return taken
}

// Add is AddAll for one record.
func (n *Normalizer) Add(r *input.Record) {
	n.expire()
	n.take(r)
	n.hold()
}

// FlushDue emits what has waited for Held since the last Add: a crash may go on
// when ordinary lines of another output are no longer waited for.
func (n *Normalizer) FlushDue() {
	lines := n.Held() == lineHold
	for _, b := range n.open {
		if b != nil && !(lines && b.lasting()) {
			n.close(b)
		}
	}
	n.giveUp()
	n.drain()
}

// Flush emits everything that is held: the stream ended.
func (n *Normalizer) Flush() {
	for _, b := range n.open {
		if b != nil {
			n.close(b)
		}
	}
	n.giveUp()
	n.drain()
}

// Held is how long what is held may wait for its continuation, from the last
// Add on; 0 if nothing is held.
func (n *Normalizer) Held() time.Duration {
	var hold time.Duration
	for _, b := range n.queue {
		if !b.lasting() || b.timeless {
			return lineHold
		}
		hold = crashHold
	}
	return hold
}

// Resume is a place before which every record has been emitted, dropped or
// merged into what was emitted, and the carry as of there.
func (n *Normalizer) Resume() (input.Position, input.Carry) {
	if len(n.queue) > 0 {
		return n.queue[0].start, n.queue[0].carry
	}
	return n.next, n.carry
}

// Counts are kept up to date by every call; they are read between calls.
func (n *Normalizer) Counts() *Counts { return &n.counts }

// push puts the block that the last record was read into at the end of the
// queue.
func (n *Normalizer) push(out int, r *input.Record, start input.Position, before input.Carry) *block {
	b := n.cur
	if last := len(n.free) - 1; last >= 0 {
		n.cur, n.free = n.free[last], n.free[:last]
	} else {
		n.cur = new(block)
	}
	b.held = held{out: out, host: r.Host, program: r.Program, start: start, carry: before, first: len(b.text)}
	if b.moved {
		b.hold()
	}
	if n.await || b.level == levelDebug {
		n.awaitText(b)
	}
	n.queue = append(n.queue, b)
	n.open[out] = b
	return b
}

// stamp finds the time of a block: its own, that of the stamped line before or, where
// that is later, the transport's, that of the first stamp that follows soon, the file's, now.
func (n *Normalizer) stamp(b *block, r *input.Record) {
	b.came = r.Time
	if b.stamped {
		if b.zoned {
			n.shows(b.out)
		}
		switch judge(&n.carry, sighting{b.at.Nanos, b.offset, b.zoned, r.Time, n.latest(b.at.Nanos)}) {
		case believed:
			n.lend(b.at)
			n.carry.Time, n.carry.Digits = b.at.Nanos, b.at.Digits
			n.stampedBy = b.out
			return
		case doubtful:
			b.unsure = true
			return
		}
	}
	switch {
	case n.carry.Time != 0 && (r.Time == 0 || r.Time <= n.carry.Time+late && n.alike(b.out, n.stampedBy)):
		b.at = Stamp{n.carry.Time, n.carry.Digits}
	case r.Time != 0:
		b.at = transportStamp(r.Time)
	default:
		b.at, b.timeless, b.unsure = Stamp{n.opts.Now().UnixNano(), 3}, true, true
		if r.Written != 0 {
			b.at.Nanos = min(b.at.Nanos, r.Written)
		}
	}
}

// lend gives the first stamp of a stream to the lines before it that are held.
func (n *Normalizer) lend(at Stamp) {
	for _, b := range n.queue {
		if b.timeless {
			b.at, b.timeless, b.unsure = at, false, false
		}
	}
}

// late is how much later than the last stamp the transport may have got a line that
// belongs to the same moment.
const late = int64(time.Second)

// latest is a day ahead of the wall clock, which is looked at only if at is later than
// when that was done last.
func (n *Normalizer) latest(at int64) int64 {
	if at > n.tomorrow {
		n.tomorrow = n.opts.Now().UnixNano() + longJump
	}
	return n.tomorrow
}

// classify says what kind of line a block begins with and what may join it.
func (n *Normalizer) classify(b *block) {
	switch b.form {
	case access:
		b.class = ClassAccess
	case slogged:
		b.class = ClassServer
		n.classifySlog(b)
	case goLogged:
		b.class = ClassServer
		if stack, kind, ok := recoveryHead(&b.line); ok {
			b.class, b.kind, b.stack = ClassCrash, kind, stack
		} else {
			n.classifyGoLog(b)
		}
	case llamaLog:
		b.class = ClassRunner
	default:
		n.classifyPlain(b)
	}
}

// classifyPlain is classify for a line without a stamp.
func (n *Normalizer) classifyPlain(b *block) {
	cut := n.cut[b.out] > 0
	if cut {
		n.cut[b.out]--
	}
	head, isHead := stack{}, false
	if b.form != indented {
		head, isHead = crashHead(b.text)
	}
	if !isHead && cut {
		head, isHead = resumes(&b.line)
	}
	switch {
	case isHead:
		b.class, b.kind, b.stack = ClassCrash, joinCrash, head
	case b.form == indented:
	case raceHead(b.text):
		b.kind = joinRace
		if b.text[0] == 'W' {
			b.class = ClassCrash
		}
	case metalHead(b.text):
		b.class, b.kind, b.stack = ClassCrash, joinMetal, stack{deep: metalInfo(b.text)}
	default:
		n.classifyWords(b)
	}
}

// classifyWords does so for a line that is of no crash.
func (n *Normalizer) classifyWords(b *block) {
	switch {
	case firstRunHead(b.text):
		b.class, b.kind = ClassStartup, joinFirstRun
	case hasPrefix(b.text, "[GIN-debug] "):
		b.class = ClassStartup
	case runnerLine(b.text):
		b.class = ClassRunner
	}
	if pemHead(b.text) {
		b.kind = joinPEM
	}
}

// close lets nothing more join b.
func (n *Normalizer) close(b *block) {
	b.done = true
	n.open[b.out] = nil
	if b.kind == joinCrash {
		n.cut[b.out] = 0
		if b.stack.deep && !b.stack.ended {
			n.cut[b.out] = maxCut
		}
	}
}

// drain emits what is complete and has no ordinary line before it that is not.
func (n *Normalizer) drain() {
	if len(n.queue) > maxQueue {
		for _, b := range n.queue {
			b.awaits, b.timeless = 0, false
			if !b.done && !b.lasting() {
				n.close(b)
				break
			}
		}
	}
	kept, waiting := 0, false
	for _, b := range n.queue {
		if b.done && !waiting && b.awaits == 0 && !b.timeless {
			n.ship(b)
			n.free = append(n.free, b)
			continue
		}
		waiting = waiting || (!b.lasting() && (!b.done || b.awaits > 0) || b.timeless)
		n.queue[kept] = b
		kept++
	}
	n.queue = n.queue[:kept]
}

// maxScratch is how much memory a buffer may keep from one call to the next:
// there is a Normalizer for each of perhaps a thousand files.
const maxScratch = 32 << 10

// hold makes what is held independent of the chunk, and lets go of memory that
// only an unusual line needed.
func (n *Normalizer) hold() {
	if cap(n.tokens) > maxScratch/16 {
		n.tokens = nil
	}
	for _, buf := range [...]*[]byte{&n.text, &n.json, &n.query, &n.clean.buf} {
		if cap(*buf) > maxScratch {
			*buf = nil
		}
	}
	n.redact.Shrink(maxScratch)
	n.forced.Shrink(maxScratch)
	for len(n.free) > 0 && (len(n.free) > 4 || cap(n.free[len(n.free)-1].own) > maxScratch) {
		n.free = n.free[:len(n.free)-1]
	}
	for _, b := range n.queue {
		b.hold()
		if b.lasting() && !b.done && b.since.IsZero() {
			b.since = n.opts.Now()
		}
	}
}

// expire closes a crash that waited too long for its next line while other
// outputs kept the stream busy.
func (n *Normalizer) expire() {
	for _, b := range n.queue {
		if b.lasting() && !b.done && !b.since.IsZero() && n.opts.Now().Sub(b.since) >= crashHold {
			n.close(b)
		}
	}
}
