package capture

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/wire"
)

// fragile panics at every call but its first.
type fragile struct{ calls *int }

func (f fragile) call() {
	*f.calls++
	if *f.calls > 1 {
		panic("a defect")
	}
}
func (f fragile) Data(wire.Side, time.Time, []byte)      { f.call() }
func (f fragile) Lost(wire.Side, time.Time, int64)       { f.call() }
func (f fragile) Contradicted(wire.Side, time.Time)      { f.call() }
func (f fragile) Closed(wire.Side, time.Time)            { f.call() }
func (f fragile) Done(wire.End, wire.Side, time.Time)    { f.call() }
func (f fragile) open(wire.Connection) wire.Conversation { return f }

// A conversation that panics is ended, counted and said; others go on.
func TestOneDefectIsNotTheEnd(t *testing.T) {
	var log strings.Builder
	e := New(defaults(t), new(sink), slog.New(slog.NewTextHandler(&log, nil)))
	at := time.Unix(1, 0)
	for i, second := range []func(c wire.Conversation){
		func(c wire.Conversation) { c.Data(0, at, []byte("x")) },
		func(c wire.Conversation) { c.Lost(0, at, 1) },
		func(c wire.Conversation) { c.Contradicted(0, at) },
		func(c wire.Conversation) { c.Closed(0, at) },
		func(c wire.Conversation) { c.Done(0, 0, at) },
	} {
		calls := 0
		c := e.survivors.open(fragile{&calls}.open)(wire.Connection{})
		c.Data(0, at, []byte("x"))
		second(c)
		c.Data(0, at, []byte("x"))
		c.Done(0, 0, at)
		if n := e.Counts()["untold_conversations"]; n != int64(i+1) || calls != 2 {
			t.Errorf("%d are counted after %d; called %d times", n, i+1, calls)
		}
	}
	if said := log.String(); strings.Count(said, "cannot be recorded") != 5 || !strings.Contains(said, "hint=") {
		t.Errorf("said: %s", said)
	}
}
