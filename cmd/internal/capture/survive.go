package capture

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"ollama-hec/input/wire"
)

// survivors are conversations of which a panic ends only one: what a client says must not end
// the capture of all others.
type survivors struct {
	log    *slog.Logger
	untold atomic.Int64 // conversations that were ended by a panic
}

// open returns an opener of conversations that survive.
func (s *survivors) open(next wire.Opener) wire.Opener {
	return func(c wire.Connection) wire.Conversation { return &survivor{all: s, talk: next(c)} }
}

// survivor is a conversation that takes nothing more after a panic.
type survivor struct {
	all  *survivors
	talk wire.Conversation // nil: it panicked
}

// survive ends the conversation if it panics.
func (s *survivor) survive() {
	cause := recover()
	if cause == nil {
		return
	}
	s.talk = nil
	s.all.untold.Add(1)
	s.all.log.Error("requests of a connection cannot be recorded any more", "error", fmt.Sprint(cause),
		"hint", "this is a defect of the program: please report it, with its log at LOG_LEVEL=debug")
	s.all.log.Debug("where recording failed", "stack", string(debug.Stack()))
}

// Data implements wire.Conversation.
func (s *survivor) Data(from wire.Side, at time.Time, p []byte) {
	defer s.survive()
	if s.talk != nil {
		s.talk.Data(from, at, p)
	}
}

// Lost implements wire.Conversation.
func (s *survivor) Lost(from wire.Side, at time.Time, n int64) {
	defer s.survive()
	if s.talk != nil {
		s.talk.Lost(from, at, n)
	}
}

// Contradicted implements wire.Conversation.
func (s *survivor) Contradicted(from wire.Side, at time.Time) {
	defer s.survive()
	if s.talk != nil {
		s.talk.Contradicted(from, at)
	}
}

// Closed implements wire.Conversation.
func (s *survivor) Closed(from wire.Side, at time.Time) {
	defer s.survive()
	if s.talk != nil {
		s.talk.Closed(from, at)
	}
}

// Done implements wire.Conversation.
func (s *survivor) Done(how wire.End, by wire.Side, at time.Time) {
	defer s.survive()
	if s.talk != nil {
		s.talk.Done(how, by, at)
	}
}
