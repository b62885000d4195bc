// Package logdedup keeps a log from saying the same thing over and over: the first
// record goes out at once, its repeats within a window are counted and go out as
// one, with how many they were.
//
// Records are the same if level, message and every attribute are. Nothing is
// held back that was not said before, and every record is in some count.
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

	// Beyond that many different records in a window, and for ones that long,
	// nothing is held back: memory is bounded.
	recordsMax = 256
	keyMax     = 4 << 10
)

// Handler is a slog.Handler that hands on what is no repeat.
type Handler struct {
	next slog.Handler
	with string // what WithAttrs and WithGroup have added, as a part of each key
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
	if h.said.before(h.key(r), r, h.next) {
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

// Flush hands on the counts there are, without waiting for the end of their windows.
func (h *Handler) Flush() { h.said.flush() }

// key is all of a record but its time.
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

// said is what was said lately. All handlers derived from one share it.
type said struct {
	mu      sync.Mutex
	records map[string]*repeated // guarded by mu
	due     []*repeated          // the same, in the order of until; guarded by mu
	timer   *time.Timer          // for the first of due; guarded by mu
}

// repeated is a record that has gone out.
type repeated struct {
	key   string
	until time.Time // the end of its window
	times int       // said again in it
	last  slog.Record
	next  slog.Handler
}

// before reports whether a record was said before, and counts it if so.
func (s *said) before(key string, r slog.Record, next slog.Handler) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.records[key]; old != nil {
		old.times++
		old.last = r.Clone()
		return true
	}
	if len(s.records) < recordsMax && len(key) <= keyMax {
		s.begin(&repeated{key: key, next: next})
	}
	return false
}

// begin opens a window for r. It needs mu.
func (s *said) begin(r *repeated) {
	r.until, r.times, r.last = time.Now().Add(Window), 0, slog.Record{}
	s.records[r.key] = r
	s.due = append(s.due, r)
	if len(s.due) == 1 {
		s.timer = time.AfterFunc(Window, s.expire)
	}
}

// expire ends windows. What was repeated gets another one.
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
			r.tell()
			s.begin(r)
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
			r.tell()
		}
	}
	clear(s.records)
	s.due = nil
}

// tell hands on the last repeat with how many there were. Where the log cannot
// be written there is nobody to tell.
func (r *repeated) tell() {
	r.last.AddAttrs(slog.Int("repeated", r.times))
	_ = r.next.Handle(context.Background(), r.last)
}
