package spool

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input/statedir"
)

const (
	segmentBytes = 16 << 20 // a segment is closed once it has as many
	segmentAge   = time.Minute
	syncEvery    = time.Second
	chunkBytes   = 256 << 10 // of lines are written at a time, about
)

// Options are the options of a Writer.
type Options struct {
	State   string // the state directory
	Writer  string // who writes: capture, proxy
	Bytes   int64  // the most that the spool may hold
	Started Record // the first record of this process
	Log     *slog.Logger
}

// Writer writes records to segments of its own. Emit takes records at any rate and never blocks:
// records for which the disk or SPOOL_BYTES has no room are counted, and reported in a record as
// soon as one can be written again.
type Writer struct {
	options Options
	dir     atomic.Pointer[statedir.Dir]
	lock    *os.File // owned by run, once it runs
	queue   *queue
	stop    chan struct{}
	stopped chan struct{}

	// All below is owned by run.

	segment  *segment // nil: none is open
	number   uint64   // of the last segment
	limit    int64    // bytes of a segment
	started  bool     // the first record is written
	losses   losses
	kept     Losses   // of losses, those that the next writer is left
	records  []Record // scratch
	buf      []byte   // scratch
	used     int64    // bytes of all segments, as last counted and written since
	counted  time.Time
	again    time.Time // after an error nothing is written before
	complain string    // the error that was last logged
	refused  time.Time // when something was last not written

	mu    sync.Mutex
	stats Stats // guarded by mu
}

// Stats are the counts of a Writer.
type Stats struct {
	Records  int64  // written
	Bytes    int64  // of these
	Lost     Losses // not written
	Held     int64  // bytes of all segments that are there
	Problem  string // why nothing can be written now; empty: it can
	Segments uint64 // begun
}

// segment is the file being written.
type segment struct {
	file  *os.File
	size  int64
	born  time.Time
	dirty bool // written to since it was last synced
}

// Open opens the spool of a state directory for a writer. Its errors name the setting.
func Open(o Options) (*Writer, error) {
	w := &Writer{options: o, queue: newQueue(), stop: make(chan struct{}), stopped: make(chan struct{})}
	w.limit = min(segmentBytes, max(o.Bytes/4, 1))
	dir, err := openDir(o.State)
	if err != nil {
		return nil, unusable(o.State, err)
	}
	w.dir.Store(dir)
	if w.lock, err = lockFor(dir, o.Writer); err != nil {
		dir.Close()
		if errors.Is(err, statedir.ErrLocked) {
			return nil, fmt.Errorf(
				"the spool in %s is in use by another ollama-hec %s; stop that one, or set STATE_DIR to another directory",
				Path(o.State),
				o.Writer,
			)
		}
		return nil, unusable(o.State, err)
	}
	before := readMemo(w.lock)
	w.losses.untold, w.losses.since, w.kept = before.untold, before.since, before.untold
	w.number, err = lastNumber(dir, o.Writer, before.number)
	if err == nil {
		err = sweep(dir, o.Writer)
	}
	if err == nil {
		err = w.tag()
	}
	if err != nil {
		return nil, errors.Join(unusable(o.State, err), w.lock.Close(), dir.Close())
	}
	w.write(time.Now()) // the first record, so that a gap shows even if nothing follows
	go w.run()
	return w, nil
}

// tag marks the directory; a full disk may wait.
func (w *Writer) tag() error {
	if err := tag(w.dir.Load()); err != nil && !statedir.Full(err) {
		return err
	}
	return nil
}

func unusable(state string, err error) error {
	if refused := (*statedir.RefusedError)(nil); errors.As(err, &refused) {
		return fmt.Errorf("spool in STATE_DIR=%s is refused: %w", state, err)
	}
	return fmt.Errorf(
		"spool in STATE_DIR=%s cannot be used: %w; let this user write to it or set STATE_DIR to another directory",
		state,
		err,
	)
}

// Emit hands over a record to be written. It never blocks. The record's event must not be
// changed afterwards.
func (w *Writer) Emit(r Record) { w.queue.add(r) }

// Stats returns the counts so far.
func (w *Writer) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// Close writes the records that wait and unlocks the spool. Nothing may be emitted any more.
func (w *Writer) Close() error {
	close(w.stop)
	<-w.stopped
	return errors.Join(w.lock.Close(), w.dir.Load().Close())
}

// run writes until Close.
func (w *Writer) run() {
	defer close(w.stopped)
	tick := time.NewTicker(syncEvery)
	defer tick.Stop()
	for {
		select {
		case <-w.queue.wake:
			w.write(time.Now())
		case <-tick.C:
			w.tick(time.Now())
		case <-w.stop:
			w.losses.told, w.again = time.Time{}, time.Time{} // there is no later
			w.write(time.Now())
			w.end()
			w.keep()
			w.note()
			return
		}
	}
}

// tick does what is due once a second.
func (w *Writer) tick(now time.Time) {
	if w.gone() {
		w.anew(now)
	}
	if w.segment != nil && now.Sub(w.segment.born) >= segmentAge {
		w.end()
	}
	if w.losses.due(now) || !w.started || now.Sub(w.counted) >= tellEvery {
		w.count(now)
		w.write(now)
	}
	if w.kept != w.losses.untold {
		w.keep()
	}
	w.sync()
}

// keep leaves the next writer of this name what it has to know.
func (w *Writer) keep() {
	memo{w.number, w.losses.untold, w.losses.since}.write(w.lock)
	w.kept = w.losses.untold
}

// write writes what waits.
func (w *Writer) write(now time.Time) {
	records, overflow := w.queue.take(w.records)
	w.records = records
	w.losses.add(Losses{Queue: overflow}, now)
	if !w.started && w.put(w.options.Started.AppendLine(nil), 1, now) {
		w.started = true
	}
	if w.losses.due(now) {
		r := w.losses.record(w.options.Writer, now)
		if w.put(r.AppendLine(nil), 1, now) {
			w.losses.said(now)
			w.keep()
		}
	}
	buf, n := w.buf[:0], int64(0)
	for i := range records {
		buf = records[i].AppendLine(buf)
		if n++; len(buf) >= chunkBytes || i == len(records)-1 {
			w.putAll(buf, n, now)
			buf, n = buf[:0], 0
		}
	}
	if w.buf = buf; cap(buf) > 4*chunkBytes {
		w.buf = nil
	}
	w.note()
}

// putAll writes lines, or counts them.
func (w *Writer) putAll(lines []byte, n int64, now time.Time) {
	if w.put(lines, n, now) {
		return
	}
	lost := Losses{Full: n}
	if now.Before(w.again) {
		lost = Losses{Disk: n}
	}
	w.losses.add(lost, now)
}

// note updates what Stats returns.
func (w *Writer) note() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Lost, w.stats.Held, w.stats.Problem = w.losses.all, w.used, w.complain
	w.stats.Segments = w.number
}
