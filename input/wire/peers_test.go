package wire

import (
	"fmt"
	"testing"
)

// peers are two that talk, and who overhears them.
type peers struct {
	a              *assembly
	book           *book
	client, server endpoint
	c, s           uint32 // what each says next
	at             int64
	six            []byte                  // extension headers; not nil: IPv6
	paths          []func(p parcel) parcel // how a packet looks wherever it passes, from the client on
	cut            int                     // no more than that is read of a packet; 0: all
	queue          int                     // so many packets are read at once; 0: each for itself
	slots          [][]byte                // and stand here meanwhile
}

func newPeers(ports ...uint16) *peers {
	p := &peers{book: newBook(), client: v4(192, 0, 2, 77, 40000), server: v4(192, 0, 2, 1, 11434), c: 5000, s: 0xfffffff0}
	if len(ports) == 0 {
		ports = []uint16{11434}
	}
	p.a = newAssembly(ports, p.book.open, func(via int) string { return fmt.Sprintf("eth%d", via) })
	return p
}

// packet lets one pass.
func (p *peers) packet(from Side, seq, ack uint32, flags uint8, data string) {
	x := parcel{p.client, p.server, seq, ack, flags, []byte(data)}
	if from == FromServer {
		x.from, x.to = x.to, x.from
	}
	paths := p.paths
	if paths == nil {
		paths = []func(parcel) parcel{func(x parcel) parcel { return x }}
	}
	for i := range paths {
		if from == FromServer {
			i = len(paths) - 1 - i
		}
		p.at++
		y := paths[i](x)
		raw := y.ipv4()
		if p.six != nil {
			raw = y.ipv6(p.six...)
		}
		length := len(raw)
		if p.cut > 0 {
			raw = raw[:min(p.cut, length)]
		}
		p.slots = append(p.slots, raw)
		p.a.packet(raw, length, p.at, i)
		if len(p.slots) >= p.queue {
			p.reuse()
		}
	}
}

// reuse lets what reads the packets use their memory again.
func (p *peers) reuse() {
	p.a.release()
	for _, slot := range p.slots {
		clear(slot)
	}
	p.slots = p.slots[:0]
}

// says lets a side say something, of which the other knows what its last segment acknowledged.
func (p *peers) says(from Side, data string) { p.flagged(from, flagACK, data) }

// flagged is the same with flags.
func (p *peers) flagged(from Side, flags uint8, data string) {
	seq, ack := &p.c, p.s
	if from == FromServer {
		seq, ack = &p.s, p.c
	}
	p.packet(from, *seq, ack, flags, data)
	*seq += uint32(len(data))
	if flags&(flagFIN|flagSYN) != 0 {
		*seq++
	}
}

// unseen lets a side say something that we miss.
func (p *peers) unseen(from Side, data string) {
	if from == FromClient {
		p.c += uint32(len(data))
	} else {
		p.s += uint32(len(data))
	}
}

func (p *peers) connect() {
	p.packet(FromClient, p.c, 0, flagSYN, "")
	p.c++
	p.flagged(FromServer, flagSYN|flagACK, "")
	p.says(FromClient, "")
}

// close lets both close, from first.
func (p *peers) close(from Side) {
	p.flagged(from, flagACK|flagFIN, "")
	p.flagged(1-from, flagACK|flagFIN, "")
	p.says(from, "")
}

func (p *peers) seconds(n int64) {
	p.a.now += n * 1e9
	p.a.tick()
}

// The sides of most stories, and how the book calls their connection.
const (
	C, S = FromClient, FromServer
	one  = `192.0.2.77:40000 > 192.0.2.1:11434 `
)

// story is what happens on a connection, and what is told of it in the end.
type story struct {
	name    string
	happens func(p *peers)
	want    string
}

// runStories tells each story to peers of its own, and checks that nothing of it is kept.
func runStories(t *testing.T, stories []story) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			p := newPeers()
			s.happens(p)
			if got := p.book.String(); got != s.want {
				t.Errorf("got\n%s\nwant\n%s", got, s.want)
			}
			if p.a.room.used != 0 {
				t.Errorf("%d bytes still held", p.a.room.used)
			}
			p.empty(t)
		})
	}
}
