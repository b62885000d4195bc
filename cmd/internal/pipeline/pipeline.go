// Package pipeline is the pipeline that both executables run: lanes read streams,
// normalize their lines, batch the events and hand the batches to a sink. A position
// in a stream is committed once every event before it is delivered.
//
// It is the only place that decides what runs concurrently. It reads nothing ahead:
// while the sink does not take a batch, its lane reads no more.
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
	// Deliver blocks until the receiver is responsible for the batch, and then returns
	// nil. It returns an error if ctx ends before that, or if the batch can never be
	// delivered. It calls b.Answered once the next batch of the same lane may follow
	// without overtaking this one.
	Deliver(ctx context.Context, b *batch.Batch) error
}

// Normalizer turns the records of one stream into events, as [sourcetypes.Normalizer] does,
// where its methods are explained.
type Normalizer interface {
	AddAll(records []input.Record, full func() bool) (taken int)
	Held() time.Duration
	FlushDue()
	Flush()
	Resume() (input.Position, input.Carry)
	Recognition() sourcetypes.Recognition
}

// NewNormalizer returns a Normalizer for a stream, to begin at a place in it. It hands each
// event to emit, in calls of its methods.
type NewNormalizer func(st input.Stream, at input.Position, c input.Carry, emit func(*sourcetypes.Event)) Normalizer

// OfLogs returns Normalizers of streams that are all logs.
func OfLogs(o *sourcetypes.Options) NewNormalizer {
	return func(_ input.Stream, at input.Position, c input.Carry, emit func(*sourcetypes.Event)) Normalizer {
		return sourcetypes.NewNormalizer(o, at, c, emit)
	}
}

// Config is what a Pipeline needs. All of it is required but Suspend, and Lanes, whose
// zero means DefaultLanes.
type Config struct {
	Sources []input.Source
	// Normalizer returns one for a stream.
	Normalizer NewNormalizer
	Encode     func(input.Stream) batch.Encoder
	Compress   Compression
	Sink       Sink

	// Suspend is called at the end of a Run, in order, for each batch that was answered
	// but not acknowledged. What commit commits counts only if a later run finds every
	// receipt acknowledged, and the stream's earlier commits count. nil: nothing of such
	// a batch is committed.
	Suspend func(receipts []hec.Receipt, commit func()) error

	// Strange is told, once for each source, that nothing of it looks like
	// Ollama's log. nil: nobody is.
	Strange func(source string, r sourcetypes.Recognition)

	Lanes  int
	Limits batch.Limits
	Delay  time.Duration // how long an event waits for others to share its batch
	Drain  time.Duration // how long delivery goes on after a stop

	Log *slog.Logger
}

// DefaultLanes is the number of lanes, and so of batches that wait for their answer at once.
const DefaultLanes = 4

// outstandingMax bounds the bytes of the batches that were sent and are not yet
// delivered, over all lanes.
const outstandingMax = 16 << 20

// Pipeline ships the events of its sources. Use it for one Run.
type Pipeline struct {
	cfg    Config
	lanes  []*lane
	budget *budget

	encoders  batch.Encoders
	timesheet *timesheet

	lines, read atomic.Int64 // read is in bytes
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
	p := &Pipeline{cfg: cfg, budget: newBudget(outstandingMax), suspended: map[*ledger]bool{}}
	p.timesheet = newTimesheet(cfg.Lanes)
	for range cfg.Lanes {
		p.lanes = append(p.lanes, newLane(p))
	}
	return p
}

// errDrained ends the deliveries that go on for longer than Drain after a stop.
var errDrained = errors.New("drain time is over")

// Run ships until every source has ended, ctx ends or the sink gives up. When ctx ends
// it reads no more, and goes on delivering what was read for at most Drain. It returns
// nil unless a source or the sink failed for good; what was not delivered stays
// uncommitted.
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
		p.runSources(reading, stop)
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

// suspend notes that the batch of these watermarks was answered but not acknowledged.
func (p *Pipeline) suspend(marks []*watermark, receipts []hec.Receipt) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range marks {
		m.suspend(receipts)
		p.suspended[m.ledger] = true
	}
}

// commitSuspended commits the batches that were answered, under the condition that they
// turn out to be acknowledged.
func (p *Pipeline) commitSuspended() {
	if p.cfg.Suspend == nil {
		return
	}
	batches := map[uint64][]*watermark{} // a batch of several streams has a watermark in the ledger of each
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
			p.cfg.Log.Warn("batches without acknowledgment will be sent again", "error", err,
				"hint", "make STATE_DIR writable, and make room there; some events may come twice")
			return
		}
	}
}

// runSources runs the sources until all have ended. If one fails it stops the others.
func (p *Pipeline) runSources(ctx context.Context, stop func(error)) {
	var sources sync.WaitGroup
	for _, s := range p.cfg.Sources {
		sources.Go(func() {
			if err := s.Run(ctx, p.announce); err != nil {
				stop(fmt.Errorf("source: %w", err))
			}
		})
	}
	sources.Wait()
}

// announce queues a stream in its lane. Streams of one Source share a lane, so
// that a rotated file and its successor stay in order.
func (p *Pipeline) announce(s input.Stream) {
	h := fnv.New32a()
	h.Write([]byte(s.Source()))
	p.lanes[h.Sum32()%uint32(len(p.lanes))].announce(s)
}

// Stats counts what a Pipeline has read, and what it could not deliver.
type Stats struct {
	Lines, Bytes int64
	Waiting      int64 // bytes sent and not yet delivered, after gzip
	Undelivered  int64 // events given up when delivery ended
	Omitted      int64 // lines left out: other programs' in the same log
}

// Stats returns the counts so far.
func (p *Pipeline) Stats() Stats {
	return Stats{p.lines.Load(), p.read.Load(), p.budget.used(), p.undelivered.Load(), p.omitted.Load()}
}
