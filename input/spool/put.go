package spool

import (
	"errors"
	"fmt"
	"os"
	"time"

	"ollama-hec/input/statedir"
)

// again is how long nothing is written after an error.
const again = time.Second

// calm is how long everything must have found room before that is said. Of a spool that is nearly full
// there is room for small records and none for large ones.
const calm = 5 * time.Second

// put writes n lines to the open segment, or to a new one, and reports whether all of them were
// written.
func (w *Writer) put(lines []byte, n int64, now time.Time) bool {
	if now.Before(w.again) {
		return false
	}
	if !w.hasRoom(int64(len(lines)), now) {
		w.say(
			fmt.Sprintf("the spool is full: it may hold %d bytes", w.options.Bytes),
			"requests are counted and not kept until the shipper has delivered what is there; see whether it runs, or raise SPOOL_BYTES",
			now,
		)
		return false
	}
	if s := w.segment; s != nil && (s.size+int64(len(lines)) > w.limit || now.Sub(s.born) >= segmentAge) && s.size > 0 {
		w.end()
	}
	if w.segment == nil {
		if err := w.begin(now); err != nil {
			w.failed(err, now)
			return false
		}
	}
	s := w.segment
	if _, err := s.file.Write(lines); err != nil {
		w.cut(err)
		w.failed(err, now)
		return false
	}
	s.size, s.dirty = s.size+int64(len(lines)), true
	w.used += int64(len(lines))
	if w.complain != "" && now.Sub(w.refused) >= calm {
		w.complain = ""
		w.options.Log.Info("the spool can be written again")
	}
	w.mu.Lock()
	w.stats.Records, w.stats.Bytes = w.stats.Records+n, w.stats.Bytes+int64(len(lines))
	w.mu.Unlock()
	return true
}

// hasRoom reports whether the spool may take that many more bytes.
func (w *Writer) hasRoom(more int64, now time.Time) bool {
	if w.counted.IsZero() || w.used+more > w.options.Bytes && now.Sub(w.counted) >= again {
		w.count(now)
	}
	return w.used+more <= w.options.Bytes
}

// count counts the bytes of the segments again, because the shipper deletes some.
func (w *Writer) count(now time.Time) {
	if bytes, _, err := used(w.dir.Load()); err == nil {
		w.used = bytes
	}
	w.counted = now
}

// begin makes the next segment. It is locked before it has a byte.
func (w *Writer) begin(now time.Time) error {
	name := segmentName{w.options.Writer, w.number + 1}.String()
	f, err := w.dir.Load().OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND)
	if err != nil {
		return err
	}
	if err := statedir.Lock(f, true); err != nil {
		return errors.Join(err, f.Close(), w.dir.Load().Remove(name))
	}
	w.number++
	w.keep()
	w.segment = &segment{file: f, born: now}
	return w.dir.Load().Sync()
}

// end closes the open segment: nothing is written to it any more.
func (w *Writer) end() {
	if w.segment == nil {
		return
	}
	w.sync()
	if w.segment != nil {
		if err := w.segment.file.Close(); err != nil {
			w.failed(err, time.Now())
		}
	}
	w.segment = nil
}

// cut takes away what was written of a line, after an error. A segment that fills a disk is closed: once
// it is delivered it can be deleted, which makes room.
func (w *Writer) cut(err error) {
	const large = 64 << 10 // of small ones there would be one a second
	switch s := w.segment; {
	case s.file.Truncate(s.size) != nil || s.size == 0:
		w.abandon()
	case statedir.Full(err) && s.size >= large:
		w.end()
	}
}

// abandon closes a segment that cannot be written any more, and deletes it if it is empty.
func (w *Writer) abandon() {
	s := w.segment
	w.segment = nil
	_ = s.file.Close() // what is wrong with it is known
	if s.size == 0 {
		_ = w.dir.Load().Remove(segmentName{w.options.Writer, w.number}.String()) // else the next start does
	}
}

// sync makes what was written survive a power cut.
func (w *Writer) sync() {
	s := w.segment
	if s == nil || !s.dirty {
		return
	}
	s.dirty = false
	if err := s.file.Sync(); err != nil {
		w.failed(err, time.Now())
	}
}

// failed notes an error, after which nothing is written for a while.
func (w *Writer) failed(err error, now time.Time) {
	w.again = now.Add(again)
	hint := "requests are counted and not kept until then; see what is wrong with the disk of STATE_DIR"
	if statedir.Full(err) {
		hint = "requests are counted and not kept until there is room on the disk of STATE_DIR"
	}
	w.say("the spool cannot be written: "+err.Error(), hint, now)
}

// say logs a problem once.
func (w *Writer) say(problem, hint string, now time.Time) {
	w.refused = now
	if w.complain == "" {
		w.options.Log.Warn(problem, "hint", hint)
	}
	w.complain = problem
}
