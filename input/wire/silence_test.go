package wire

import (
	"testing"
	"time"
)

// TestSilence: what is made of a connection that is not heard.
func TestSilence(t *testing.T) {
	const s = time.Second
	for _, c := range []struct {
		stage  stage
		probed bool
		lasts  time.Duration
		want   outcome
	}{
		{talking, false, 0, wait},
		{talking, false, 599 * s, wait}, // a model is being loaded
		{talking, false, 601 * s, forgot},
		{talking, true, 120 * s, wait}, // as slow is who repeats what is not acknowledged
		{talking, true, 149 * s, wait},
		{talking, true, 151 * s, forgot}, // its end was missed
		{doubtful, false, 11 * s, wait},
		{doubtful, false, 599 * s, wait},
		{doubtful, false, 601 * s, reset},
		{doubtful, true, 149 * s, wait},
		{doubtful, true, 151 * s, reset}, // ten times the server did not ask, or nobody answered
		{leaving, true, 9 * s, wait},
		{leaving, true, 11 * s, complete},
		{leaving, false, 11 * s, complete},
		{opening, true, 29 * s, wait},
		{opening, false, 31 * s, forgot},
		{ended, true, 9 * s, wait},
		{ended, false, 11 * s, forgot},
		{foreign, true, 599 * s, wait},
		{foreign, false, 601 * s, forgot},
	} {
		if got := (silence{c.stage, c.probed, c.lasts}).outcome(); got != c.want {
			t.Errorf("stage %d, probed %v, silent for %v: %d, want %d", c.stage, c.probed, c.lasts, got, c.want)
		}
	}
}

// The longer a silence the surer is its outcome, and nowhere does it last longer where the
// server asks: tick stops at the first that it would wait for.
func TestSilenceGrows(t *testing.T) {
	for st := range stages {
		for _, probed := range []bool{true, false} {
			before := wait
			for lasts := time.Duration(0); lasts < 20*time.Minute; lasts += time.Second {
				got := silence{st, probed, lasts}.outcome()
				if before != wait && got != before {
					t.Fatalf("stage %d after %v: %d, before it was %d", st, lasts, got, before)
				}
				if !probed && got != wait && (silence{st, true, lasts}).outcome() == wait {
					t.Fatalf("stage %d after %v: who asks is awaited longer", st, lasts)
				}
				before = got
			}
			if before == wait {
				t.Errorf("stage %d is awaited for ever", st)
			}
		}
	}
}

// TestCredence: what the receiver of a reset makes of it.
func TestCredence(t *testing.T) {
	for _, c := range []struct {
		name string
		s    stream
		seq  uint32
		want credence
	}{
		{"nothing is known", stream{}, 7, believed},
		{"at what comes next", stream{known: true, next: 100}, 100, believed},
		{"behind the end", stream{known: true, next: 100, finished: true}, 101, believed},
		{"at the end", stream{known: true, next: 100, finished: true}, 100, believed},
		{"before what was acknowledged", stream{known: true, next: 100, answered: true, acked: 90}, 89, ignored},
		{"at what was acknowledged", stream{known: true, next: 100, answered: true, acked: 90}, 90, doubted},
		{"before what comes next, nothing acknowledged", stream{known: true, next: 100}, 99, doubted},
		{"behind what comes next", stream{known: true, next: 100, answered: true, acked: 100}, 101, doubted},
		{"at what comes next, acknowledged ahead", stream{known: true, next: 100, answered: true, acked: 200}, 100, believed},
		{"around the end of numbers", stream{known: true, next: 2, answered: true, acked: 1}, 0xfffffff0, ignored},
	} {
		if got := c.s.credence(c.seq); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestEndMissed: where a server asks silent clients, a connection whose end was missed is not
// kept as long as one of a server that does not.
func TestEndMissed(t *testing.T) {
	p := newPeers()
	p.connect()
	p.says(FromClient, "ask")
	p.packet(FromServer, p.s-1, p.c, flagACK, "")
	p.says(FromClient, "")
	p.close(FromServer)
	p.another(1)
	p.connect()
	p.says(FromClient, "ask")
	p.seconds(149)
	if end := p.book.pages[1].end; end != "" {
		t.Errorf("%s after 149 s", end)
	}
	p.server = v4(192, 0, 2, 2, 11434) // of another server nothing is known
	p.another(2)
	p.connect()
	p.says(FromClient, "ask")
	p.seconds(151)
	if end := p.book.pages[1].end; end != "forgotten" {
		t.Errorf("%q after 300 s", end)
	}
	if end := p.book.pages[2].end; end != "" {
		t.Errorf("%s after 151 s, of a server that was not seen to ask", end)
	}
	p.empty(t)
}

// TestProbes: what a server says at the place of the last byte is no question whether the client
// is there where the client has no room, or has not got all.
func TestProbes(t *testing.T) {
	for name, story := range map[string]func(p *peers){
		"an acknowledgment":      func(p *peers) { p.says(S, "") },
		"repeated":               func(p *peers) { p.says(S, "answer"); p.packet(S, p.s-6, p.c, flagACK, "answer") },
		"not acknowledged":       func(p *peers) { p.says(S, "answer"); p.packet(S, p.s-1, p.c, flagACK, "") },
		"the client's":           func(p *peers) { p.packet(C, p.c-1, p.s, flagACK, "") },
		"the end":                func(p *peers) { p.packet(S, p.s-1, p.c, flagACK|flagFIN, "") },
		"the client has no room": func(p *peers) { p.a.find(p.name()).stuck = true; p.packet(S, p.s-1, p.c, flagACK, "") },
	} {
		p := newPeers()
		p.connect()
		p.says(C, "ask")
		story(p)
		if len(p.a.probing) > 0 {
			t.Errorf("%s is taken for a question", name)
		}
	}
}

// name is how the table knows the connection.
func (p *peers) name() *tuple { return &tuple{p.client, p.server} }
