package hec

import (
	"fmt"

	"ollama-hec/sourcetypes/batch"
)

const (
	// suspectSize is from where a batch whose first event is called bad may
	// just be too large: a Cloud stack answers 400, code 6, event 0 to that.
	// Its own limit is above 5 MB; a proxy's may be lower.
	suspectSize = 64 << 10
	// rejectsMost is how many events in a row may be rejected before delivery pauses
	// instead: so many bad events mean that something else is wrong.
	rejectsMost = 100
)

// divide takes a part apart that was refused for one of its events or for its
// size. The event at fault becomes a dead letter; what stands before it was taken.
// If it cannot be kept it is sent again, once the gate lets it.
func (d *delivery) divide(t *attempt, p part) (more []part, a pendingPart, err error) {
	n := p.b.Len()
	bad, r := -1, &t.reply
	if r.Invalid != nil && *r.Invalid >= 0 && int64(*r.Invalid) < int64(n) && r.verdict() == isolate {
		bad = int(*r.Invalid)
	}
	switch {
	case n == 1:
		bad = 0
	case bad < 0, bad == 0 && *r.Code == 6 && p.b.Size >= suspectSize:
		d.client.taken(t.endpoint, split)
		more, err = parts(p, 0, n/2, n/2, n)
		return more, a, err
	}
	if bad > 0 {
		before, err := parts(p, 0, bad)
		if err != nil {
			return nil, a, err
		}
		if t.ack == nil && t.endpoint.acks.Load() {
			// The receiver acknowledges what it takes, and this it did not.
			more = before
		} else {
			d.client.accepted(t.endpoint, accept)
			a = d.client.expect(t, before[0])
		}
	}
	rest := bad + 1
	f, err := d.reject(t, p, bad)
	switch {
	case err != nil:
		return nil, a, err
	case f != nil:
		rest = bad
		if err := d.client.pause(t, *f); err != nil {
			return nil, a, err
		}
	default:
		d.client.taken(t.endpoint, isolate)
	}
	if rest < n {
		after, err := parts(p, rest, n)
		if err != nil {
			return nil, a, err
		}
		more = append(more, after...)
	}
	return more, a, nil
}

// parts cuts a part at pairs of bounds.
func parts(p part, bounds ...int) (ps []part, err error) {
	for i := 0; i < len(bounds); i += 2 {
		b, err := batch.Part(p.b, bounds[i], bounds[i+1])
		if err != nil {
			return nil, err
		}
		ps = append(ps, part{b, p.from + bounds[i], p.lost, p.late})
	}
	return ps, nil
}

// reject makes one event a dead letter. It returns a failure if that was not done: too
// many in a row were rejected, or there is no room to keep it.
func (d *delivery) reject(t *attempt, p part, i int) (*failure, error) {
	c, r := d.client, &t.reply
	c.mu.Lock()
	storm := d.pauseOnRejects && c.rejected >= rejectsMost
	c.mu.Unlock()
	if storm {
		return &failure{
			reason: fmt.Sprintf("%d events in a row were rejected, the last with %s", rejectsMost, r),
			hint:   "look at the dead letters and at what stands between here and Splunk",
			pause:  true,
		}, nil
	}
	text, err := p.b.Text()
	if err != nil {
		return nil, err
	}
	letter := DeadLetter{Event: text[p.b.Start(i):p.b.Ends[i]], Reason: r.String(), Endpoint: t.endpoint.url}
	if r.hec() {
		letter.Reason, letter.Code = r.Text, int(*r.Code)
	}
	if err := d.put(p.from+i, letter); err != nil {
		return &failure{
			reason: fmt.Sprintf("an event was rejected (%s) and cannot be kept: %v", r, err),
			hint:   "make room in STATE_DIR, or list and drop dead letters",
			pause:  true,
		}, nil
	}
	c.mu.Lock()
	c.rejected++
	c.mu.Unlock()
	c.stats.deadLetters.Add(1)
	message, hint := DeadLetterMessage(c.cfg.DeadLetters)
	c.log.Warn(message, "url", t.endpoint.url, "reason", r.String(), "hint", hint)
	return nil, nil
}
