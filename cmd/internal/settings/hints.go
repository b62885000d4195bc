package settings

import (
	"context"
	"log/slog"
)

// WithHints returns a handler that passes records on to next. Settings have in their hints the names
// that the user gave them; messages stay as they are, to be looked for.
func WithHints(next slog.Handler, call Caller) slog.Handler { return hinting{next, call} }

type hinting struct {
	next slog.Handler
	call Caller
}

func (h hinting) Enabled(ctx context.Context, l slog.Level) bool { return h.next.Enabled(ctx, l) }

func (h hinting) Handle(ctx context.Context, r slog.Record) error {
	renamed := slog.NewRecord(r.Time, r.Level, r.Message, r.PC)
	r.Attrs(func(a slog.Attr) bool {
		renamed.AddAttrs(h.renamed(a))
		return true
	})
	return h.next.Handle(ctx, renamed)
}

func (h hinting) WithAttrs(attrs []slog.Attr) slog.Handler {
	var renamed []slog.Attr
	for _, a := range attrs {
		renamed = append(renamed, h.renamed(a))
	}
	return hinting{h.next.WithAttrs(renamed), h.call}
}

func (h hinting) WithGroup(name string) slog.Handler { return hinting{h.next.WithGroup(name), h.call} }

func (h hinting) renamed(a slog.Attr) slog.Attr {
	if a.Key == "hint" && a.Value.Kind() == slog.KindString {
		a.Value = slog.StringValue(RenameIn(a.Value.String(), h.call))
	}
	return a
}
