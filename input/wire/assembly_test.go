package wire

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
)

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
