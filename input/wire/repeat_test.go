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
		{"the same again, and something else", func(p *peers) {
			for range 3 * mostRepeats { // more than are kept of a queue
				p.says(C, "one")
				p.packet(C, p.c-3, p.s, flagACK, "one")
			}
			p.packet(C, p.c-3, p.s, flagACK, "two")
			p.says(S, "")
		}, 1},
	} {
		for _, queue := range []int{1, 2, 3, 5, 16, 1000} {
			p := newPeers()
			p.queue = queue
			p.connect()
			c.story(p)
			p.says(S, "answer")
			p.says(C, "")
			p.close(S)
			if got := p.book.pages[0].contradicted; got != c.want || p.a.stats.Contradictions != uint64(c.want) {
				t.Errorf("%s, %d packets at once: %d, want %d", c.name, queue, got, c.want)
			}
			if p.reuse(); len(p.a.fresh) > 0 {
				t.Errorf("%s, %d packets at once: something of %d is still kept", c.name, queue, len(p.a.fresh))
			}
		}
	}
}

// TestAcknowledgedIsNotHashed: of an upload that is acknowledged while its packets are there, nothing is
// worth a hash.
func TestAcknowledgedIsNotHashed(t *testing.T) {
	p := newPeers()
	p.queue = 1000
	p.connect()
	for range 100 {
		p.says(FromClient, "a piece of a blob")
		p.says(FromServer, "")
	}
	p.says(FromClient, "the last")
	p.reuse()
	hashed := 0
	for _, f := range p.a.byName {
		for _, told := range f.repeats.last {
			if told.hash != 0 {
				hashed++
			}
		}
	}
	if hashed != 1 {
		t.Errorf("%d segments are hashed, want the one that nobody acknowledged", hashed)
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
