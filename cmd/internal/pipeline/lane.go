package pipeline

import (
	"context"
	"sync"
	"time"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// chunkSize is how much of a stream is read at a time.
const chunkSize = 256 << 10

// lane reads its streams in turn and sends one batch after the other. Only run
// uses its fields, but for those guarded by mu.
type lane struct {
	p *Pipeline

	mu      sync.Mutex
	readers map[input.Stream]*reader // guarded by mu
	queue   []*reader                // those with something to read; guarded by mu
	sources map[string]int           // the number of readers of each source; guarded by mu
	wake    chan struct{}

	chunk   input.Chunk
	builder *batch.Builder
	due     time.Time // when the batch being built is sent at the latest; zero: it is empty
	dirty   []*reader // read from since the last batch was taken

	holding []*reader // those with lines held until it is clear whether they continue
	holdDue time.Time // when to look at them next

	doing    activity
	before   spent // the pipeline's time when the last batch was taken
	patience patience

	answered <-chan struct{} // closed once the receiver has answered the batch sent last; nil: none is unanswered
	sending  sync.WaitGroup
}

// reader is one stream being read, and the normalizer that turns its lines into events.
type reader struct {
	stream input.Stream
	norm   Normalizer // nil: nothing was read yet
	ledger *ledger

	queued  bool // guarded by lane.mu
	dirty   bool
	holding bool
	judged  bool
	until   time.Time // how long its held lines may wait
}

func newLane(p *Pipeline) *lane {
	return &lane{
		p:       p,
		readers: map[input.Stream]*reader{},
		sources: map[string]int{},
		wake:    make(chan struct{}, 1),
		chunk:   input.Chunk{Buf: make([]byte, chunkSize)},
		builder: batch.NewBuilderAt(p.cfg.Limits, p.cfg.Compress.standard(), &p.encoders),
	}
}

// announce queues a stream. It does not block.
func (l *lane) announce(s input.Stream) {
	l.mu.Lock()
	r := l.readers[s]
	if r == nil {
		r = &reader{stream: s, ledger: &ledger{stream: s}}
		l.readers[s] = r
		l.sources[s.Source()]++
	}
	if !r.queued {
		r.queued = true
		l.queue = append(l.queue, r)
	}
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// next removes the reader that has waited longest from the queue and returns it, or nil.
func (l *lane) next() *reader {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 {
		return nil
	}
	r := l.queue[0]
	l.queue = append(l.queue[:0], l.queue[1:]...)
	r.queued = false
	return r
}

// run reads until reading ends, or until finished is closed and nothing is left
// to read. Then it sends what it has and waits for every delivery. A delivery
// that fails for good goes to fail, which ends delivering.
func (l *lane) run(reading, delivering context.Context, finished <-chan struct{}, fail func(error)) {
	l.turn(working)
	defer l.turn(resting)
	for reading.Err() == nil {
		if r := l.next(); r != nil {
			l.readChunk(delivering, r, fail)
		} else if !l.waitForWork(reading, finished) {
			break
		}
		l.tick(delivering, fail)
	}
	l.drain(delivering, finished, fail)
	l.finish(delivering, fail, reading.Err() == nil)
	l.sending.Wait()
}

// drain reads pipes to their end after a stop: what they hold cannot be read again.
func (l *lane) drain(delivering context.Context, finished <-chan struct{}, fail func(error)) {
	l.turn(resting)
	select {
	case <-finished:
	case <-delivering.Done():
	}
	l.turn(working)
	for delivering.Err() == nil {
		r := l.next()
		if r == nil {
			return
		}
		if _, pipe := r.stream.(input.Pipe); pipe {
			l.readChunk(delivering, r, fail)
		}
	}
}

// turn notes that the lane does something else from now on.
func (l *lane) turn(to activity) {
	l.p.timesheet.change(l.doing, to)
	l.doing = to
}

// waitForWork blocks until there is something to do. It returns false if nothing more
// will come.
func (l *lane) waitForWork(reading context.Context, finished <-chan struct{}) bool {
	l.turn(resting)
	defer l.turn(working)
	var timeout <-chan time.Time
	if at := l.alarm(); !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		timeout = timer.C
	}
	// A batch that is due is sent as soon as the one before it is answered.
	var answered <-chan struct{}
	if !l.due.IsZero() && !time.Now().Before(l.due) {
		answered = l.answered
	}
	select {
	case <-finished:
		// What was announced last may have come in between.
		l.mu.Lock()
		defer l.mu.Unlock()
		return len(l.queue) > 0
	case <-reading.Done():
	case <-l.wake:
	case <-timeout:
	case <-answered:
	}
	return true
}

// alarm returns the time of the next timed action; zero: there is none.
func (l *lane) alarm() time.Time {
	at := l.holdDue
	if due := l.due; !due.IsZero() && (at.IsZero() || due.Before(at)) {
		if time.Now().Before(due) || l.idle() {
			return due
		}
	}
	return at
}

// tick does the timed actions that are due: it flushes held lines and sends the batch.
func (l *lane) tick(delivering context.Context, fail func(error)) {
	if l.due.IsZero() && l.holdDue.IsZero() {
		return
	}
	now := time.Now()
	if !l.holdDue.IsZero() && !now.Before(l.holdDue) {
		l.release(now)
	}
	if l.builder.Full() || !l.due.IsZero() && !now.Before(l.due) && l.idle() {
		l.send(delivering, fail)
	}
}

// idle reports whether every batch sent is answered.
func (l *lane) idle() bool {
	if l.answered == nil {
		return true
	}
	select {
	case <-l.answered:
		l.answered = nil
		return true
	default:
		return false
	}
}

// readChunk reads one chunk of a stream into the batch, and sends the batch whenever it is full.
func (l *lane) readChunk(delivering context.Context, r *reader, fail func(error)) {
	if r.norm == nil {
		l.open(r)
	}
	progress := r.stream.Read(&l.chunk)
	if len(l.chunk.Records) > 0 && len(l.holding) > 0 {
		l.flushPredecessor(r)
	}
	var bytes int64
	for rest := l.chunk.Records; len(rest) > 0; {
		n := r.norm.AddAll(rest, l.builder.Full)
		rest = rest[n:]
		l.markDirty(r)
		if l.builder.Full() {
			l.send(delivering, fail)
		}
	}
	var omitted int64
	for i := range l.chunk.Records {
		if l.chunk.Records[i].Omitted {
			omitted++
			continue
		}
		bytes += int64(len(l.chunk.Records[i].Text)) + 1
	}
	l.p.omitted.Add(omitted)
	l.p.lines.Add(int64(len(l.chunk.Records)) - omitted)
	l.p.read.Add(bytes)
	switch progress {
	case input.More:
		l.announce(r.stream)
	case input.Ended:
		r.norm.Flush()
		l.markDirty(r)
		l.forget(r)
	}
	l.judge(r, progress == input.Ended)
	// A held line waits while nothing comes in, not while nothing is read: release
	// makes that difference. It is noted even where more is to come, for flushPredecessor.
	if hold := r.norm.Held(); hold > 0 {
		l.hold(r, time.Now().Add(hold))
	}
}

// forget drops a reader whose stream has ended.
func (l *lane) forget(r *reader) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.readers, r.stream)
	source := r.stream.Source()
	if l.sources[source]--; l.sources[source] == 0 {
		delete(l.sources, source)
	}
}

func (l *lane) open(r *reader) {
	at, carry := r.stream.Start()
	enc := l.p.cfg.Encode(r.stream)
	r.norm = l.p.cfg.Normalizer(r.stream, at, carry, func(ev *sourcetypes.Event) {
		l.builder.Add(enc, ev)
	})
}

// markDirty notes that the batch being built moves r's position: it holds events of r,
// or lines of r were dropped.
func (l *lane) markDirty(r *reader) {
	if !r.dirty {
		r.dirty = true
		l.dirty = append(l.dirty, r)
	}
	if l.due.IsZero() {
		l.due = time.Now().Add(l.p.cfg.Delay)
	}
}

// hold notes that the lines that r holds are flushed at the time until.
func (l *lane) hold(r *reader, until time.Time) {
	r.until = until
	if !r.holding {
		r.holding = true
		l.holding = append(l.holding, r)
	}
	if l.holdDue.IsZero() || until.Before(l.holdDue) {
		l.holdDue = until
	}
}

// flushPredecessor flushes the lines held of other streams of r's source: the last line
// of a rotated file comes before the first one of its successor.
func (l *lane) flushPredecessor(r *reader) {
	if !l.shared(r.stream.Source()) {
		return
	}
	for _, h := range l.holding {
		if h != r && h.norm.Held() > 0 && h.stream.Source() == r.stream.Source() {
			h.norm.Flush()
			l.markDirty(h)
		}
	}
}

// shared reports whether a source has several readers.
func (l *lane) shared(source string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sources[source] > 1
}

// release flushes the lines that were held long enough.
func (l *lane) release(now time.Time) {
	l.holdDue = time.Time{}
	kept := l.holding[:0]
	for _, r := range l.holding {
		switch {
		case r.norm.Held() == 0, r.until.After(now):
		case l.isQueued(r):
			r.until = now.Add(holdAgain)
		default:
			r.norm.FlushDue()
			l.markDirty(r)
			r.until = now.Add(r.norm.Held()) // the rest of a crash, which may take longer
		}
		if r.holding = r.norm.Held() > 0; !r.holding {
			continue
		}
		kept = append(kept, r)
		if l.holdDue.IsZero() || r.until.Before(l.holdDue) {
			l.holdDue = r.until
		}
	}
	clear(l.holding[len(kept):])
	l.holding = kept
}

// holdAgain is how long lines stay held whose stream is about to be read: what comes may
// continue them.
const holdAgain = 10 * time.Millisecond

// isQueued reports whether r waits to be read.
func (l *lane) isQueued(r *reader) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return r.queued
}

// finish sends what is left after the last read; whole: there is no more to read.
func (l *lane) finish(delivering context.Context, fail func(error), whole bool) {
	l.mu.Lock()
	readers := l.readers
	l.readers = map[input.Stream]*reader{}
	l.mu.Unlock()
	for _, r := range readers {
		if r.norm != nil && r.norm.Held() > 0 {
			r.norm.Flush()
			l.markDirty(r)
		}
		if r.norm != nil && whole {
			l.judge(r, true)
		}
	}
	l.send(delivering, fail)
}
