package wire

import "time"

// How long a connection may be silent until something is made of it.
const (
	longestOpening = 30 * time.Second
	longestTalking = 10 * time.Minute
	longestProbed  = 150 * time.Second
	longestLeaving = 10 * time.Second
	longestEnded   = 10 * time.Second
)

// silence is what is known of a connection that is not heard.
type silence struct {
	stage stage
	// probed: its server asks silent clients whether they are there, as all of Go do every
	// 15 seconds. Who repeats what is not acknowledged, or asks a client that takes nothing,
	// does so every two minutes at least.
	probed bool
	lasts  time.Duration
}

// outcome is what to make of a silence.
type outcome uint8

const (
	wait     outcome = iota // it may be slow: a model that is being loaded says nothing for minutes
	forgot                  // it has ended, or cannot be followed for ever; how is not known
	reset                   // the reset was one
	complete                // both sides closed, and nothing speaks against that the rest was taken
)

// outcome decides what becomes of a connection.
func (s silence) outcome() outcome {
	longest, then := longestTalking, forgot
	switch s.stage {
	case opening:
		longest = longestOpening
	case ended:
		longest = longestEnded
	case leaving:
		longest, then = longestLeaving, complete
	case doubtful:
		then = reset
		if s.probed {
			longest = longestProbed
		}
	case talking:
		if s.probed {
			longest = longestProbed
		}
	}
	if s.lasts <= longest {
		return wait
	}
	return then
}

// tick ends what has been silent for too long.
func (t *table) tick() {
	t.ticked = t.now
	for s := range stages {
		var next *links
		for l := t.rows[s].ends.next; l.flow != nil; l = next {
			next = l.next
			heard := silence{stage: s, probed: true, lasts: time.Duration(t.now - l.heard)}
			if heard.outcome() == wait {
				break // and so do all that were heard later
			}
			heard.probed = t.probing[l.flow.names[0].server]
			t.conclude(l.flow, heard.outcome())
		}
	}
}

// conclude does what was decided.
func (t *table) conclude(f *flow, o outcome) {
	switch o {
	case wait:
	case reset:
		f.done(EndReset, f.first, f.at)
	case complete:
		f.done(EndFIN, f.first, f.at)
	case forgot:
		switch {
		case f.talk != nil:
			f.done(EndForgotten, FromClient, f.at)
		case f.stage == opening && f.early.says():
			t.stats.OneSided++
		}
		t.forget(f) // what comes later is joined
	}
}

// mostProbing is how many servers are known to ask after silent clients.
const mostProbing = 1024

// learn notes whether the server asks after a client that is silent: it says nothing, at the
// place of the last byte that was acknowledged. It does so too where the client has no room.
func (f *flow) learn(from Side, g *segment) {
	if from == FromClient {
		f.stuck = g.window == 0
		return
	}
	s := &f.sides[FromServer]
	const others = flagFIN | flagSYN | flagRST
	if g.length > 0 || g.flags&others != 0 || g.seq != s.next-1 || !s.took() || f.stuck {
		return
	}
	for i := range f.names {
		if len(f.table.probing) < mostProbing {
			f.table.probing[f.names[i].server] = true
		}
	}
}
