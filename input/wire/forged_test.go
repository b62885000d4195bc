package wire

import (
	"strings"
	"testing"
)

// TestEndedUnderAnotherName: a client that chooses the numbers of a connection that is done,
// whose other side it knows, does not wake it.
func TestEndedUnderAnotherName(t *testing.T) {
	for _, flags := range []uint8{flagACK, flagACK | flagFIN, flagACK | flagRST} {
		p := newPeers()
		first, answer := p.c, p.s+1
		p.connect()
		p.says(FromClient, "ask")
		p.flagged(FromServer, flagACK|flagFIN, "answer")
		p.flagged(FromClient, flagRST, "")

		again := *p
		again.client.port++
		again.packet(FromClient, first, 0, flagSYN, "")
		again.packet(FromClient, p.c, answer, flags, "")
		again.packet(FromClient, p.c, answer, flags, "forged")
		want := `192.0.2.77:40000 > 192.0.2.1:11434 "ask" "answer" reset by client`
		if got := p.book.String(); got != want {
			t.Errorf("flags %x: got\n%s\nwant\n%s", flags, got, want)
		}
		p.empty(t)
	}
}

// TestOneSideIsNobody: what one side says alone, in whosever name, is no conversation, and takes
// no room from those that are.
func TestOneSideIsNobody(t *testing.T) {
	p := newPeers()
	p.connect()
	p.says(FromClient, "as")
	forger := newPeers()
	forger.a = p.a
	request := strings.Repeat("x", 1400)
	for i := range mostTalking + 1000 {
		forger.another(i)
		switch i % 4 {
		case 0: // nothing but a request
		case 1: // a SYN that nobody answered, before it
			forger.packet(FromClient, forger.c-1, 0, flagSYN, "")
		case 2: // two pieces of it
			forger.says(FromClient, request)
		case 3: // an answer that nobody asked for
			forger.says(FromServer, request)
			continue
		}
		forger.says(FromClient, request)
		if i%8 == 0 {
			forger.packet(FromServer, forger.s, 0, flagRST, "")
			forger.says(FromServer, "") // of nothing that is known
		}
	}
	if used := p.a.early.used; used > mostEarlyBytes+mostOpening*costEarly || used < mostEarlyBytes/2 {
		t.Errorf("%d bytes are kept early", used)
	}
	late := newPeers()
	late.a, late.client.port = p.a, 40001
	late.says(FromClient, request)
	late.says(FromServer, "answer")
	late.says(FromClient, "again")
	late.close(FromClient)
	if n := p.a.rows[opening].count; n > mostOpening {
		t.Errorf("%d are kept", n)
	}
	p.says(FromClient, "k")
	p.close(FromClient)
	want := `192.0.2.77:40000 > 192.0.2.1:11434 "ask" "" FIN by client
192.0.2.77:40001 > 192.0.2.1:11434 "again" "answer" lost 1400 0 joined FIN by client`
	if got := p.book.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(forger.book.pages) != 0 || p.a.stats.Forgotten != 0 {
		t.Errorf("%d conversations of nobody; %+v", len(forger.book.pages), p.a.stats)
	}
	p.empty(t)
}

// TestInAnothersName: who was heard first may have been a forger, who knows no numbers.
func TestInAnothersName(t *testing.T) {
	runStories(t, []story{
		{"on a connection whose beginning we missed", func(p *peers) {
			p.packet(C, p.c+5e8, p.s+5e8, flagACK, "forged")
			p.says(S, "answer")
			p.packet(C, p.c+5e8, p.s+5e8, flagACK, "forged")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "answer" joined FIN by client`},
		{"and nothing more than an acknowledgment comes", func(p *peers) {
			p.packet(C, p.c+5e8, p.s+5e8, flagACK, "forged")
			p.says(S, "")
		}, ``},
		{"before the server answers", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "")
			p.c++
			p.packet(C, p.c, p.s+5e8, flagACK, "forged")
			p.flagged(S, flagSYN|flagACK, "")
			p.says(C, "")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "" FIN by client`},
		{"and we miss that the client asked", func(p *peers) {
			p.packet(C, p.c+5e8, p.s+5e8, flagACK, "forged")
			p.c++
			p.flagged(S, flagSYN|flagACK, "")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "" FIN by client`},
		{"and we miss that the server answers", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "")
			p.c++
			p.packet(C, p.c, p.s+5e8, flagACK, "forged")
			p.s++
			p.says(S, "answer")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "answer" FIN by client`},
		{"reset by whom it names", func(p *peers) {
			p.says(C, "forged")
			p.flagged(C, flagRST, "")
			p.says(S, "")
		}, ``},
	})
}

// TestSaidEarly: what a side says before the other is heard is told once that is, the last of it
// if there was no room for all: a conversation that is joined begins where we know it.
func TestSaidEarly(t *testing.T) {
	for _, c := range []struct{ size, n int }{{1, 100}, {3000, 128}, {60000, 100}} {
		p := newPeers()
		for range c.n {
			p.says(FromServer, strings.Repeat("x", c.size))
		}
		if p.a.early.used > mostEarlyOfStream {
			t.Errorf("%d bytes are kept early", p.a.early.used)
		}
		p.says(FromClient, "ask")
		p.says(FromServer, "!")
		p.says(FromClient, "")
		p.close(FromServer)
		got := p.book.pages[0]
		kept := min(mostEarly, mostEarlyOfStream/(c.size+costEarly)) * c.size
		if said := len(got.said[1]); said != kept+1 || got.lost != [2]int64{} {
			t.Errorf("segments of %d: said %d, lost %d; kept were %d", c.size, said, got.lost, kept)
		}
		if string(got.said[0]) != "ask" || got.end != "FIN by server" || got.late {
			t.Errorf("%q, %s", got.said[0], got.end)
		}
		p.empty(t)
	}
}
