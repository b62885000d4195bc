package wire

import "testing"

// TestContradictions: who says something twice, and not the same, is found out; who says it again is not.
func TestContradictions(t *testing.T) {
	const C, S = FromClient, FromServer
	for _, c := range []struct {
		name  string
		story func(p *peers)
		want  int
	}{
		{"once", func(p *peers) { p.says(C, "ask"); p.says(S, "") }, 0},
		{"the same again", func(p *peers) {
			p.says(C, "ask")
			p.packet(C, p.c-3, p.s, flagACK, "ask")
			p.packet(C, p.c-3, p.s, flagACK, "ask")
		}, 0},
		{"something else", func(p *peers) {
			p.says(C, "lie")
			p.packet(C, p.c-3, p.s, flagACK, "ask")
			p.says(S, "")
		}, 1},
		{"something else after it was taken", func(p *peers) {
			p.says(C, "ask")
			p.says(S, "")
			p.packet(C, p.c-3, p.s, flagACK, "lie")
		}, 0},
		{"in other pieces, after the server has denied it", func(p *peers) {
			before := p.c
			p.says(C, "lie")
			p.says(C, "more")
			p.packet(S, p.s, before, flagACK, "")
			p.packet(C, before, p.s, flagACK, "as")
			p.packet(C, before+2, p.s, flagACK, "k")
			p.says(S, "")
		}, 1},
		{"in other pieces", func(p *peers) {
			p.says(C, "as")
			p.says(C, "k")
			p.packet(C, p.c-3, p.s, flagACK, "ask")
			p.says(S, "")
		}, 0},
		{"in another order", func(p *peers) {
			p.packet(C, p.c+3, p.s, flagACK, "lie")
			p.packet(C, p.c+3, p.s, flagACK, "two")
			p.says(C, "one")
			p.c += 3
			p.says(S, "")
		}, 1},
		{"in another order, the same", func(p *peers) {
			p.packet(C, p.c+3, p.s, flagACK, "two")
			p.packet(C, p.c+3, p.s, flagACK, "two")
			p.says(C, "one")
			p.c += 3
			p.says(S, "")
		}, 0},
		{"a server", func(p *peers) {
			p.says(C, "ask")
			p.says(S, "one")
			p.packet(S, p.s-3, p.c, flagACK, "two")
		}, 0},
	} {
		p := newPeers()
		p.connect()
		c.story(p)
		p.says(S, "answer")
		p.says(C, "")
		p.close(S)
		if got := p.book.pages[0].contradicted; got != c.want || p.a.stats.Contradictions != uint64(c.want) {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

// TestRefused: what its receiver drops is not told.
func TestRefused(t *testing.T) {
	p := newPeers()
	p.connect()
	p.packet(FromClient, p.c, p.s, 0, "lie")
	p.packet(FromClient, p.c, p.s, flagFIN, "")
	p.says(FromClient, "ask")
	p.says(FromServer, "")
	p.close(FromServer)
	if got := p.book.String(); got != `192.0.2.77:40000 > 192.0.2.1:11434 "ask" "" FIN by server` || p.a.stats.Refused != 2 {
		t.Errorf("%s, %+v", got, p.a.stats)
	}
}
