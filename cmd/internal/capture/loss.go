package capture

import (
	"encoding/json"
	"time"

	"ollama-hec/input/spool"
	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes/exchange"
)

// Counts are the numbers of what was captured and what was missed, by their names in metrics and
// status.
type Counts map[string]int64

// Counts returns the counts so far. It may be called at any time.
func (e *Engine) Counts() Counts {
	c := Counts{}
	if e.exchanges != nil {
		w, x := e.wire(), e.exchanges.Stats()
		c["packets"], c["dropped_packets"], c["lost_bytes"] = int64(w.Packets), int64(w.Dropped), int64(w.LostBytes)
		c["truncated_packets"], c["fragments"] = int64(w.Truncated), int64(w.Fragments)
		c["malformed_packets"], c["forgotten"] = int64(w.Malformed), int64(w.Forgotten)
		c["one_sided"], c["contradictions"] = int64(w.OneSided), int64(w.Contradictions)
		c["refused_packets"], c["untold_conversations"] = int64(w.Refused), e.survivors.untold.Load()
		c["conversations"], c["open_conversations"] = int64(w.Connections), int64(w.Open)
		c.Add(x)
	}
	if e.observer != nil {
		o := e.observer.Stats()
		c["connections"], c["connection_events"] = int64(o.Connections), int64(o.Events)
		c["lost_connections"], c["open_connections"] = int64(o.Lost), int64(o.Open)
	}
	return c
}

// Add adds the counts of requests and answers.
func (c Counts) Add(x exchange.Stats) {
	c["requests"], c["prompts"], c["partial"] = x.Requests, x.Prompts, x.Partial
	c["joined"], c["resyncs"], c["cut"] = x.Joined, x.Resyncs, x.Cut
	c["malformed_requests"], c["unasked"], c["unfollowed"] = x.Malformed, x.Unasked, x.Unfollowed
	c["cut_texts"] = x.CutTexts
}

// wire returns the counts of all sockets together.
func (e *Engine) wire() wire.Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.ended
	for _, l := range e.sockets {
		all = sum(all, l.socket.Stats())
	}
	return all
}

func sum(a, b wire.Stats) wire.Stats {
	return wire.Stats{
		Packets: a.Packets + b.Packets, Dropped: a.Dropped + b.Dropped, LostBytes: a.LostBytes + b.LostBytes,
		Connections: a.Connections + b.Connections, Joined: a.Joined + b.Joined,
		Refused: a.Refused + b.Refused, Contradictions: a.Contradictions + b.Contradictions,
		OneSided: a.OneSided + b.OneSided, Forgotten: a.Forgotten + b.Forgotten,
		Truncated: a.Truncated + b.Truncated, Fragments: a.Fragments + b.Fragments, Malformed: a.Malformed + b.Malformed,
		Open: a.Open + b.Open, Held: a.Held + b.Held,
	}
}

// tellEvery is the least time between two events about losses. The observer of connections emits
// its own.
const tellEvery = time.Minute

// lossNames are the counts that show that something of requests or answers was missed.
var lossNames = []string{
	"dropped_packets",
	"lost_bytes",
	"truncated_packets",
	"one_sided",
	"untold_conversations",
	"contradictions",
	"partial",
	"resyncs",
	"unasked",
	"unfollowed",
	"cut_texts",
}

// Losses emits events about losses: each has what was lost since the one before.
type Losses struct {
	origin string
	names  []string
	counts func() Counts
	emit   func(spool.Record)
	told   Counts
	at     time.Time
}

// NewLosses begins to watch the counts with these names.
func NewLosses(origin string, names []string, counts func() Counts, emit func(spool.Record)) *Losses {
	return &Losses{origin: origin, names: names, counts: counts, emit: emit, told: counts(), at: time.Now()}
}

// Tell emits an event if something was lost since the last one, at most once a minute unless
// last is true.
func (l *Losses) Tell(now time.Time, last bool) {
	if !last && now.Sub(l.at) < tellEvery {
		return
	}
	counts := l.counts()
	event := struct {
		Origin  string  `json:"origin"`
		Lost    Counts  `json:"lost"`
		Seconds float64 `json:"seconds"`
	}{l.origin, Counts{}, now.Sub(l.at).Seconds()}
	for _, name := range l.names {
		if n := counts[name] - l.told[name]; n > 0 {
			event.Lost[name] = n
		}
	}
	l.told, l.at = counts, now
	if len(event.Lost) == 0 {
		return
	}
	text, err := json.Marshal(event)
	if err != nil { // of numbers: never
		return
	}
	l.emit(spool.Record{Time: now, Sourcetype: spool.HealthSourcetype, Event: text})
}
