package wire

import (
	"fmt"
	"net/netip"
	"strings"
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
		p.a.packet(raw, length, p.at, i)
	}
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

// Stories of connections, and what is told of them in the end.
func TestStories(t *testing.T) {
	const C, S = FromClient, FromServer
	const one = `192.0.2.77:40000 > 192.0.2.1:11434 `
	for _, c := range []struct {
		name  string
		story func(p *peers)
		want  string
	}{
		{"a request and its answer", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.says(S, "ans")
			p.says(S, "wer")
			p.close(S)
		}, one + `"ask" "answer" FIN by server`},
		{"connect and close", func(p *peers) { p.connect(); p.close(C) }, one + `"" "" FIN by client`},
		{"a scan", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "")
			p.c++
			p.flagged(S, flagSYN|flagACK, "")
			p.packet(C, p.c, 0, flagRST, "")
		}, ``},
		{"a closed port", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "")
			p.packet(S, 0, p.c+1, flagRST|flagACK, "")
		}, ``},
		{"nobody answers", func(p *peers) { p.packet(C, p.c, 0, flagSYN, ""); p.seconds(100) }, ``},
		{"one side closes, the other goes on", func(p *peers) {
			p.connect()
			p.flagged(C, flagACK|flagFIN, "ask")
			p.says(S, "answer")
			p.flagged(S, flagACK|flagFIN, "!")
			p.says(C, "")
		}, one + `"ask" "answer!" FIN by client`},
		{"a reset", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.flagged(C, flagRST, "")
		}, one + `"ask" "" reset by client`},
		{"a reset of one that had closed, and gets more", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.flagged(S, flagACK|flagFIN, "no")
			p.says(C, "on")
			p.flagged(S, flagACK|flagRST, "")
		}, one + `"askon" "no" reset by server`},
		{"a reset that nobody believes", func(p *peers) {
			p.connect()
			p.packet(C, p.c+70000, 0, flagRST, "")
			p.says(C, "ask")
			p.packet(S, p.s+70000, 0, flagRST, "")
			p.says(S, "answer")
			p.close(C)
		}, one + `"ask" "answer" FIN by client`},
		{"a reset after something that we missed", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.unseen(S, "answer")
			p.flagged(S, flagRST, "")
			p.seconds(601)
		}, one + `"ask" "" reset by server`},
		{"a SYN in somebody's name", func(p *peers) {
			p.connect()
			p.says(C, "as")
			p.packet(C, 77, 0, flagSYN, "")
			p.says(S, "")
			p.says(C, "k")
			p.close(C)
		}, one + `"ask" "" FIN by client`},
		{"an acknowledgment in somebody's name", func(p *peers) {
			p.connect()
			p.packet(C, p.c, p.s+1e6, flagACK, "")
			p.packet(S, p.s, p.c+3e6, flagACK, "")
			p.says(C, "ask")
			p.says(S, "answer")
			p.says(C, "")
			p.close(C)
		}, one + `"ask" "answer" FIN by client`},
		{"the same port again", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.close(C)
			p.c, p.s = 99, 12345
			p.connect()
			p.says(C, "again")
			p.close(S)
		}, one + `"ask" "" FIN by client` + "\n" + one + `"again" "" FIN by server`},
		{"the same port again, and we missed how the first ended", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.c, p.s = 99, 12345
			p.connect()
			p.says(C, "again")
			p.close(S)
		}, one + `"ask" "" forgotten` + "\n" + one + `"again" "" FIN by server`},
		{"late packets", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.close(C)
			p.packet(C, p.c-4, p.s, flagACK, "ask")
			p.packet(C, p.c-1, p.s, flagACK|flagFIN, "")
			p.packet(S, p.s, p.c, flagRST, "")
		}, one + `"ask" "" FIN by client`},
		{"data beside a SYN", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "ask")
			p.c += 4
			p.flagged(S, flagSYN|flagACK, "")
			p.says(C, "")
			p.says(C, "ed")
			p.close(C)
		}, one + `"ed" "" lost 3 0 FIN by client`},
		{"data beside a SYN, not taken", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "ask")
			p.c++
			p.flagged(S, flagSYN|flagACK, "")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "" FIN by client`},
		{"joined", func(p *peers) {
			p.says(C, "")
			p.says(S, "swer")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "swer" joined FIN by client`},
		{"no SYN", func(p *peers) {
			p.c++
			p.flagged(S, flagSYN|flagACK, "")
			p.says(C, "")
			p.says(C, "ask")
			p.close(C)
		}, one + `"ask" "" FIN by client`},
		{"no answer to the SYN", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "")
			p.c++
			p.s++
			p.says(C, "")
			p.says(C, "ask")
			p.says(S, "answer")
			p.close(C)
		}, one + `"ask" "answer" FIN by client`},
		{"no acknowledgment of the answer to the SYN", func(p *peers) {
			p.packet(C, p.c, 0, flagSYN, "")
			p.c++
			p.flagged(S, flagSYN|flagACK, "")
			p.says(C, "ask")
			p.says(S, "answer")
			p.close(C)
		}, one + `"ask" "answer" FIN by client`},
		{"nothing but packets that end something", func(p *peers) { p.close(C); p.flagged(S, flagRST, "") }, ``},
		{"connected by the server's port", func(p *peers) {
			p.packet(S, p.s, 0, flagSYN, "")
			p.s++
			p.flagged(C, flagSYN|flagACK, "")
			p.says(S, "")
			p.says(S, "ask")
			p.says(C, "answer")
			p.close(S)
		}, ``},
		{"a hole", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.says(S, "one")
			p.unseen(S, "two")
			p.says(S, "three")
			p.says(C, "")
			p.close(S)
		}, one + `"ask" "onethree" lost 0 3 FIN by server`},
		{"a hole at the end", func(p *peers) {
			p.connect()
			p.unseen(C, "ask")
			p.says(S, "answer")
			p.unseen(S, "tail")
			p.close(C)
		}, one + `"" "answer" lost 3 4 FIN by client`},
		{"a hole with the end in it", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.unseen(S, "answer")
			p.s++ // its FIN
			p.flagged(C, flagACK|flagFIN, "")
			p.says(S, "")
			p.seconds(601)
		}, one + `"ask" "" lost 0 6 forgotten`},
		{"everything but one packet is missed", func(p *peers) {
			p.connect()
			p.unseen(C, "ask")
			p.unseen(S, "answer")
			p.flagged(C, flagACK|flagFIN, "!")
			p.seconds(601)
		}, one + `"!" "" lost 3 6 forgotten`},
		{"a segment that the network lost", func(p *peers) {
			p.connect()
			p.packet(C, p.c+3, p.s, flagACK, "two")
			p.says(S, "")
			p.says(C, "one")
			p.c += 3
			p.says(S, "")
			p.close(C)
		}, one + `"onetwo" "" FIN by client`},
		{"a probe for life", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.packet(C, p.c-1, p.s, flagACK, "")
			p.packet(C, p.c-1, p.s, flagACK, "\x00")
			p.says(C, "ed")
			p.close(C)
		}, one + `"asked" "" FIN by client`},
		{"silence", func(p *peers) { p.connect(); p.says(C, "ask"); p.seconds(601) }, one + `"ask" "" forgotten`},
		{"silence, and then something", func(p *peers) {
			p.connect()
			p.says(C, "ask")
			p.seconds(601)
			p.says(S, "answer")
			p.close(S)
		}, one + `"ask" "" forgotten` + "\n" + one + `"" "answer" joined FIN by server`},
		{"a FIN out of nowhere", func(p *peers) {
			p.connect()
			p.packet(C, p.c+500, p.s, flagACK|flagFIN, "")
			p.says(C, "ask")
			p.says(S, "answer")
			p.close(C)
		}, one + `"ask" "answer" FIN by client`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPeers()
			c.story(p)
			if got := p.book.String(); got != c.want {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			if p.a.room.used != 0 {
				t.Errorf("%d bytes still held", p.a.room.used)
			}
		})
	}
}

// TestNames: a connection is told once, however many names it passes under, and
// by those that the client knows.
func TestNames(t *testing.T) {
	container := v4(172, 17, 0, 2, 11434)
	bridge := v4(172, 17, 0, 1, 51000)
	same := func(p parcel) parcel { return p }
	rewrite := func(client, server endpoint) func(parcel) parcel {
		change := func(e endpoint) endpoint {
			if e.port == 11434 || e.port == 8080 {
				return server
			}
			return client
		}
		return func(p parcel) parcel {
			p.from, p.to = change(p.from), change(p.to)
			return p
		}
	}
	me := v4(192, 0, 2, 77, 40000)
	for _, c := range []struct {
		name  string
		paths []func(parcel) parcel
	}{
		{"three interfaces", []func(parcel) parcel{same, same, same}},
		{"to a container", []func(parcel) parcel{same, rewrite(me, container), rewrite(me, container)}},
		{"to another node", []func(parcel) parcel{same, rewrite(bridge, container), rewrite(bridge, container)}},
	} {
		for _, joined := range []bool{false, true} {
			if joined && c.name == "to another node" {
				continue // nothing tells that these are one: two conversations
			}
			t.Run(fmt.Sprint(c.name, ", joined ", joined), func(t *testing.T) {
				p := newPeers()
				p.paths = c.paths
				if !joined {
					p.connect()
				}
				p.says(FromClient, "ask")
				p.says(FromServer, "answer")
				p.says(FromClient, "again")
				p.close(FromClient)
				want := `192.0.2.77:40000 > 192.0.2.1:11434 "askagain" "answer" FIN by client`
				if joined {
					want = strings.Replace(want, "FIN", "joined FIN", 1)
				}
				if got := p.book.String(); got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			})
		}
	}
}

// TestTwoServersOneClientPort: the same client port to two servers are two connections.
func TestTwoServersOneClientPort(t *testing.T) {
	p := newPeers()
	other := *p
	other.server, other.s = v4(192, 0, 2, 9, 11434), 777
	p.connect()
	other.connect()
	p.says(FromClient, "one")
	other.says(FromClient, "two")
	p.close(FromClient)
	other.close(FromServer)
	want := `192.0.2.77:40000 > 192.0.2.1:11434 "one" "" FIN by client
192.0.2.77:40000 > 192.0.2.9:11434 "two" "" FIN by server`
	if got := p.book.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestAddresses: as others write them.
func TestAddresses(t *testing.T) {
	six := func(s string, port uint16) endpoint { return endpoint{netip.MustParseAddr(s).As16(), port} }
	for _, c := range []struct {
		name           string
		client, server endpoint
		extensions     []byte
		want           string
	}{
		{"IPv6", six("2001:db8::1", 4000), six("2001:db8::2", 11434), []byte{}, "[2001:db8::1]:4000 > [2001:db8::2]:11434"},
		{"mapped", six("::ffff:192.0.2.5", 4000), six("::ffff:192.0.2.6", 11434), []byte{},
			"192.0.2.5:4000 > 192.0.2.6:11434"},
		{"of one link", six("fe80::1", 4000), six("fe80::2", 11434), []byte{},
			"[fe80::1%eth0]:4000 > [fe80::2%eth0]:11434"},
		{"extension headers", six("2001:db8::1", 4000), six("2001:db8::2", 11434),
			[]byte{protoHop, protoOptions, protoRouting, protoFragment}, "[2001:db8::1]:4000 > [2001:db8::2]:11434"},
		{"one port for both", v4(192, 0, 2, 1, 11434), v4(192, 0, 2, 2, 11434), nil,
			"192.0.2.1:11434 > 192.0.2.2:11434"},
		{"two ports of ours", v4(192, 0, 2, 1, 11435), v4(192, 0, 2, 2, 11434), nil,
			"192.0.2.1:11435 > 192.0.2.2:11434"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPeers(11434, 11435)
			p.client, p.server, p.six = c.client, c.server, c.extensions
			p.connect()
			p.says(FromClient, "ask")
			p.says(FromServer, "answer")
			p.close(FromServer)
			want := c.want + ` "ask" "answer" FIN by server`
			if got := p.book.String(); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// TestLargeSegments: several segments in one packet, larger than an IP header can say.
func TestLargeSegments(t *testing.T) {
	for _, six := range [][]byte{nil, {}, {protoHop}} {
		p := newPeers()
		p.six = six
		large := strings.Repeat("0123456789abcdef", 200<<10/16)
		p.connect()
		p.says(FromClient, large)
		p.says(FromServer, large)
		p.close(FromClient)
		got := p.book.pages[0]
		if string(got.said[0]) != large || string(got.said[1]) != large || got.lost != [2]int64{} {
			t.Errorf("IPv6 %v: %d and %d bytes, lost %v", six != nil, len(got.said[0]), len(got.said[1]), got.lost)
		}
	}
}

// TestCut: what was cut off a packet is lost once it is acknowledged, and what comes after is told.
func TestCut(t *testing.T) {
	p := newPeers()
	p.connect()
	p.cut = 50
	p.says(FromClient, "0123456789abcdef")
	p.says(FromServer, "answer")
	p.cut = 0
	p.close(FromClient)
	want := `192.0.2.77:40000 > 192.0.2.1:11434 "0123456789" "answer" lost 6 0 FIN by client`
	if got := p.book.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if p.a.stats.Truncated != 1 {
		t.Errorf("%d cut packets counted", p.a.stats.Truncated)
	}
}
