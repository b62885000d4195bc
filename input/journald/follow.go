package journald

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"ollama-hec/input"
)

// follower keeps a journalctl running and passes its lines to a stream.
type follower struct {
	stream *stream
	ready  func(input.Stream)
	log    *slog.Logger
	// fromEnd: in a journal never seen before, the entries that are there now are skipped.
	fromEnd bool

	cursor  []byte   // of the last entry handed on, by this run or an earlier one
	at      run      // its place within its microsecond
	meeting *meeting // finds that entry again after a start; nil once it is found
	copies  copies
	tail    []byte // the beginning of a line whose end has not come yet
	long    *trim  // used instead of tail once the line is long
	said    string // the last failure logged
}

var (
	errStartOver = errors.New("the journal does not hold the entry read last, nor a later one")
	errStopped   = errors.New("stopped reading")
)

const (
	pauseMin = 250 * time.Millisecond
	pauseMax = 10 * time.Second
	// steady is how long journalctl must run until its next end is logged again.
	steady = time.Minute
)

// run restarts journalctl after the last entry read whenever it ends. It
// returns nil when ctx ends or, reading once, at the journal's end.
func (f *follower) run(ctx context.Context) error {
	j := f.stream.journal
	f.cursor, f.at = []byte(f.stream.start.Cursor), f.stream.start.run
	f.fromEnd = f.fromEnd && len(f.cursor) == 0 && !j.Store.Damaged()
	pause := pauseMin
	for {
		began := time.Now()
		err := f.attempt(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, errStartOver):
			f.startOver()
			continue
		case errors.Is(err, errNoMerge) && j.merge.Swap(false):
			continue
		case final(err):
			return err
		case j.Once && err == nil:
			f.stream.end()
			f.ready(f.stream)
			return nil
		case j.Once:
			return err
		}
		if time.Since(began) > steady {
			pause, f.said = pauseMin, ""
		}
		f.restarting(err)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, pauseMax)
	}
}

func (f *follower) restarting(err error) {
	f.stream.journal.stats.restarts.Add(1)
	if err == nil {
		err = errors.New("it ended by itself")
	}
	if err.Error() != f.said {
		f.log.Warn("journalctl ended, starting it again after the last entry read", "source", f.stream.Source(), "error", err,
			"hint", "nothing is lost while the journal keeps its entries; if it stays so run journalctl by hand")
		f.said = err.Error()
	}
}

// skipToEnd makes the newest entry the one to go on after, now and after a
// restart.
func (f *follower) skipToEnd(ctx context.Context) error {
	j := f.stream.journal
	cursor, err := j.query(f.stream.host).first(ctx, "--lines=1")
	if err != nil {
		return err
	}
	if f.fromEnd = false; cursor != "" {
		f.cursor = []byte(cursor)
		j.save(f.stream, checkpoint{Cursor: cursor})
	}
	return nil
}

// startOver reads from the beginning what was not read before, as far as the journal's own
// numbering shows that.
func (f *follower) startOver() {
	f.lost("the journal was replaced, emptied or its clock set back: everything it holds is read",
		"last", when(f.cursor), "hint", "lines it held before may be missing, if they were not read yet")
	s := f.stream
	s.mu.Lock()
	s.floor = bytes.Clone(f.cursor)
	s.mu.Unlock()
	f.cursor, f.at = nil, run{}
}

func (f *follower) lost(message string, args ...any) {
	f.stream.journal.stats.lost.Add(1)
	f.stream.forgetSkip()
	f.log.Warn(message, append([]any{"source", f.stream.Source()}, args...)...)
}

func when(cursor []byte) time.Time {
	return time.UnixMicro(parseCursor(cursor).micros()).UTC()
}

// attempt runs one journalctl until it ends.
func (f *follower) attempt(ctx context.Context) error {
	j := f.stream.journal
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if f.fromEnd {
		if err := f.skipToEnd(ctx); err != nil {
			return err
		}
	}
	args := []string{"--output=json", "--all"}
	if !j.Once {
		args = append(args, "--follow", "--no-tail")
	}
	if j.selects {
		args = append(args, "--output-fields="+fields)
	}
	f.copies, f.meeting, f.tail, f.long = copies{}, nil, f.tail[:0], nil
	if len(f.cursor) > 0 {
		args = append(args, "--cursor="+f.at.seek(string(f.cursor)))
		f.meeting = newMeeting(string(f.cursor), f.at)
	}
	p, err := j.query(f.stream.host).start(ctx, f.log, args...)
	if err != nil {
		return err
	}
	err = f.pump(ctx, p.out)
	if err == nil && j.Once {
		err = f.settle(ctx)
	}
	if err != nil {
		cancel()
	}
	ended := p.wait()
	switch {
	case p.remarks.has("Failed to seek to cursor"):
		return errStartOver
	case err != nil && !errors.Is(err, errStopped):
		return err
	case ended == nil && j.Once && f.meeting != nil:
		return errStartOver
	}
	return ended
}

// patience is how long the first entry may take to come before the journal is
// asked whether it still has it.
const patience = 5 * time.Second

// pump reads until journalctl ends. It stops reading while the stream is not read.
func (f *follower) pump(ctx context.Context, out *os.File) error {
	if f.meeting != nil && !f.stream.journal.Once {
		_ = out.SetReadDeadline(time.Now().Add(patience)) // a pipe takes one
	}
	buf := make([]byte, 64<<10)
	for {
		n, err := out.Read(buf)
		if n > 0 {
			if err := f.take(ctx, buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			_ = out.SetReadDeadline(time.Time{})
			if err := f.settle(ctx); err != nil {
				return err
			}
			if err := f.verify(ctx); err != nil {
				return err
			}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("read from journalctl: %w", err)
		}
	}
}

// verify returns an error if the journal has nothing at or after the expected entry.
func (f *follower) verify(ctx context.Context) error {
	if f.meeting == nil {
		return nil
	}
	found, err := f.stream.journal.query(f.stream.host).first(ctx, "--cursor="+f.at.seek(string(f.cursor)))
	if err == nil && found == "" {
		return errStartOver
	}
	return nil // journalctl is slow, or says itself what is wrong
}

// take splits what came into whole lines.
func (f *follower) take(ctx context.Context, piece []byte) error {
	end := bytes.IndexByte(piece, '\n') + 1
	if end == 0 {
		f.keep(piece)
		return nil
	}
	if len(f.tail) > 0 || f.long != nil {
		f.keep(piece[:end-1])
		line := f.tail
		if f.long != nil {
			line = f.long.line()
		}
		line = append(line, '\n')
		f.tail, f.long = f.tail[:0], nil
		if err := f.hand(ctx, line); err != nil {
			return err
		}
		piece = piece[end:]
	}
	end = bytes.LastIndexByte(piece, '\n') + 1
	f.keep(piece[end:])
	return f.hand(ctx, piece[:end])
}

// longLine is the length from which a line is trimmed while it comes.
const longLine = 128 << 10

func (f *follower) keep(piece []byte) {
	if f.long == nil && len(f.tail)+len(piece) > longLine {
		f.long = &trim{limit: f.stream.journal.maxLine + 1}
		f.long.write(f.tail)
		f.tail = nil
	}
	if f.long != nil {
		f.long.write(piece)
		return
	}
	f.tail = append(f.tail, piece...)
}

// hand gives what is new of whole lines to the stream, when it has room.
func (f *follower) hand(ctx context.Context, lines []byte) error {
	return f.deliver(ctx, f.sift(lines))
}

func (f *follower) deliver(ctx context.Context, lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	s := f.stream
	began := time.Now()
	for !s.add(lines) {
		select {
		case <-s.room:
		case <-ctx.Done():
			return errStopped
		}
	}
	f.ready(s)
	if time.Since(began) > steady {
		f.checkStall(ctx)
	}
	return nil
}

// checkStall warns that entries may be missing if the journal was vacuumed, while nobody read,
// beyond the entry that journalctl had reached.
func (f *follower) checkStall(ctx context.Context) {
	found, err := f.stream.journal.query(f.stream.host).first(ctx, "--cursor="+string(f.cursor))
	if err == nil && !stillThere([]byte(found), f.cursor) {
		f.lost("while sending stalled the journal dropped what was to be read next: lines may be missing",
			"last", when(f.cursor), "hint", "let journald keep more: SystemMaxUse in journald.conf")
	}
}

// add takes lines over; false if there is no room now.
func (s *stream) add(lines []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.pending) > 0 && len(s.pending)+len(lines) > readSize {
		return false
	}
	s.pending = append(s.pending, lines...)
	return true
}

// end notes that nothing will follow.
func (s *stream) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
}
