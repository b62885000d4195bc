// Package logdedup keeps a log from repeating itself: the first of several equal records is
// written at once; its repeats within a window are counted and written as one record, with
// their number under the key repeated.
//
// Records are equal if level, message and every attribute are. Only repeats are held back,
// and every record is written or counted.
package logdedup

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"
)

const (
	// Window is how long repeats are counted.
	Window = 30 * time.Second

	// To bound memory, nothing is held back beyond recordsMax different records in a
	// window, and no record whose key is longer than keyMax.
	recordsMax = 256
	keyMax     = 4 << 10
)

// Handler is a slog.Handler that passes on the records that are no repeats.
type Handler struct {
	next slog.Handler
	with string // the attributes and groups of the handler, a part of each key
	said *said
}

// New returns a handler in front of next. Flush it at the end.
func New(next slog.Handler) *Handler {
	return &Handler{next: next, said: &said{records: make(map[string]*repeated)}}
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if h.said.repeats(h.key(r), r, h.next) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := []byte(h.with)
	for _, a := range attrs {
		with = appendAttr(with, a)
	}
	return &Handler{h.next.WithAttrs(attrs), string(with), h.said}
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{h.next.WithGroup(name), h.with + strconv.Quote(name) + "{", h.said}
}

// Flush writes the repeats counted so far, without waiting for the end of their windows.
func (h *Handler) Flush() { h.said.flush() }

// key returns all of a record but its time, as text.
func (h *Handler) key(r slog.Record) string {
	key := strconv.AppendInt(nil, int64(r.Level), 10)
	key = strconv.AppendQuote(key, r.Message)
	key = append(key, h.with...)
	r.Attrs(func(a slog.Attr) bool {
		key = appendAttr(key, a)
		return len(key) <= keyMax
	})
	return string(key)
}

func appendAttr(key []byte, a slog.Attr) []byte {
	key = strconv.AppendQuote(key, a.Key)
	return strconv.AppendQuote(append(key, '='), a.Value.Resolve().String())
}

// said holds the records written lately. All handlers derived from one share it.
type said struct {
	mu      sync.Mutex
	records map[string]*repeated // guarded by mu
	due     []*repeated          // the same records, in the order of until; guarded by mu
	timer   *time.Timer          // for the first of due; guarded by mu
}

// repeated is a record that was written, and its repeats.
type repeated struct {
	key   string
	until time.Time // the end of its window
	times int       // the repeats in the window
	last  slog.Record
	next  slog.Handler
}

// repeats reports whether a record repeats one of the window, and counts it if so.
func (s *said) repeats(key string, r slog.Record, next slog.Handler) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.records[key]; old != nil {
		old.times++
		old.last = r.Clone()
		return true
	}
	if len(s.records) < recordsMax && len(key) <= keyMax {
		s.beginLocked(&repeated{key: key, next: next})
	}
	return false
}

// beginLocked opens a window for r. s.mu is held.
func (s *said) beginLocked(r *repeated) {
	r.until, r.times, r.last = time.Now().Add(Window), 0, slog.Record{}
	s.records[r.key] = r
	s.due = append(s.due, r)
	if len(s.due) == 1 {
		s.timer = time.AfterFunc(Window, s.expire)
	}
}

// expire ends the windows that are over. A record that was repeated gets another one.
func (s *said) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	over := 0
	for now := time.Now(); over < len(s.due) && !s.due[over].until.After(now); over++ {
		r := s.due[over]
		delete(s.records, r.key)
	}
	ended := s.due[:over:over]
	s.due = s.due[over:]
	if len(s.due) > 0 {
		s.timer = time.AfterFunc(time.Until(s.due[0].until), s.expire)
	}
	for _, r := range ended {
		if r.times > 0 {
			r.write()
			s.beginLocked(r)
		}
	}
}

func (s *said) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil {
		s.timer.Stop()
	}
	for _, r := range s.due {
		if r.times > 0 {
			r.write()
		}
	}
	clear(s.records)
	s.due = nil
}

// write passes on the last repeat with the number of them. If the log cannot be written
// there is nowhere to report that.
func (r *repeated) write() {
	r.last.AddAttrs(slog.Int("repeated", r.times))
	_ = r.next.Handle(context.Background(), r.last)
}
