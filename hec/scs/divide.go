package scs

import (
	"fmt"
	"sync"

	"ollama-hec/hec"
)

// streakMax is how many events in a row may become dead letters before delivery waits
// instead: so many bad events mean that something else is wrong.
const streakMax = 100

// streak counts the events rejected since one was last accepted.
type streak struct {
	mu sync.Mutex
	n  int
}

func (s *streak) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n = 0
}

// more counts one, unless there are too many.
func (s *streak) more() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.n >= streakMax {
		return false
	}
	s.n++
	return true
}

// divide takes a span apart that was refused as a whole, for its size or for events
// that are not valid. Those the reply names become dead letters, and so does a single
// event; otherwise both halves are sent. It returns what is still to be sent.
func (d *delivery) divide(a attempt, s span) (more []span, err error) {
	bad := d.named(a.reply, s)
	if len(bad) == 0 && s.to-s.from > 1 {
		d.client.gate.success()
		middle := s.from + (s.to-s.from)/2
		return []span{{s.from, middle}, {middle, s.to}}, nil
	}
	if len(bad) == 0 {
		bad = []failedEvent{{Index: s.from}}
	}
	next := s.from
	for _, ev := range bad {
		if next < ev.Index {
			more = append(more, span{next, ev.Index})
		}
		next = ev.Index + 1
		f := d.reject(a.reply, ev)
		if f == nil {
			continue
		}
		if err := d.client.wait(a.round, *f); err != nil {
			return nil, err
		}
		return append(more, span{ev.Index, s.to}), nil
	}
	d.client.gate.success()
	if next < s.to {
		more = append(more, span{next, s.to})
	}
	return more, nil
}

// named returns the events that a reply names, by their number in the batch. A reply
// that names one which was not sent names none.
func (d *delivery) named(r *reply, s span) (bad []failedEvent) {
	if r.row().ask != isolate {
		return nil
	}
	last := -1
	for _, ev := range r.failed {
		if ev.Index < 0 || ev.Index >= s.to-s.from {
			return nil
		}
		if ev.Index == last {
			continue
		}
		last = ev.Index
		bad = append(bad, failedEvent{s.from + ev.Index, ev.Message})
	}
	return bad
}

// reject keeps one event as a dead letter. A failure means that it is not one: too many
// would be, or there is no room to keep it.
func (d *delivery) reject(r *reply, ev failedEvent) *failure {
	c := d.client
	if d.streaks && !c.rejects.more() {
		return &failure{
			reason: fmt.Sprintf("%d events in a row were rejected, the last with %s", streakMax, r),
			hint:   "look at the dead letters and at what stands between here and the service",
			ask:    pause,
		}
	}
	letter := hec.DeadLetter{Reason: r.String(), Code: r.status, Endpoint: c.Destination()}
	if ev.Message != "" {
		letter.Reason += ": " + ev.Message
	}
	event, err := toCollector(d.text[d.batch.Start(ev.Index):d.batch.Ends[ev.Index]])
	if err == nil {
		letter.Event = event
		err = d.put(ev.Index, letter)
	}
	if err != nil {
		return &failure{
			reason: fmt.Sprintf("an event was rejected (%s) and cannot be kept: %v", letter.Reason, err),
			hint:   "make room in STATE_DIR, or list and drop dead letters",
			ask:    pause,
		}
	}
	c.stats.deadLetters.Add(1)
	message, hint := hec.DeadLetterMessage(c.cfg.DeadLetters)
	c.log.Warn(message, "tenant", c.cfg.Tenant, "reason", letter.Reason, "hint", hint)
	return nil
}
