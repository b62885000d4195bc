package hec

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"
)

var start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// What a gate is told, in words, and what it lets through afterwards.
func TestAGateLetsThrough(t *testing.T) {
	for name, tt := range map[string]struct {
		told   func(g *gate)
		state  state
		flows  bool // a second later
		up     bool
		person bool
	}{
		"nothing yet":          {func(g *gate) {}, gateOpen, true, true, false},
		"taken":                {func(g *gate) { g.take(sigTaken, start) }, gateOpen, true, true, false},
		"asked for less":       {func(g *gate) { g.take(sigEased, start) }, gateSlowed, true, true, false},
		"failed":               {func(g *gate) { fail(g, sigFailed) }, gateBackoff, false, false, false},
		"refused":              {func(g *gate) { fail(g, sigRefused) }, gatePaused, false, false, true},
		"refused for good":     {func(g *gate) { fail(g, sigFinal) }, gateStopped, false, false, true},
		"doubted":              {func(g *gate) { fail(g, sigDoubted) }, gateDoubtful, false, false, true},
		"doubted, then failed": {func(g *gate) { fail(g, sigDoubted); fail(g, sigFailed) }, gateBackoff, false, false, false},
		"doubted, sick":        {func(g *gate) { fail(g, sigDoubted); g.tell(sigCheck); g.sick(0, start) }, gateDoubtful, false, false, true},
		"acks never come":      {func(g *gate) { g.distrust(start) }, gateDoubtful, false, false, true},
		"a reply is no ack":    {func(g *gate) { g.distrust(start); g.pass(start); g.take(sigTaken, start) }, gateDoubtful, false, false, true},
		"an ack comes":         {func(g *gate) { g.distrust(start); g.ack(start) }, gateOpen, true, true, false},
		"none is due any more": {func(g *gate) { g.distrust(start); g.pass(start); g.trust(); g.take(sigTaken, start) }, gateOpen, true, true, false},
		"failed, then refused": {func(g *gate) { fail(g, sigFailed); fail(g, sigRefused) }, gatePaused, false, false, true},
		"an attempt is out":    {func(g *gate) { fail(g, sigRefused); g.pass(start) }, gateProbing, false, false, true},
		"it was cut short":     {func(g *gate) { fail(g, sigRefused); g.release(g.pass(start)) }, gatePaused, false, false, true},
		"health is asked":      {func(g *gate) { fail(g, sigFailed); g.tell(sigCheck) }, gateChecking, false, false, false},
		"health has passed":    {func(g *gate) { fail(g, sigFailed); g.tell(sigCheck); g.tell(sigHealthy) }, gateHealthy, false, false, false},
		"health has failed":    {func(g *gate) { fail(g, sigRefused); g.tell(sigCheck); g.sick(0, start) }, gatePaused, false, false, true},
		"events try after it": {func(g *gate) {
			fail(g, sigFailed)
			g.tell(sigCheck)
			g.tell(sigHealthy)
			g.pass(start)
		}, gateProbing, false, false, false},
		"the attempt succeeds":         {func(g *gate) { fail(g, sigFinal); g.pass(start); g.take(sigTaken, start) }, gateOpen, true, true, false},
		"an old attempt succeeds":      {func(g *gate) { fail(g, sigFailed); g.take(sigTaken, start) }, gateOpen, true, true, false},
		"one does while health is out": {func(g *gate) { fail(g, sigFailed); g.tell(sigCheck); g.take(sigTaken, start) }, gateOpen, true, true, false},
		"health comes too late": {func(g *gate) {
			fail(g, sigFailed)
			g.tell(sigCheck)
			g.take(sigTaken, start)
			g.tell(sigHealthy)
		}, gateOpen, true, true, false},
	} {
		var g gate
		tt.told(&g)
		if g.state != tt.state || g.flows(start.Add(slowPause)) != tt.flows || g.up() != tt.up || g.person() != tt.person {
			t.Errorf(
				"%s: state %d, flows %v, up %v, waits for a person %v",
				name,
				g.state,
				g.flows(start.Add(slowPause)),
				g.up(),
				g.person(),
			)
		}
	}
}

// fail is an attempt that was let through and failed.
func fail(g *gate, s signal) { g.fail(g.pass(start), s, 0, start) }

// Every state that a closed gate can be in leads to an open one.
func TestNoStateIsADeadEnd(t *testing.T) {
	for s := range gateStates {
		seen := map[state]bool{}
		todo := []state{s}
		for len(todo) > 0 {
			for _, to := range transitions[todo[0]] {
				if to != cause && !seen[to] {
					seen[to] = true
					todo = append(todo, to)
				}
			}
			todo = todo[1:]
		}
		if !seen[gateOpen] && s != gateOpen {
			t.Errorf("state %d never opens", s)
		}
	}
}

func TestAGateStaysClosedLongerAndLonger(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		signal signal
		after  time.Duration
		want   []time.Duration // at least, and a quarter more at most
	}{
		{sigFailed, 0, []time.Duration{s / 4, s / 2, s, 2 * s, 4 * s, 8 * s, 10 * s, 10 * s}},
		{sigRefused, 0, []time.Duration{s, 2 * s, 4 * s, 8 * s, 15 * s, 15 * s}},
		{sigFinal, 0, []time.Duration{s, 2 * s, 4 * s, 8 * s, 15 * s, 15 * s}},
		{sigDoubted, 0, []time.Duration{s, 2 * s, 4 * s, 8 * s, 16 * s, 32 * s, 64 * s, 128 * s, 256 * s, 300 * s, 300 * s}},
		{sigFailed, 3 * s, []time.Duration{3 * s, 3 * s, 3 * s, 3 * s, 4 * s}},
		{sigFailed, time.Hour, []time.Duration{10 * s, 10 * s}},
	} {
		var g gate
		now := start
		for i, want := range tt.want {
			if !g.fail(g.pass(now), tt.signal, tt.after, now) {
				t.Fatal("a failure does not count")
			}
			if got := g.until.Sub(now); got < want || got > want+want/4 {
				t.Errorf("signal %d, after %v: failure %d closes for %v, want %v", tt.signal, tt.after, i+1, got, want)
			}
			now = g.until
		}
	}
}

// Until HEC has answered, one event at a time is let through, whatever else fails.
func TestHowMuchAGateLetsThrough(t *testing.T) {
	for name, tt := range map[string]struct {
		told   func(g *gate)
		single bool
	}{
		"nothing yet":              {func(g *gate) {}, false},
		"failed":                   {func(g *gate) { fail(g, sigFailed) }, false},
		"doubted":                  {func(g *gate) { fail(g, sigDoubted) }, true},
		"doubted, then failed":     {func(g *gate) { fail(g, sigDoubted); fail(g, sigFailed) }, true},
		"HEC has answered":         {func(g *gate) { fail(g, sigDoubted); g.prove(); fail(g, sigFailed) }, false},
		"unclear twice":            {func(g *gate) { g.unclear = 2 }, false},
		"unclear three times":      {func(g *gate) { g.unclear = 3 }, true},
		"unclear, then an answer":  {func(g *gate) { g.unclear = 3; g.prove() }, false},
		"too large, by a gateway":  {func(g *gate) { fail(g, sigDoubted); g.take(sigTaken, start) }, true},
		"unacknowledged":           {func(g *gate) { g.distrust(start); g.prove() }, true},
		"acknowledged after all":   {func(g *gate) { g.distrust(start); g.ack(start) }, false},
		"an early try keeps pace":  {func(g *gate) { fail(g, sigDoubted); g.early = true; fail(g, sigDoubted) }, true},
		"an answer, then an event": {func(g *gate) { fail(g, sigDoubted); g.prove(); g.take(sigTaken, start) }, false},
	} {
		var g gate
		tt.told(&g)
		if got := g.pass(start.Add(time.Hour)).single; got != tt.single {
			t.Errorf("%s: single %v", name, got)
		}
	}
}

// An event that health let through before its time does not lengthen the pause, and
// only one is let through in each.
func TestHealthLetsOneEventThrough(t *testing.T) {
	var g gate
	now := start
	for range 6 { // 32 s
		g.fail(g.pass(now), sigDoubted, 0, now)
		now = g.until
	}
	g.fail(g.pass(now), sigDoubted, 0, now)
	until := g.until
	if g.checks(now) || !g.checks(now.Add(checkEvery)) {
		t.Error("health is not asked in time")
	}
	now = now.Add(checkEvery)
	g.tell(sigCheck)
	g.tell(sigHealthy)
	g.fail(g.pass(now), sigDoubted, 0, now)
	if g.until != until || g.checks(until.Add(-1)) || !g.checks(until) {
		t.Errorf("closed until %v, was %v", g.until, until)
	}
}

// Another cause begins anew: a token is tried again after a second, however long
// the endpoint was down.
func TestANewCauseBeginsAnew(t *testing.T) {
	var g gate
	for range 12 {
		fail(&g, sigFailed)
	}
	fail(&g, sigRefused)
	if got := g.until.Sub(start); got != time.Second {
		t.Errorf("closed for %v", got)
	}
}

// Of the attempts that were out together only the first failure counts, and one
// that is late says nothing of the attempt that is out now.
func TestALateFailureDoesNotCount(t *testing.T) {
	var g gate
	first, second, cut := g.pass(start), g.pass(start), g.pass(start)
	if !g.fail(first, sigFailed, 0, start) || g.fail(second, sigFailed, 0, start) {
		t.Error("two failures of attempts that were out together")
	}
	g.pass(start)
	if g.fail(second, sigRefused, 0, start) || g.release(cut) || g.state != gateProbing {
		t.Errorf("a late failure leads to state %d", g.state)
	}
}

// gates is a client that sends nothing: the test says how each attempt ends.
func gates(t *testing.T, urls ...string) *Client {
	t.Helper()
	c, err := New(Config{URLs: urls, Token: StaticToken("t"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	c.background = func(func(context.Context)) {
		for _, e := range c.endpoints {
			e.gate.tell(sigHealthy) // a health check, which passes
		}
	}
	return c
}

// An endpoint that is healthy and takes no events costs each trial as long as it
// hangs. The trials become rare, though not before they cost something.
func TestAnEndpointThatHangsIsTriedSeldom(t *testing.T) {
	for _, tt := range []struct {
		hang   time.Duration
		trials int // in an hour, at most
		least  int
	}{{15 * time.Second, 10, 7}, {10 * time.Millisecond, 400, 200}} {
		synctest.Test(t, func(t *testing.T) {
			c := gates(t, "http://first", "http://second")
			first, second := c.endpoints[0], c.endpoints[1]
			fail := func(e *endpoint, hang time.Duration) {
				p := e.gate.pass(time.Now())
				<-time.After(hang)
				c.failed(&attempt{endpoint: e, pass: p, session: e.current()}, failure{reason: "no reply in time"})
			}
			trials := 0
			fail(first, tt.hang)
			for end := time.Now().Add(time.Hour); time.Now().Before(end); <-time.After(100 * time.Millisecond) {
				c.mu.Lock()
				e, p, _ := c.chooseLocked(time.Now())
				c.mu.Unlock()
				if e == first {
					trials++
					<-time.After(tt.hang)
					c.failed(&attempt{endpoint: e, pass: p, session: e.current()}, failure{reason: "no reply in time"})
				}
			}
			if trials > tt.trials || trials < tt.least {
				t.Errorf("%d trials that took %v each", trials, tt.hang)
			}
			// With no other endpoint there is nothing to wait for.
			fail(second, 0)
			<-time.After(paces[gateBackoff].most)
			e, _, err := c.acquire(t.Context())
			if err != nil || e != first {
				t.Errorf("the only one left is not tried: %v", err)
			}
			c.taken(first, accept)
			if first.gate.spare != 0 || !first.gate.spareUntil.IsZero() {
				t.Error("the pause outlasts a success")
			}
		})
	}
}
