package wire

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// plain is one side put in order in the plainest way: all of its bytes by their
// places, with neither sequence numbers nor a queue.
type plain struct {
	side     Side
	have     []bool
	text     []byte
	pos      int  // said or lost so far
	answered bool // acked is set
	acked    int
	reached  int
	proven   int
	fin      int // where the side closed, -1: not seen
	closed   bool
	out      []byte // what was said; ? for what was lost
	lost     int64
}

func (p *plain) segment(at int, data []byte, fin bool) {
	if p.closed {
		return
	}
	for i, b := range data {
		if !p.have[at+i] {
			p.have[at+i], p.text[at+i] = true, b
		}
	}
	if len(data) > 0 || fin {
		p.proven = max(p.proven, at+len(data))
	}
	p.reached = max(p.reached, at+len(data))
	if fin {
		p.fin = at + len(data)
	}
	p.go_()
}

func (p *plain) ack(at int) {
	if p.closed {
		return
	}
	p.answered, p.acked = true, max(p.acked, at)
	p.go_()
}

// go_ says what can be said.
func (p *plain) go_() {
	limit := p.acked
	if p.side == FromServer {
		limit = min(limit, p.reached)
	}
	if limit > p.proven {
		limit--
	}
	if !p.answered {
		limit = 0
	}
	p.until(limit)
}

func (p *plain) until(limit int) {
	for {
		switch {
		case p.pos == p.fin:
			p.closed = true
			return
		case p.have[p.pos]:
			p.out = append(p.out, p.text[p.pos])
		case p.pos < limit:
			p.out = append(p.out, '?')
			p.lost++
		default:
			return
		}
		p.pos++
	}
}

// end says what is left.
func (p *plain) end(otherClosed bool) {
	if p.closed {
		return
	}
	limit := p.acked
	if otherClosed && limit > p.proven {
		limit--
	}
	limit = max(limit, p.proven)
	p.until(limit)
}

// script is a conversation of which some packets are lost by the network, come
// late, twice or not at all to us, who are at the server.
type script struct {
	ops []byte
	isn [2]uint32

	a      *assembly
	book   *book
	ends   [2]endpoint
	sent   [2]int // bytes by each side
	got    [2]map[int]bool
	rcv    [2]int // of each side's bytes the other has, in order
	fin    [2]bool
	late   []packet
	plain  [2]plain
	missed bool // something never reached us
	steps  []string
	at     int64
}

// packet is a segment by places.
type packet struct {
	from   Side
	at, n  int
	fin    bool
	ack    int
	missed bool
	twice  bool
}

const scriptRoom = 1 << 16

// text is what a side says at a place.
func text(side Side, at int) byte { return byte(at*7+at>>8) ^ byte(side)<<7 }

func newScript(ops []byte, isn [2]uint32) *script {
	s := &script{ops: ops, isn: isn, book: newBook()}
	s.a = newAssembly([]uint16{11434}, s.book.open, func(int) string { return "x" })
	s.ends = [2]endpoint{v4(192, 0, 2, 1, 40000), v4(192, 0, 2, 2, 11434)}
	for side := range s.plain {
		s.got[side] = map[int]bool{}
		s.plain[side] = plain{
			side: Side(side), fin: -1, have: make([]bool, scriptRoom), text: make([]byte, scriptRoom),
		}
	}
	s.see(parcel{s.ends[0], s.ends[1], s.isn[0], 0, flagSYN, nil})
	s.see(parcel{s.ends[1], s.ends[0], s.isn[1], s.isn[0] + 1, flagSYN | flagACK, nil})
	s.see(parcel{s.ends[0], s.ends[1], s.isn[0] + 1, s.isn[1] + 1, flagACK, nil})
	s.plain[0].ack(0)
	s.plain[1].ack(0)
	return s
}

func (s *script) see(p parcel) {
	s.at++
	raw := p.ipv4()
	s.a.packet(raw, len(raw), s.at, 1)
	if s.at%3 == 0 { // several at once
		s.a.release()
	}
}

// next returns the next byte that decides something, 0 at the end.
func (s *script) next() byte {
	if len(s.ops) == 0 {
		return 0
	}
	b := s.ops[0]
	s.ops = s.ops[1:]
	return b
}

// run plays all of it.
func (s *script) run() {
	for len(s.ops) > 0 {
		op, how, n := s.next(), s.next(), int(s.next())
		side := Side(op & 1)
		p := packet{from: side, at: s.sent[side], ack: s.rcv[1-side]}
		switch op >> 1 & 3 {
		case 0: // new bytes
			if s.fin[side] || s.sent[side]+n > scriptRoom/2 {
				continue
			}
			p.n = n
			s.sent[side] += n
		case 1: // old ones
			if s.sent[side] == 0 {
				continue
			}
			p.at = int(s.next()) * s.sent[side] / 256
			p.n = min(n, s.sent[side]-p.at)
			p.fin = s.fin[side] && p.at+p.n == s.sent[side]
		case 2: // an acknowledgment
			if s.fin[side] {
				p.at++
			}
		case 3:
			if how&0x80 == 0 {
				continue // less often
			}
			p.fin = true
			s.fin[side] = true
		}
		p.missed, p.twice = how&1 != 0, how&8 != 0
		s.send(p, how&2 != 0 && how&4 != 0, how&2 != 0)
		if n%5 == 0 {
			s.arrive()
		}
	}
	for len(s.late) > 0 {
		s.arrive()
	}
}

// send puts a packet on the wire.
func (s *script) send(p packet, dropped, late bool) {
	if p.from == FromServer {
		s.watch(p)
	}
	switch {
	case dropped:
		s.missed = s.missed || p.from == FromClient // we are at the server
	case late:
		s.late = append(s.late, p)
	default:
		s.deliver(p)
	}
}

// arrive delivers the packet that is under way for longest, which others overtook.
func (s *script) arrive() {
	if len(s.late) > 0 {
		p := s.late[0]
		s.late = s.late[1:]
		s.deliver(p)
	}
}

func (s *script) deliver(p packet) {
	if p.from == FromClient {
		s.watch(p)
	}
	for i := range p.n {
		s.got[p.from][p.at+i] = true
	}
	for s.got[p.from][s.rcv[p.from]] {
		s.rcv[p.from]++
	}
	if p.fin && s.rcv[p.from] == p.at+p.n {
		s.got[p.from][s.rcv[p.from]] = true // the FIN has a number, too
		s.rcv[p.from]++
	}
}

// watch lets the assembly and the plain reference see a packet.
func (s *script) watch(p packet) {
	if s.book.done() {
		return
	}
	if p.missed {
		s.missed = true
		return
	}
	s.steps = append(s.steps, fmt.Sprintf("%+v", p))
	data := make([]byte, p.n)
	for i := range data {
		data[i] = text(p.from, p.at+i)
	}
	flags := uint8(flagACK)
	if p.fin {
		flags |= flagFIN
	}
	times := 1
	if p.twice {
		times = 2
	}
	for range times {
		s.see(parcel{s.ends[p.from], s.ends[1-p.from], s.isn[p.from] + 1 + uint32(p.at),
			s.isn[1-p.from] + 1 + uint32(p.ack), flags, data})
	}
	s.plain[1-p.from].ack(p.ack)
	s.plain[p.from].segment(p.at, data, p.fin)
}

func (b *book) done() bool { return len(b.pages) > 0 && b.pages[0].end != "" }

// check compares what was told with the plain reference and with the truth.
func (s *script) check(t *testing.T) {
	t.Helper()
	if !s.book.done() {
		s.a.end()
		closed := [2]bool{s.plain[0].closed, s.plain[1].closed}
		s.plain[0].end(closed[1])
		s.plain[1].end(closed[0])
	}
	if len(s.book.pages) != 1 {
		t.Fatalf("%d conversations", len(s.book.pages))
	}
	page := s.book.pages[0]
	if page.contradicted > 0 {
		t.Error("nobody contradicts himself")
	}
	if page.late {
		t.Error("told after its end")
	}
	for side := range s.plain {
		p := &s.plain[side]
		if page.lost[side] != p.lost || !bytes.Equal(page.marked[side], p.out) {
			t.Errorf("side %d: said %d bytes, lost %d; want %d, lost %d\n%q\n%q", side,
				len(page.said[side]), page.lost[side], len(p.out)-int(p.lost), p.lost, page.marked[side], p.out)
		}
		// What was said is what was sent, each byte at its place.
		for i, b := range page.marked[side] {
			if b != '?' && b != text(Side(side), i) {
				t.Errorf("side %d: byte %d is not what was sent", side, i)
				break
			}
		}
		// One byte is in doubt where the end of a side was never seen: it may have been that.
		n := min(p.acked, s.sent[side])
		if p.fin < 0 && s.plain[1-side].closed {
			n--
		}
		if len(page.marked[side]) < n {
			t.Errorf("side %d: told of %d bytes, acknowledged were %d", side, len(page.marked[side]), n)
		}
		if !s.missed && page.lost[side] != 0 {
			t.Errorf("side %d: lost %d of what was all seen", side, page.lost[side])
		}
		if over := len(page.marked[side]) - s.sent[side]; over > 1 || over == 1 && p.fin >= 0 {
			t.Errorf("side %d: told of %d bytes, sent %d", side, len(page.marked[side]), s.sent[side])
		}
	}
	if s.a.room.used != 0 {
		t.Errorf("%d bytes held after the end", s.a.room.used)
	}
	if t.Failed() {
		for _, step := range s.steps {
			t.Log(step)
		}
	}
}

// FuzzConversation: any segmentation, order, overlap and repetition of a
// conversation gives the same bytes, and what was missed of it is counted
// where it is missing.
func FuzzConversation(f *testing.F) {
	f.Add([]byte("\x00\x00\x30\x04\x00\x05\x01\x00\x50"), uint32(1), uint32(0xffffffe0))
	f.Add([]byte("\x00\x06\x31\x00\x00\x31\x02\x00\xff\x00\x07\x80\x00\x06\x80\x00"), uint32(0xfffffff0), uint32(7))
	f.Add([]byte("\x01\x00\x31\x01\x01\x31\x01\x00\x31\x04\x00\x00\x04\x00\x00"), uint32(9), uint32(9))
	f.Fuzz(func(t *testing.T, ops []byte, client, server uint32) {
		if len(ops) > 3000 {
			t.Skip()
		}
		s := newScript(ops, [2]uint32{client, server})
		s.run()
		s.check(t)
	})
}

// TestRandomConversations tells many, of which most packets come through.
func TestRandomConversations(t *testing.T) {
	var missed, whole int
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 15))
		ops := make([]byte, 3*(1+r.IntN(200)))
		for i := range ops {
			ops[i] = byte(r.Uint32())
			if i%3 == 1 && r.IntN(4) > 0 {
				ops[i] &= 0x8e // seen
			}
			if seed%4 == 0 && i%3 == 1 {
				ops[i] &= 0x8e
			}
		}
		s := newScript(ops, [2]uint32{r.Uint32() | 0xfffff000, r.Uint32()})
		s.run()
		s.check(t)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
		p := s.book.pages[0]
		switch {
		case p.lost != [2]int64{}:
			missed++
		case len(p.said[0]) > 0:
			whole++
		}
	}
	if missed == 0 || whole == 0 {
		t.Errorf("%d with losses, %d without: the stories tell too little", missed, whole)
	}
	t.Logf("%d with losses, %d without", missed, whole)
}
