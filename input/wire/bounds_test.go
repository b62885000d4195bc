package wire

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// another lets the peers be others than before.
func (p *peers) another(n int) {
	p.client = v4(10, byte(n>>16), byte(n>>8), byte(n), uint16(1024+n%60000))
	p.c, p.s = rand.Uint32(), rand.Uint32()
}

// TestManyConnections: no more are kept than the bounds say, and each is done.
func TestManyConnections(t *testing.T) {
	p := newPeers()
	n := mostTalking + 1000
	for i := range n {
		p.another(i)
		p.connect()
		p.says(FromClient, "ask")
	}
	if got := p.a.rows[talking].count; got != mostTalking {
		t.Errorf("%d are kept", got)
	}
	for i := range p.book.pages {
		want := ""
		if i < n-mostTalking {
			want = "forgotten" // the longest silent
		}
		if end := p.book.pages[i].end; end != want {
			t.Fatalf("connection %d: %q", i, end)
		}
	}
	for i := n - mostTalking; i < n; i++ {
		p.another(i)
		p.says(FromServer, "")
	}
	p.a.end()
	if p.a.stats.Connections != uint64(n) || p.a.stats.Forgotten != uint64(n) {
		t.Errorf("%+v", p.a.stats)
	}
	p.empty(t)
}

// empty checks that nothing is left of anything.
func (p *peers) empty(t *testing.T) {
	t.Helper()
	p.seconds(1000)
	a := p.a
	if len(a.byName) != 0 || len(a.byNumber) != 0 || len(a.joined) != 0 || a.room.used+a.early.used != 0 {
		t.Errorf("%d names, %d numbers, %d joined and %d bytes are kept of nothing",
			len(a.byName), len(a.byNumber), len(a.joined), a.room.used+a.early.used)
	}
	for s := range a.rows {
		if a.rows[s].count != 0 {
			t.Errorf("%d connections of stage %d are kept", a.rows[s].count, s)
		}
	}
}

// TestFlood: connections that do not come about take no room from those that did.
func TestFlood(t *testing.T) {
	p := newPeers()
	p.connect()
	p.says(FromClient, "as")
	flood := newPeers()
	flood.a = p.a
	for i := range 50000 {
		flood.another(i)
		flood.packet(FromClient, flood.c, 0, flagSYN, "data")
	}
	for i := range 50000 {
		flood.another(i)
		flood.packet(FromServer, flood.c, 0, flagSYN, "")
		flood.packet(FromClient, flood.c, 7, flagRST, "")
		flood.packet(FromClient, flood.c, 7, flagACK, "")
	}
	p.says(FromClient, "k")
	p.close(FromClient)
	want := `192.0.2.77:40000 > 192.0.2.1:11434 "ask" "" FIN by client`
	if got := p.book.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if n := len(p.a.byName); n > 3*mostOpening {
		t.Errorf("%d names", n)
	}
	p.empty(t)
}

// TestShortConnections: what is done is kept for some seconds only, and bounded.
func TestShortConnections(t *testing.T) {
	p := newPeers()
	for i := range 20000 {
		p.another(i)
		p.connect()
		p.close(FromClient)
		p.a.now += int64(time.Millisecond)
	}
	if n := len(p.a.byName); n > mostEnded+1 {
		t.Errorf("%d names of 20,000 connections that are done", n)
	}
	p.empty(t)
}

// TestFarAhead: what is sent ahead of what is missing is held within bounds,
// the nearest first, and what had no room is lost and counted.
func TestFarAhead(t *testing.T) {
	for _, c := range []struct {
		name string
		size int
		back bool
	}{
		{"small", 1, false}, {"small, backwards", 1, true}, {"large", 60000, false}, {"large, backwards", 60000, true},
	} {
		p := newPeers()
		p.connect()
		piece := strings.Repeat("x", c.size)
		n := 3 * mostHeld
		for i := range n {
			if c.back {
				i = n - 1 - i
			}
			p.packet(FromClient, p.c+1+uint32(i*c.size), p.s, flagACK, piece)
		}
		if used := p.a.room.used; used > mostHeldOfStream || used < mostHeldOfStream/2 && c.size > 1 {
			t.Errorf("%s: %d bytes held", c.name, used)
		}
		kept := len(p.a.byName[tuple{p.client, p.server}].sides[FromClient].waiting.list) * c.size
		p.says(FromClient, "!")
		p.unseen(FromClient, strings.Repeat(piece, n))
		p.says(FromServer, "")
		p.close(FromClient)
		got := p.book.pages[0]
		if said := len(got.said[0]); said != 1+kept || int64(n*c.size-kept) != got.lost[0] {
			t.Errorf("%s: said %d, lost %d; held were %d of %d", c.name, said, got.lost[0], kept, n*c.size)
		}
		p.empty(t)
	}
}

// TestRoomIsShared: who fills the room leaves others what they need to go on.
func TestRoomIsShared(t *testing.T) {
	p := newPeers()
	for i := range 4 {
		p.another(i)
		p.connect()
		for j := range 200 {
			p.packet(FromClient, p.c+1+uint32(j*60000), p.s, flagACK, strings.Repeat("x", 60000))
		}
	}
	if p.a.room.used > mostHeldBytes {
		t.Errorf("%d bytes held", p.a.room.used)
	}
	p.another(9)
	p.connect()
	p.packet(FromClient, p.c+3, p.s, flagACK, "def")
	p.says(FromClient, "abc")
	p.unseen(FromClient, "def")
	p.says(FromServer, "")
	p.close(FromClient)
	// Held or not: told or counted.
	got := p.book.pages[4]
	if s := fmt.Sprintf("%s %d", got.said[0], got.lost[0]); s != "abcdef 0" && s != "abc 3" {
		t.Error(s)
	}
}

// TestNoAllocations: what comes in order costs no memory.
func TestNoAllocations(t *testing.T) {
	p := newPeers()
	p.book = nil
	p.a.open = func(Connection) Conversation { return nil }
	p.connect()
	ask := (&parcel{p.client, p.server, p.c, p.s, flagACK, []byte("0123456789")}).ipv4()
	ack := (&parcel{p.server, p.client, p.s, p.c, flagACK, nil}).ipv4()
	at := int64(1)
	n := testing.AllocsPerRun(1000, func() {
		p.a.packet(ask, len(ask), at, 1)
		p.a.packet(ack, len(ack), at, 1)
		p.a.release()
		p.c += 10
		at++
		ask[27], ask[26], ask[25], ask[24] = byte(p.c), byte(p.c>>8), byte(p.c>>16), byte(p.c>>24)
		ack[31], ack[30], ack[29], ack[28] = ask[27], ask[26], ask[25], ask[24]
	})
	if n != 0 {
		t.Errorf("%v allocations for two packets", n)
	}
	if p.a.stats.LostBytes != 0 {
		t.Errorf("lost %d", p.a.stats.LostBytes)
	}
}

// TestHalfAround: a segment that is half of all numbers away is told to nobody, and costs nothing.
func TestHalfAround(t *testing.T) {
	for _, from := range []Side{FromClient, FromServer} {
		for away := -2; away <= 2; away++ {
			p := newPeers()
			p.connect()
			p.says(FromClient, "ask")
			p.says(FromServer, "answer")
			seq, ack := p.c, p.s
			if from == FromServer {
				seq, ack = p.s, p.c
			}
			p.packet(from, seq+uint32(1<<31+away), ack, flagACK, "far")
			p.packet(from, seq+uint32(1<<31+away), ack, flagACK|flagFIN, "")
			p.packet(from, seq, ack+uint32(1<<31+away), flagACK, "")
			p.close(FromServer)
			if got := p.book.pages[0].String(); got != `192.0.2.77:40000 > 192.0.2.1:11434 "ask" "answer" FIN by server` {
				t.Errorf("side %d, %d: %s", from, away, got)
			}
			p.empty(t)
		}
	}
}
