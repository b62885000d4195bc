package wire

import "testing"

// TestLeaving: a client that asks nothing more is told from one that has left, by what it makes
// of the rest of the answer.
func TestLeaving(t *testing.T) {
	closes := func(p *peers, rest string) {
		p.connect()
		p.says(C, "ask")
		p.says(S, "ans")
		p.flagged(C, flagACK|flagFIN, "")
		p.says(S, "")
		p.says(S, rest)
		p.flagged(S, flagACK|flagFIN, "")
	}
	runStories(t, []story{
		{"the rest is taken", func(p *peers) {
			closes(p, "wer")
			p.says(C, "")
		}, one + `"ask" "answer" FIN by client`},
		{"the rest is taken but for the end", func(p *peers) {
			closes(p, "wer")
			p.packet(C, p.c, p.s-1, flagACK, "")
		}, one + `"ask" "answer" FIN by client`},
		{"the rest is not taken", func(p *peers) {
			closes(p, "wer")
			p.packet(C, p.c, 0, flagRST, "")
		}, one + `"ask" "answer" reset by client`},
		{"a reset before the end of the server", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.flagged(C, flagACK|flagFIN, "")
			p.says(S, "answer")
			p.packet(C, p.c, 0, flagRST, "")
			p.flagged(S, flagACK|flagFIN, "")
		}, one + `"ask" "answer" reset by client`},
		{"there is no rest", func(p *peers) { closes(p, "") }, one + `"ask" "ans" FIN by client`},
		{"nobody knows", func(p *peers) {
			closes(p, "wer")
			p.seconds(11)
		}, one + `"ask" "answer" FIN by client`},
		{"a reset in somebody's name", func(p *peers) {
			closes(p, "wer")
			p.packet(C, p.c-700, 0, flagRST, "")
			p.packet(S, p.s, p.c, flagRST, "")
			p.says(C, "")
		}, one + `"ask" "answer" FIN by client`},
		{"what is repeated says nothing", func(p *peers) {
			closes(p, "wer")
			p.packet(S, p.s-4, p.c, flagACK|flagFIN, "wer")
			p.packet(C, p.c-1, p.s-4, flagACK|flagFIN, "")
			p.says(C, "")
		}, one + `"ask" "answer" FIN by client`},
		{"the same port again", func(p *peers) {
			closes(p, "wer")
			p.c, p.s = 99, 12345
			p.connect()
			p.says(C, "again")
			p.close(S)
		}, one + `"ask" "answer" FIN by client` + "\n" + one + `"again" "" FIN by server`},
		{"at the end of all", func(p *peers) {
			closes(p, "wer")
			p.a.end()
		}, one + `"ask" "answer" FIN by client`},
	})
}

// TestManyLeave: what is awaited of clients that have left is bounded.
func TestManyLeave(t *testing.T) {
	p := newPeers()
	for i := range mostOpening + 500 {
		p.another(i)
		p.connect()
		p.flagged(FromClient, flagACK|flagFIN, "ask")
		p.says(FromServer, "answer")
		p.flagged(FromServer, flagACK|flagFIN, "")
	}
	if n := p.a.rows[leaving].count; n != mostOpening {
		t.Errorf("%d are kept", n)
	}
	if end := p.book.pages[0].end; end != "FIN by client" {
		t.Errorf("the first: %q", end)
	}
	p.seconds(11)
	p.empty(t)
}

// TestOneSided: where only one side of connections is seen, that is counted.
func TestOneSided(t *testing.T) {
	for name, story := range map[string]func(p *peers){
		"only clients": func(p *peers) {
			p.packet(FromClient, p.c, 0, flagSYN, "")
			p.c++
			p.says(FromClient, "")
			p.says(FromClient, "ask")
		},
		"only clients, in the middle": func(p *peers) { p.says(FromClient, "ask") },
		"only servers": func(p *peers) {
			p.flagged(FromServer, flagSYN|flagACK, "")
			p.says(FromServer, "answer")
			p.flagged(FromServer, flagFIN|flagACK, "")
		},
		"only servers, in the middle": func(p *peers) { p.says(FromServer, "answer") },
	} {
		p := newPeers()
		story(p)
		p.empty(t)
		if n := p.a.stats.OneSided; n != 1 {
			t.Errorf("%s: %d are counted", name, n)
		}
	}
	for name, story := range map[string]func(p *peers){
		"both":         func(p *peers) { p.connect(); p.says(FromClient, "ask"); p.close(FromServer) },
		"both, joined": func(p *peers) { p.says(FromClient, "ask"); p.says(FromServer, "answer") },
		"a scan":       func(p *peers) { p.packet(FromClient, p.c, 0, flagSYN, "") },
	} {
		p := newPeers()
		story(p)
		p.empty(t)
		if n := p.a.stats.OneSided; n != 0 {
			t.Errorf("%s: %d are counted", name, n)
		}
	}
}
