package modinput

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestLogLines(t *testing.T) {
	tests := []struct {
		log  func(*slog.Logger)
		want string
	}{
		{func(l *slog.Logger) { l.Debug("reading") }, "DEBUG reading"},
		{
			func(l *slog.Logger) { l.Info("following", "path", "/var/log/a.log", "n", 3, "ok", true) },
			"INFO following path=/var/log/a.log n=3 ok=true",
		},
		{func(l *slog.Logger) { l.Warn("slow", "after", 1500*time.Millisecond) }, "WARN slow after=1.5s"},
		{func(l *slog.Logger) { l.Error("lost", "err", errors.New(`open "a b": no`)) }, `ERROR lost err="open \"a b\": no"`},
		{func(l *slog.Logger) { l.Log(t.Context(), LevelFatal, "gone") }, "FATAL gone"},
		{func(l *slog.Logger) { l.Log(t.Context(), slog.LevelDebug-4, "byte") }, "DEBUG byte"},
		{func(l *slog.Logger) { l.Log(t.Context(), slog.LevelWarn+1, "odd") }, "WARN odd"},
		{
			func(l *slog.Logger) { l.Error("a\r\nFATAL forged \x1b[31m\u2028é\xff", "b\nc", "d\ne") },
			`ERROR a\r\nFATAL forged \x1b[31m\u2028é� "b\nc"="d\ne"`,
		},
		{func(l *slog.Logger) { l.Info("x", "empty", "", "eq", "a=b", "nil", nil) }, `INFO x empty="" eq="a=b" nil=<nil>`},
		{
			func(l *slog.Logger) { l.With("a", 1).WithGroup("g").With("b", 2).WithGroup("h").Info("x", "c", 3) },
			"INFO x a=1 g.b=2 g.h.c=3",
		},
		{func(l *slog.Logger) {
			l.WithGroup("").Info("x", slog.Group("g", "a", 1, slog.Group("", "b", 2)), slog.Attr{})
		}, "INFO x g.a=1 g.b=2"},
		{func(l *slog.Logger) { l.Info("x", "key", Secret("k")) }, "INFO x key=[REDACTED]"},
		{
			func(l *slog.Logger) { l.Info("x", "at", time.Date(2024, 11, 21, 1, 2, 3, 0, time.UTC)) },
			`INFO x at="2024-11-21 01:02:03 +0000 UTC"`,
		},
	}
	for _, tt := range tests {
		w := &writes{}
		tt.log(slog.New(NewLogHandler(w, slog.LevelDebug-4)))
		if len(w.all) != 1 || w.all[0] != tt.want+"\n" {
			t.Errorf("got  %q\nwant %q", w.all, tt.want)
		}
	}
}

func TestLogHandlersDoNotShareAttributes(t *testing.T) {
	var out strings.Builder
	base := slog.New(NewLogHandler(&out, slog.LevelInfo)).With("a", 1)
	one, two := base.With("b", 2), base.With("c", 3)
	one.Info("x")
	two.Info("y")
	base.Debug("not shown")
	if got := out.String(); got != "INFO x a=1 b=2\nINFO y a=1 c=3\n" {
		t.Errorf("got %q", got)
	}
}
