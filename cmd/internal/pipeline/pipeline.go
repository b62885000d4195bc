// Package pipeline is the pipeline that both executables run: streams are read by
// lanes, normalized, batched and handed to a sink, and a position is committed
// once all that stands before it is delivered.
//
// It is the only place that decides what runs at the same time as what. It
// reads nothing ahead: while a sink does not take a batch, its lane reads no more.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// Sink is where batches go.
type Sink interface {
	// Deliver blocks until the batch is the receiver's responsibility and
	// returns nil, or an error if that did not come about before ctx ended or
	// cannot come about at all. It calls b.Answered once the next batch of the
	// same lane may follow without overtaking this one.
	Deliver(ctx context.Context, b *batch.Batch) error
}

// Config is what a Pipeline needs; all of it is required but the zero of Lanes,
// which is DefaultLanes.
type Config struct {
	Sources   []input.Source
	Normalize *sourcetypes.Options
	Encode    func(input.Stream) batch.Encoder
	Compress  Compression
	Sink      Sink

	// Suspend is called at the end of a Run for each batch that it leaves
	// answered but not acknowledged, in their order. The commits it is to make
	// count only if every receipt is honoured in a later run, and those of a
	// stream before them do. nil: they are not made.
	Suspend func(receipts []hec.Receipt, commit func()) error

	// Strange is told, once for each source, that nothing of it looks like
	// Ollama's log. nil: nobody is.
	Strange func(source string, r sourcetypes.Recognition)

	Lanes  int
	Limits batch.Limits
	Delay  time.Duration // how long an event waits for others
	Drain  time.Duration // how long delivery goes on after a stop

	Log *slog.Logger
}

// DefaultLanes is how many batches are on their way at once.
const DefaultLanes = 4

// outstandingMax bounds the bytes of the batches that were sent and are not yet
// delivered, over all lanes.
const outstandingMax = 16 << 20

// Pipeline ships the events of its sources. Use it for one Run.
type Pipeline struct {
	cfg   Config
	lanes []*lane
	room  *room

	encoders  batch.Encoders
	timesheet *timesheet

	lines, read atomic.Int64
	batches     atomic.Uint64
	undelivered atomic.Int64
	omitted     atomic.Int64
	judged      sync.Map // of sources, that Strange need not be told any more

	mu        sync.Mutex
	suspended map[*ledger]bool // with receipts; guarded by mu
}

// New returns a pipeline.
func New(cfg Config) *Pipeline {
	if cfg.Lanes == 0 {
		cfg.Lanes = DefaultLanes
	}
	p := &Pipeline{cfg: cfg, room: newRoom(outstandingMax), suspended: map[*ledger]bool{}}
	p.timesheet = newTimesheet(cfg.Lanes)
	for range cfg.Lanes {
		p.lanes = append(p.lanes, newLane(p))
	}
	return p
}

// errDrained ends deliveries that took longer than they may after a stop.
var errDrained = errors.New("drain time is over")

// Run ships until every source has come to its end, ctx ends or the sink gives
// up. When ctx ends it reads no more and delivers what was read, for at most
// Drain. It returns nil unless a source or the sink failed for good; what was
// not delivered stays uncommitted.
func (p *Pipeline) Run(ctx context.Context) error {
	reading, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	delivering, abort := context.WithCancelCause(context.WithoutCancel(ctx))
	defer abort(nil)
	fail := func(err error) {
		stop(err)
		abort(err) // the other lanes would meet the same
	}

	finished := make(chan struct{}) // every source has come to its end
	go func() {
		defer close(finished)
		p.find(reading, stop)
	}()
	drained := make(chan struct{})
	defer close(drained)
	context.AfterFunc(reading, func() {
		select {
		case <-time.After(p.cfg.Drain):
			abort(errDrained)
		case <-drained:
		}
	})
	var lanes sync.WaitGroup
	for _, l := range p.lanes {
		lanes.Go(func() { l.run(reading, delivering, finished, fail) })
	}
	lanes.Wait()
	stop(nil)
	<-finished
	p.commitSuspended()
	err := context.Cause(reading)
	if errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)) {
		return nil // every source has ended, or we were told to
	}
	return err
}

// suspend notes that the batch of marks was answered and not acknowledged.
func (p *Pipeline) suspend(marks []*mark, receipts []hec.Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range marks {
		m.suspend(receipts)
		p.suspended[m.ledger] = true
	}
}

// commitSuspended commits what was answered, batch by batch, under the condition
// that it is acknowledged after all.
func (p *Pipeline) commitSuspended() {
	if p.cfg.Suspend == nil {
		return
	}
	batches := map[uint64][]*mark{} // one of several streams is in the ledger of each
	for l := range p.suspended {
		for _, m := range l.answered() {
			batches[m.batch] = append(batches[m.batch], m)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(batches)) {
		marks := batches[n]
		err := p.cfg.Suspend(marks[0].receipts, func() {
			for _, m := range marks {
				m.ledger.stream.Commit(m.next, m.carry)
			}
		})
		if err != nil {
			p.cfg.Log.Warn("what was not acknowledged will be sent again", "error", err)
			return
		}
	}
}

// find runs the sources until all have ended. One that fails ends the others.
func (p *Pipeline) find(ctx context.Context, stop func(error)) {
	var sources sync.WaitGroup
	for _, s := range p.cfg.Sources {
		sources.Go(func() {
			if err := s.Run(ctx, p.ready); err != nil {
				stop(fmt.Errorf("source: %w", err))
			}
		})
	}
	sources.Wait()
}

// ready queues a stream in its lane. Streams of one Source share a lane, so
// that a rotated file and its successor stay in order.
func (p *Pipeline) ready(s input.Stream) {
	h := fnv.New32a()
	h.Write([]byte(s.Source()))
	p.lanes[h.Sum32()%uint32(len(p.lanes))].announce(s)
}

// Progress is what was read so far.
type Progress struct {
	Lines, Bytes int64
	Waiting      int64 // bytes sent and not yet delivered, after gzip
	Undelivered  int64 // events given up when delivery ended
	Omitted      int64 // lines left out: other programs' in the same log
}

// Progress returns what was read so far.
func (p *Pipeline) Progress() Progress {
	return Progress{p.lines.Load(), p.read.Load(), p.room.used(), p.undelivered.Load(), p.omitted.Load()}
}
