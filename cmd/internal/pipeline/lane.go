package pipeline

import (
	"context"
	"errors"
	"sync"
	"time"

	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// chunkSize is how much of a stream is read at a time.
const chunkSize = 256 << 10

// lane reads its streams in turn and sends one batch after the other. Its
// fields belong to run but for the queue.
type lane struct {
	p *Pipeline

	mu      sync.Mutex
	readers map[input.Stream]*reader // guarded by mu
	queue   []*reader                // with something to read; guarded by mu
	sources map[string]int           // how many readers each has; guarded by mu
	wake    chan struct{}

	chunk   input.Chunk
	builder *batch.Builder
	due     time.Time // when the batch being built is to be sent; zero: nothing in it
	touched []*reader // read from since the last batch was taken

	holding []*reader // with lines held for their continuation
	holdDue time.Time // when to look at them next

	doing    activity
	before   spent // the pipeline's time when the last batch was taken
	patience patience

	answered <-chan struct{} // closed once the batch under way is; nil: none is
	sending  sync.WaitGroup
}

// reader is one stream being read, with what turns it into events.
type reader struct {
	stream input.Stream
	norm   *sourcetypes.Normalizer
	ledger *ledger

	queued  bool // guarded by lane.mu
	touched bool
	holding bool
	judged  bool
	until   time.Time // how long what is held may wait
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

// next takes the reader that has waited longest, or nil.
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
			l.take(delivering, r, fail)
		} else if !l.idle(reading, finished) {
			break
		}
		l.tick(delivering, fail)
	}
	l.drain(delivering, finished, fail)
	l.finish(delivering, fail, reading.Err() == nil)
	l.sending.Wait()
}

// drain reads what cannot be read again, once its source has ended it.
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
			l.take(delivering, r, fail)
		}
	}
}

// turn notes that the lane does something else from now on.
func (l *lane) turn(to activity) {
	l.p.timesheet.change(l.doing, to)
	l.doing = to
}

// idle waits for something to do; false: there will be nothing more.
func (l *lane) idle(reading context.Context, finished <-chan struct{}) bool {
	l.turn(resting)
	defer l.turn(working)
	var timeout <-chan time.Time
	if at := l.alarm(); !at.IsZero() {
		timer := time.NewTimer(time.Until(at))
		defer timer.Stop()
		timeout = timer.C
	}
	// A batch that is due goes as soon as the one before it is answered.
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

// alarm is when something has to happen next; zero: never by itself.
func (l *lane) alarm() time.Time {
	at := l.holdDue
	if due := l.due; !due.IsZero() && (at.IsZero() || due.Before(at)) {
		if time.Now().Before(due) || l.clear() {
			return due
		}
	}
	return at
}

// tick does what the time asks for.
func (l *lane) tick(delivering context.Context, fail func(error)) {
	if l.due.IsZero() && l.holdDue.IsZero() {
		return
	}
	now := time.Now()
	if !l.holdDue.IsZero() && !now.Before(l.holdDue) {
		l.release(now)
	}
	if l.builder.Full() || !l.due.IsZero() && !now.Before(l.due) && l.clear() {
		l.send(delivering, fail)
	}
}

// clear reports whether no batch is under way unanswered.
func (l *lane) clear() bool {
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

// take reads one chunk of a stream into the batch, sending whenever it is full.
func (l *lane) take(delivering context.Context, r *reader, fail func(error)) {
	if r.norm == nil {
		l.open(r)
	}
	progress := r.stream.Read(&l.chunk)
	if len(l.chunk.Records) > 0 && len(l.holding) > 0 {
		l.overtake(r)
	}
	var bytes int64
	for rest := l.chunk.Records; len(rest) > 0; {
		n := r.norm.AddAll(rest, l.builder.Full)
		rest = rest[n:]
		l.touch(r)
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
		l.touch(r)
		l.forget(r)
	}
	l.judge(r, progress == input.Ended)
	// What may be continued waits for the time that nothing comes, not for the
	// time that nothing is read: release sees to that. It is noted even where
	// more is to come, for overtake.
	if hold := r.norm.Held(); hold > 0 {
		l.hold(r, time.Now().Add(hold))
	}
}

// forget drops a reader that has come to its end.
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
	r.norm = sourcetypes.NewNormalizer(l.p.cfg.Normalize, at, carry, func(ev *sourcetypes.Event) {
		l.builder.Add(enc, ev)
	})
}

// touch notes that the batch being built holds something of r, or moves it on.
func (l *lane) touch(r *reader) {
	if !r.touched {
		r.touched = true
		l.touched = append(l.touched, r)
	}
	if l.due.IsZero() {
		l.due = time.Now().Add(l.p.cfg.Delay)
	}
}

// hold sees to it that what r holds is let go in time.
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

// overtake lets go of what was held of streams that r follows: the last line of
// a rotated file comes before the first one of its successor.
func (l *lane) overtake(r *reader) {
	if !l.shared(r.stream.Source()) {
		return
	}
	for _, h := range l.holding {
		if h != r && h.norm.Held() > 0 && h.stream.Source() == r.stream.Source() {
			h.norm.Flush()
			l.touch(h)
		}
	}
}

// shared reports whether several readers have a source.
func (l *lane) shared(source string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sources[source] > 1
}

// release lets go of what was held long enough.
func (l *lane) release(now time.Time) {
	l.holdDue = time.Time{}
	kept := l.holding[:0]
	for _, r := range l.holding {
		switch {
		case r.norm.Held() == 0, r.until.After(now):
		case l.waits(r):
			r.until = now.Add(holdAgain)
		default:
			r.norm.FlushDue()
			l.touch(r)
			r.until = now.Add(r.norm.Held()) // of a crash, which may take longer
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

// holdAgain is when a reader is looked at again that is about to be read.
const holdAgain = 10 * time.Millisecond

// waits reports whether r has something to read.
func (l *lane) waits(r *reader) bool {
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
			l.touch(r)
		}
		if r.norm != nil && whole {
			l.judge(r, true)
		}
	}
	l.send(delivering, fail)
}

// batchCost is what a batch on its way takes besides its bytes: a request, a
// goroutine, its marks.
const batchCost = 8 << 10

// send takes the batch and starts its delivery, after the one before it is
// answered: one unanswered batch at a time keeps the order. Once delivering has
// ended it sends nothing, and what was in the batch stays uncommitted.
func (l *lane) send(delivering context.Context, fail func(error)) {
	b, marks := l.builder.TakeAt(l.level()), l.enter()
	l.due = time.Time{}
	if b.Len() == 0 {
		// Nothing to send, but lines were dropped or merged: they count once
		// what stands before them is delivered.
		settle(marks)
		return
	}
	bytes := int64(len(b.Body)+4*len(b.Ends)) + batchCost
	l.turn(waiting)
	sendable := l.await(delivering) && l.p.room.take(delivering, bytes) == nil
	l.turn(working)
	if !sendable {
		l.p.undelivered.Add(int64(b.Len()))
		return
	}
	l.answered = b.Done()
	l.sending.Go(func() {
		defer l.p.room.give(bytes)
		err := l.p.cfg.Sink.Deliver(delivering, b)
		if err == nil {
			settle(marks)
			return
		}
		var pending *hec.PendingError
		if errors.As(err, &pending) && l.p.cfg.Suspend != nil {
			l.p.suspend(marks, pending.Receipts)
			return
		}
		l.p.undelivered.Add(int64(b.Len()))
		if delivering.Err() == nil {
			fail(err)
		}
	})
}

// level is how hard the batch being taken is compressed.
func (l *lane) level() batch.Level {
	if l.p.cfg.Compress != Adapt {
		return l.p.cfg.Compress.standard()
	}
	now := l.p.timesheet.read()
	since := now.minus(l.before)
	l.before = now
	l.patience.note(since)
	return chooseLevel(l.builder.Full(), l.patience.slowReceiver(), since)
}

// await waits until the batch under way is answered; false: it will not be.
func (l *lane) await(delivering context.Context) bool {
	if l.answered == nil {
		return true
	}
	select {
	case <-l.answered:
		l.answered = nil
		return true
	case <-delivering.Done():
		return false
	}
}

// enter marks how far the batch just taken reaches into each stream. Also where
// that is no further than before, as while a crash is held on another output: no
// later batch may count without this one.
func (l *lane) enter() (marks []*mark) {
	batch := l.p.batches.Add(1)
	for _, r := range l.touched {
		r.touched = false
		next, carry := r.norm.Resume()
		marks = append(marks, r.ledger.enter(batch, next, carry))
	}
	clear(l.touched)
	l.touched = l.touched[:0]
	return marks
}
