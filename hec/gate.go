package hec

import (
	"math/rand/v2"
	"time"
)

const (
	slowPause = time.Second
	// spareFirst and spareMost bound how long an endpoint is not tried again that
	// answers to health and lets events hang, while another one is open.
	// costlyTrial is from where on such a trial holds up a lane.
	spareFirst, spareMost = time.Minute, 10 * time.Minute
	costlyTrial           = time.Second
)

// state is what a gate lets through.
type state uint8

const (
	gateOpen     state = iota // events flow
	gateSlowed                // they flow again in a moment: the receiver asked for less
	gateBackoff               // closed by a failure that time may heal
	gatePaused                // closed until somebody fixes the configuration, tried now and then
	gateStopped               // as gatePaused, and trying again cannot help
	gateDoubtful              // closed by an answer that may have meant yes: one event is tried at a time
	gateChecking              // closed, a health check is out
	gateHealthy               // closed, and the health check has passed: events may try
	gateProbing               // closed, and one attempt with events is out
	gateStates
	cause // in the table: back to the state that the last failure led to
)

// signal is what a gate is told.
type signal uint8

const (
	sigTaken   signal = iota // events were taken
	sigEased                 // events were taken, and the receiver asks for less
	sigFailed                // events were not taken, which time may heal
	sigRefused               // events were refused for a reason of configuration
	sigFinal                 // events were refused, and time will not change that
	sigDoubted               // events may have been taken: the answer is not HEC's
	sigCheck                 // a health check begins
	sigHealthy               // the health check has passed
	sigSick                  // the health check has failed
	sigProbe                 // one attempt is let through
	sigNothing               // the attempt ended before it could show anything
	signals
)

// transitions say what follows each state. What is not in it changes nothing.
var transitions = [gateStates]map[signal]state{
	gateOpen: {
		sigEased: gateSlowed, sigFailed: gateBackoff, sigRefused: gatePaused, sigFinal: gateStopped, sigDoubted: gateDoubtful,
	},
	gateSlowed: {
		sigTaken: gateOpen, sigFailed: gateBackoff, sigRefused: gatePaused, sigFinal: gateStopped, sigDoubted: gateDoubtful,
	},
	gateBackoff:  closed,
	gatePaused:   closed,
	gateStopped:  closed,
	gateDoubtful: closed,
	gateChecking: {
		sigTaken: gateOpen, sigEased: gateSlowed, sigHealthy: gateHealthy, sigSick: cause,
	},
	gateHealthy: {
		sigTaken: gateOpen, sigEased: gateSlowed, sigProbe: gateProbing,
	},
	gateProbing: {
		sigTaken: gateOpen, sigEased: gateSlowed, sigNothing: cause,
		sigFailed: gateBackoff, sigRefused: gatePaused, sigFinal: gateStopped, sigDoubted: gateDoubtful,
	},
}

// closed is what a closed gate waits for. A failure is none of it: its attempt
// was out before the gate closed, and only the first of those counts.
var closed = map[signal]state{
	sigTaken: gateOpen, sigEased: gateSlowed, sigCheck: gateChecking, sigProbe: gateProbing,
}

// pace is how long a gate stays closed: first, and twice as long after each
// further failure for the same cause, up to most.
type pace struct {
	first, most time.Duration
	jitter      bool // a little longer each time, so that not all come back at once
}

var paces = [gateStates]pace{
	gateBackoff: {250 * time.Millisecond, 10 * time.Second, true},
	gatePaused:  {time.Second, 15 * time.Second, false},
	gateStopped: {time.Second, 15 * time.Second, false},
	// Each of these events may arrive: they must not become many.
	gateDoubtful: {time.Second, 5 * time.Minute, false},
}

// checkEvery is how often health is asked while the gate is doubtful. Once in each
// pause it may let an event through before its time.
const checkEvery = 10 * time.Second

// unclearMost is how many attempts in a row may end without an answer, though the
// events may have been taken, until one event is tried at a time.
const unclearMost = 3

// gate is the circuit breaker of one endpoint: it says when events may be sent
// there. What one lane learns holds for all. It has no clock and no lock.
type gate struct {
	state state
	cause state     // of the last failure; gateOpen: there was none since it opened
	fails int       // in a row, whatever the cause
	same  int       // of them in a row for this cause
	until time.Time // nothing is let through before

	doubts  int       // answers that may have meant yes since the last one that was HEC's
	unclear int       // attempts without an answer, though the events may have been taken, since then
	early   bool      // the attempt that is out, or was last, did not wait for until
	checkAt time.Time // when health may be asked while doubtful
	unacked bool      // acknowledgments never came: only one that comes ends the doubt

	// spare is how long the endpoint was spared, the last time, and spareUntil
	// until when, while another one is open.
	spare      time.Duration
	spareUntil time.Time
}

// pass lets one attempt through a gate.
type pass struct {
	fails   int // of the gate then: an older pass does not count its failure again
	started time.Time
	single  bool // one event at most
	unacked bool // and nothing else until it is acknowledged
}

// flows reports whether events may be sent, as many as there are.
func (g *gate) flows(now time.Time) bool {
	return g.state == gateOpen || g.state == gateSlowed && !now.Before(g.until)
}

// up reports whether the last events were taken.
func (g *gate) up() bool { return g.cause == gateOpen }

// busy reports whether a health check or a single attempt is under way.
func (g *gate) busy() bool { return g.state == gateChecking || g.state == gateProbing }

// person reports whether the gate stays closed until a person fixes the configuration.
func (g *gate) person() bool {
	return g.cause == gatePaused || g.cause == gateStopped || g.cause == gateDoubtful
}

// checks reports whether a health check is due though it is not yet time for an event.
// A health check shows nothing about acknowledgments.
func (g *gate) checks(now time.Time) bool {
	again := !g.early || !now.Before(g.until)
	return g.state == gateDoubtful && !g.unacked && again && !now.Before(g.checkAt)
}

// retries reports whether it is time for another event to show whether acknowledgments come,
// though another endpoint takes events.
func (g *gate) retries(now time.Time) bool {
	return g.unacked && g.state == gateDoubtful && !now.Before(g.until) && !now.Before(g.checkAt)
}

// prove notes that an answer was HEC's, whatever it said.
func (g *gate) prove() {
	g.unclear = 0
	if !g.unacked {
		g.doubts = 0
	}
}

// trust notes that acknowledgments are no longer expected.
func (g *gate) trust() { g.unacked = false }

// distrust notes that acknowledgments do not come, though events are answered.
func (g *gate) distrust(now time.Time) {
	if g.unacked {
		return
	}
	g.unacked, g.early = true, false
	g.doubt(now)
	g.doubts = max(g.doubts, 1)
}

// doubt closes an open gate until something else is known.
func (g *gate) doubt(now time.Time) {
	g.tell(sigDoubted)
	if g.state == gateDoubtful {
		g.close(0, now)
	}
}

// ack notes that an acknowledgment came. It reports whether that opens the gate.
func (g *gate) ack(now time.Time) (opened bool) {
	if !g.unacked {
		return false
	}
	g.unacked, g.doubts = false, 0
	return g.take(sigTaken, now)
}

// pass lets an attempt through. The gate flows, or it is the only one.
func (g *gate) pass(now time.Time) pass {
	if !g.flows(now) {
		g.tell(sigProbe)
		g.early = now.Before(g.until)
	}
	return pass{g.fails, now, g.doubts > 0 || g.unclear >= unclearMost, g.unacked}
}

// tell moves to the state that the table gives for a signal.
func (g *gate) tell(s signal) {
	to, ok := transitions[g.state][s]
	if !ok {
		return
	}
	if to == cause {
		to = g.cause
	}
	g.state = to
}

// take notes that events were taken. It reports whether the gate was closed.
func (g *gate) take(s signal, now time.Time) (opened bool) {
	if g.unacked {
		if g.state == gateProbing {
			g.doubt(now)
		}
		return false
	}
	opened = !g.up()
	g.tell(s)
	*g = gate{state: g.state, doubts: g.doubts, unclear: g.unclear}
	if g.state == gateSlowed {
		g.until = now.Add(slowPause)
	}
	return opened
}

// fail notes that the attempt with that pass was not taken, and that the
// endpoint asks not to be tried before after is over. It reports whether that
// counts: not if the gate closed while the attempt was out.
func (g *gate) fail(p pass, s signal, after time.Duration, now time.Time) (counts bool) {
	if p.fails != g.fails {
		return false
	}
	g.tell(s)
	g.close(after, now)
	return true
}

// sick notes that a health check has failed.
func (g *gate) sick(after time.Duration, now time.Time) {
	g.tell(sigSick)
	if g.state == gateDoubtful { // it keeps its pace
		g.checkAt = now.Add(checkEvery)
		return
	}
	g.close(after, now)
}

// close counts a failure and sets how long the gate stays closed.
func (g *gate) close(after time.Duration, now time.Time) {
	g.fails++
	if g.same++; g.state != g.cause {
		g.cause, g.same = g.state, 1
	}
	p, n := paces[g.state], g.same-1
	if g.state == gateDoubtful {
		g.checkAt = now.Add(checkEvery)
		if g.early {
			return // the pace is that of those that wait
		}
		g.doubts++
		n = g.doubts - 1
	}
	wait := p.most
	if n < 16 {
		wait = min(p.first<<n, p.most)
	}
	if p.jitter && wait < p.most {
		wait += rand.N(wait/4 + 1)
	}
	g.until = now.Add(min(max(wait, after), p.most))
}

// spared keeps trials away for longer and longer that hold up a lane while
// another endpoint takes events.
func (g *gate) spared(p pass, now time.Time) {
	if now.Sub(p.started) < costlyTrial {
		return
	}
	g.spare = min(max(2*g.spare, spareFirst), spareMost)
	g.spareUntil = now.Add(g.spare)
}

// release ends an attempt that was cut short.
func (g *gate) release(p pass) (moved bool) {
	if p.fails != g.fails || g.state != gateProbing {
		return false
	}
	g.tell(sigNothing)
	return true
}
