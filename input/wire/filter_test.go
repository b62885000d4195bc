package wire

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/net/bpf"
)

// passes is the filter in the plainest way.
func passes(p []byte, ports []uint16) bool {
	port := func(at int) uint16 {
		if at+2 > len(p) {
			return 0
		}
		return binary.BigEndian.Uint16(p[at:])
	}
	tcp := func(at int) bool {
		return at+2 <= len(p) && slices.Contains(ports, port(at)) ||
			at+4 <= len(p) && slices.Contains(ports, port(at+2))
	}
	if len(p) < 10 {
		return false
	}
	switch p[0] >> 4 {
	case 4:
		return p[9] == protoTCP && port(6)&0x1fff == 0 && tcp(int(p[0]&15)*4)
	case 6:
		next, at := p[6], sizeIPv6
		for range mostExtensions {
			if next == protoTCP || at+4 > len(p) {
				break
			}
			switch next {
			case protoHop, protoRouting, protoOptions:
				next, at = p[at], at+(int(p[at+1])+1)*8
			case protoFragment:
				if port(at+2)&0xfff8 != 0 {
					return false
				}
				next, at = p[at], at+8
			default:
				return false
			}
		}
		return next == protoTCP && tcp(at)
	}
	return false
}

func vm(t testing.TB, ports []uint16) *bpf.VM {
	t.Helper()
	m, err := bpf.NewVM(what(ports))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func accepts(t testing.TB, m *bpf.VM, p []byte) bool {
	t.Helper()
	n, err := m.Run(p)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func TestFilter(t *testing.T) {
	var many []uint16
	for i := range uint16(mostPorts) {
		many = append(many, 11434+i)
	}
	a, b := v4(192, 0, 2, 1, 40000), v4(192, 0, 2, 2, 11434)
	to := func(port uint16) *parcel {
		e := b
		e.port = port
		return &parcel{from: a, to: e, data: []byte("x")}
	}
	change := func(p []byte, at int, to byte) []byte { p[at] = to; return p }
	for _, c := range []struct {
		name  string
		ports []uint16
		p     []byte
		want  bool
	}{
		{"to the port", []uint16{11434}, to(11434).ipv4(), true},
		{"from the port", []uint16{11434}, (&parcel{from: b, to: a}).ipv4(), true},
		{"another port", []uint16{11434}, to(11435).ipv4(), false},
		{"the last of many", many, to(many[mostPorts-1]).ipv4(), true},
		{"from the last of many", many, (&parcel{from: to(many[mostPorts-1]).to, to: a}).ipv4(), true},
		{"beside many", many, to(many[mostPorts-1] + 1).ipv4(), false},
		{"UDP", []uint16{11434}, change(to(11434).ipv4(), 9, 17), false},
		{"first fragment", []uint16{11434}, change(to(11434).ipv4(), 6, 0x20), true},
		{"later fragment", []uint16{11434}, change(to(11434).ipv4(), 7, 1), false},
		{"IPv6", many, to(11440).ipv6(), true},
		{"IPv6, another port", many, to(22).ipv6(), false},
		{"IPv6, UDP", many, change(to(11440).ipv6(), 6, 17), false},
		{"IPv6, one header between", many, to(11440).ipv6(protoHop), true},
		{"IPv6, four headers between", many, to(11440).ipv6(protoHop, protoOptions, protoRouting, protoFragment), true},
		{"IPv6, five headers between", many,
			to(11440).ipv6(protoHop, protoOptions, protoRouting, protoFragment, protoOptions), false},
		{"IPv6, four headers and another port", many, to(22).ipv6(protoHop, protoOptions, protoRouting, protoOptions), false},
		{"ARP", []uint16{11434}, []byte{0, 1, 8, 0, 6, 4, 0, 1, 2, 3, 4, 5, 6, 7}, false},
		{"nothing", []uint16{11434}, []byte{}, false},
	} {
		if got := accepts(t, vm(t, c.ports), c.p); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := passes(c.p, c.ports); got != c.want {
			t.Errorf("%s: the plain reference says %v", c.name, got)
		}
		if _, err := filter(c.ports, []int{1, 2, 3}); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, ports := range [][]uint16{nil, append(many, 1)} {
		if _, err := filter(ports, nil); err == nil {
			t.Errorf("%d ports: no error", len(ports))
		}
	}
	if _, err := filter(many, make([]int, mostInterfaces+1)); err == nil {
		t.Error("too many interfaces: no error")
	}
	if all, err := filter(many, make([]int, mostInterfaces)); err != nil || len(all) > 4096 {
		t.Errorf("%d instructions, %v", len(all), err)
	}
}

// FuzzFilter: the filter passes what the plain reference does, and everything that
// has a segment of ours.
func FuzzFilter(f *testing.F) {
	ports := []uint16{11434, 0x4141, 80}
	p := parcel{from: v4(1, 2, 3, 4, 9), to: v4(5, 6, 7, 8, 11434), data: []byte("data")}
	f.Add(p.ipv4())
	f.Add(p.ipv6())
	f.Add(p.ipv6(protoHop, protoFragment, protoOptions))
	f.Fuzz(func(t *testing.T, b []byte) {
		got := accepts(t, vm(t, ports), b)
		if want := passes(b, ports); got != want {
			t.Errorf("%v, want %v", got, want)
		}
		g, quality := decode(b, len(b))
		if quality == malformed {
			return
		}
		if len(g.payload) != g.length || g.length > len(b) {
			t.Errorf("%d bytes of %d", len(g.payload), g.length)
		}
		ours := slices.Contains(ports, g.from.port) || slices.Contains(ports, g.to.port)
		if !got && ours && extensions(b) <= mostExtensions {
			t.Error("a segment of ours does not pass")
		}
	})
}

// extensions returns how many headers are between that of IPv6 and that of TCP.
func extensions(b []byte) (n int) {
	if b[0]>>4 != 6 {
		return 0
	}
	for next, at := b[6], sizeIPv6; next != protoTCP; n++ {
		size := 8
		if next != protoFragment {
			size = (int(b[at+1]) + 1) * 8
		}
		next, at = b[at], at+size
	}
	return n
}

// FuzzPackets: whatever comes in whatever order, the assembly keeps within its bounds.
func FuzzPackets(f *testing.F) {
	p := parcel{v4(1, 2, 3, 4, 9), v4(5, 6, 7, 8, 11434), 1, 2, flagACK, []byte("data")}
	f.Add(p.ipv4(), p.ipv6())
	f.Fuzz(func(t *testing.T, a, b []byte) {
		x := newAssembly([]uint16{11434, 11435}, newBook().open, func(int) string { return "" })
		for i, p := range [][]byte{a, b, a, b} {
			x.packet(p, len(p), int64(i), 0)
			if len(p) > 0 {
				x.packet(p[:len(p)-1], len(p), int64(i), 0)
			}
		}
		x.end()
		if x.room.used != 0 {
			t.Errorf("%d bytes held after the end", x.room.used)
		}
	})
}
