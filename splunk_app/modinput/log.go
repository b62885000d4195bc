package modinput

import (
	"context"
	"io"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// LevelFatal is the level of an error that ends the process.
const LevelFatal = slog.LevelError + 4

// NewLogHandler returns a handler that writes the form that splunkd copies into its own log:
// LEVEL message key=value …, always one line in one write. splunkd adds the time.
func NewLogHandler(w io.Writer, level slog.Leveler) slog.Handler {
	return &logHandler{out: &output{w: w}, level: level}
}

type logHandler struct {
	out   *output // shared with all handlers derived from the first
	level slog.Leveler
	attrs []byte // of WithAttrs, as they are written
	group string // of WithGroup, with a dot at its end
}

type output struct {
	mu sync.Mutex
	w  io.Writer
}

func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool {
	return l >= h.level.Level()
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	line := append([]byte(levelName(r.Level)), ' ')
	line = append(line, oneLine(r.Message)...)
	line = append(line, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		line = appendAttr(line, h.group, a)
		return true
	})
	line = append(line, '\n')
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	_, err := h.out.w.Write(line)
	return err
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	with.attrs = append([]byte(nil), h.attrs...)
	for _, a := range attrs {
		with.attrs = appendAttr(with.attrs, h.group, a)
	}
	return &with
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	with := *h
	with.group += name + "."
	return &with
}

func levelName(l slog.Level) string {
	switch {
	case l < slog.LevelInfo:
		return "DEBUG"
	case l < slog.LevelWarn:
		return "INFO"
	case l < slog.LevelError:
		return "WARN"
	case l < LevelFatal:
		return "ERROR"
	default:
		return "FATAL"
	}
}

func appendAttr(dst []byte, group string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if a.Equal(slog.Attr{}) {
		return dst
	}
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			group += a.Key + "."
		}
		for _, member := range v.Group() {
			dst = appendAttr(dst, group, member)
		}
		return dst
	}
	dst = append(dst, ' ')
	dst = append(dst, word(group+a.Key)...)
	dst = append(dst, '=')
	return append(dst, word(v.String())...)
}

// word returns s as one word, quoted if it would be several.
func word(s string) string {
	odd := func(r rune) bool {
		return r == '=' || r == '"' || r == utf8.RuneError || unicode.IsSpace(r) || !unicode.IsPrint(r)
	}
	if s == "" || strings.ContainsFunc(s, odd) {
		return strconv.Quote(s)
	}
	return s
}

// oneLine returns s with every character escaped that could begin a new line or colour it.
func oneLine(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return s
	}
	var out strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			out.WriteRune(r)
		} else {
			q := strconv.QuoteRune(r)
			out.WriteString(q[1 : len(q)-1])
		}
	}
	return out.String()
}
