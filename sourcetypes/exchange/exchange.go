// Package exchange makes events of what is said on the connections of Ollama's API: for
// each request with its answer one of sourcetype ollama:api, and one of ollama:prompts
// where it holds a prompt.
//
// It reads HTTP/1 as Go's server does, and JSON as Go's decoder does, so that nothing
// can be said to Ollama that is hidden from it; and it reads as the bytes come, whatever
// their pieces, and holds of a body only what an event tells. Where bytes are missing an
// event says less, and that it is partial. What cannot be read at all is an event with
// what is known, or is counted.
//
// Limits: HTTP/1 without TLS only. A number that Ollama's answer does not name is not in
// the event. How many tokens a chunk holds is not known. After a hole in what a client
// said between requests, an answer is taken to be for the next request that is seen.
//
// It is pure: no I/O, no goroutines, no clock. A conversation is for one goroutine at a
// time; several of them may run at once.
package exchange

import (
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"

	"ollama-hec/input/spool"
	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
)

// Record is one event, complete, as it is to reach Splunk.
type Record = spool.Record

// Options are what the settings say about requests and answers.
type Options struct {
	Origin string // capture or proxy

	Prompts sourcetypes.PromptMode // PROMPTS
	Redact  sourcetypes.Redact     // REDACT and REDACT_REGEX
	// Responses is RESPONSES: the text of answers, in the events of prompts. It never
	// tells more than Prompts lets prompts tell.
	Responses ResponseMode
	// AllMessages is PROMPT_HISTORY=all: the prompt of a chat is all that was said in it,
	// not just the last message of a user.
	AllMessages    bool
	TrustedProxies []netip.Prefix // TRUSTED_PROXIES

	// MaxPrompt is how many bytes of a prompt, and how many of an answer's text, are in an
	// event, as they are written in JSON. 0: DefaultMaxPrompt.
	MaxPrompt int
	// Room is how many bytes of texts all conversations may hold together. 0: DefaultRoom.
	Room int
	// Emit gets each event. It must not block, and may be called by several goroutines,
	// one after the other.
	Emit func(Record)
	// Unnamed, if not nil, gets in the place of Emit those of a connection that has no ID,
	// with its ends.
	Unnamed func(r Record, client, server netip.AddrPort)
}

// ResponseMode is what becomes of the text of answers.
type ResponseMode uint8

const (
	NoResponses       ResponseMode = iota
	RedactedResponses              // through the default redaction, whatever REDACT says
	FullResponses                  // as written, after REDACT
)

// ParseResponseMode reads the setting RESPONSES.
func ParseResponseMode(s string) (ResponseMode, error) {
	switch strings.TrimSpace(strings.ToLower(s)) {
	case "off":
		return NoResponses, nil
	case "redacted":
		return RedactedResponses, nil
	case "full":
		return FullResponses, nil
	}
	return NoResponses, fmt.Errorf("got %q, want off, redacted or full", s)
}

const (
	// DefaultMaxPrompt leaves a record below the usual limit of a line.
	DefaultMaxPrompt = 64 << 10
	// DefaultRoom is enough for some fifty of the longest prompts at once.
	DefaultRoom = 8 << 20

	// slack is what is kept of a text beyond what is shipped, so that a secret at its end
	// is whole when redaction sees it.
	slack = 4 << 10
)

// prompts reports whether the text of prompts is wanted.
func (o *Options) prompts() bool { return o.Prompts != sourcetypes.Off }

// responses reports whether the text of answers is wanted.
func (o *Options) responses() bool { return o.prompts() && o.Responses != NoResponses }

// Exchanges makes records of all conversations.
type Exchanges struct {
	opts  Options
	room  room // for texts
	heads room
	stats counters

	mu     sync.Mutex
	fields *sourcetypes.Fields // guarded by mu
	event  []byte              // guarded by mu: scratch
}

// New makes Exchanges.
func New(o Options) *Exchanges {
	if o.MaxPrompt <= 0 {
		o.MaxPrompt = DefaultMaxPrompt
	}
	if o.Room <= 0 {
		o.Room = DefaultRoom
	}
	e := &Exchanges{opts: o}
	e.room.left.Store(int64(o.Room))
	e.heads.left.Store(headRoom)
	e.fields = sourcetypes.NewFields(&sourcetypes.Options{Prompts: o.Prompts, Redact: o.Redact})
	return e
}

// Open begins a conversation. It is a wire.Opener.
func (e *Exchanges) Open(peer wire.Connection) wire.Conversation {
	c := &conversation{all: e, peer: peer, joined: peer.Joined, texts: share{ownText, &e.room}}
	c.client = side{talk: c, from: wire.FromClient}
	c.server = side{talk: c, from: wire.FromServer}
	if peer.Joined {
		e.stats.joined.Add(1)
		c.client.state, c.server.state = adrift, adrift
	}
	return c
}

// Stats are figures since the beginning.
type Stats struct {
	Requests    int64 // events of ollama:api
	Prompts     int64 // events of ollama:prompts
	Partial     int64 // requests of which a part was not seen
	Cut         int64 // requests that ended before their end
	Malformed   int64 // of the requests, what was no HTTP/1 request
	LostBytes   int64 // that were never seen
	LostBetween int64 // of these, the ones that no event tells of
	Joined      int64 // connections whose beginning was not seen
	Resyncs     int64 // times a message was found again after a hole
	Unasked     int64 // answers whose request was not seen
	Unfollowed  int64 // requests told without their answers, because too many were asked at once
	CutTexts    int64 // requests of whose texts or heads there was no room for all that would be told
}

type counters struct {
	requests, prompts, partial, cut, malformed, lostBytes, lostBetween, joined, resyncs, unasked, unfollowed,
	cutTexts atomic.Int64
}

// Stats returns the figures. It may be called at any time.
func (e *Exchanges) Stats() Stats {
	s := &e.stats
	return Stats{
		Requests: s.requests.Load(), Prompts: s.prompts.Load(), Partial: s.partial.Load(), Cut: s.cut.Load(),
		Malformed: s.malformed.Load(), LostBytes: s.lostBytes.Load(), LostBetween: s.lostBetween.Load(),
		Joined: s.joined.Load(), Resyncs: s.resyncs.Load(), Unasked: s.unasked.Load(),
		Unfollowed: s.unfollowed.Load(), CutTexts: s.cutTexts.Load(),
	}
}
