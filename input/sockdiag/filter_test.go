package sockdiag

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"testing"
)

// passes runs a filter as the kernel does, as far as its instructions are used here.
func passes(t *testing.T, program []instruction, message []byte) bool {
	t.Helper()
	var a uint32
	for pc := 0; pc < len(program); pc++ {
		i := program[pc]
		switch i.code {
		case loadHalf:
			if int(i.number)+2 > len(message) {
				return false
			}
			a = uint32(binary.BigEndian.Uint16(message[i.number:]))
		case jumpIf:
			if a == i.number {
				pc += int(i.yes)
			} else {
				pc += int(i.no)
			}
		case give:
			return i.number != 0
		default:
			t.Fatalf("instruction %+v", i)
		}
	}
	t.Fatal("the filter has no end")
	return false
}

// TestFilter: the kernel keeps back what has another local port, and nothing else.
func TestFilter(t *testing.T) {
	many := make([]uint16, maxFiltered)
	for i := range many {
		many[i] = uint16(1000 + 7*i)
	}
	for _, ports := range [][]uint16{nil, {11434}, {11434, 11435, 80}, many} {
		program := filter(ports)
		for _, port := range append([]uint16{0, 1, 80, 11433, 11434, 11435, 65535}, many...) {
			s := Socket{
				Local: netip.AddrPortFrom(netip.MustParseAddr("192.0.2.1"), port),
				Peer:  netip.MustParseAddrPort("192.0.2.2:11434"),
			}
			if got, want := passes(t, program, told(s, 0, nil)), slices.Contains(ports, port); got != want {
				t.Errorf("%d ports: %d passes is %v", len(ports), port, got)
			}
		}
	}
	if filter(make([]uint16, maxFiltered+1)) != nil {
		t.Error("more ports than a filter can hold")
	}
}

// TestRequests: what is asked for, byte by byte as the kernel's headers have it.
func TestRequests(t *testing.T) {
	b := dumpRequest(5, Mask(Established, CloseWait), 11434)
	if len(b) != 16+60 || binary.NativeEndian.Uint32(b) != uint32(len(b)) || binary.NativeEndian.Uint16(b[4:]) != ofTCP ||
		binary.NativeEndian.Uint16(b[6:]) != flagRequest|flagDump || binary.NativeEndian.Uint32(b[8:]) != 5 ||
		binary.BigEndian.Uint16(b[20:]) != 11434 || binary.NativeEndian.Uint32(b[68:]) != 1<<1|1<<8 {
		t.Errorf("% x", b)
	}
	b = findRequest(6, netip.MustParseAddrPort("192.0.2.1:11434"), netip.MustParseAddrPort("192.0.2.2:5000"))
	if len(b) != 16+56 || b[16] != familyIPv4 || b[17] != protocolTCP || binary.BigEndian.Uint16(b[24:]) != 11434 ||
		binary.BigEndian.Uint16(b[26:]) != 5000 || [4]byte(b[28:32]) != [4]byte{192, 0, 2, 1} ||
		[4]byte(b[44:48]) != [4]byte{192, 0, 2, 2} || binary.NativeEndian.Uint64(b[64:]) != noCookie {
		t.Errorf("% x", b)
	}
	b = findRequest(6, netip.MustParseAddrPort("[fe80::1%7]:11434"), netip.MustParseAddrPort("[fe80::2%7]:5000"))
	if b[16] != familyIPv6 || binary.NativeEndian.Uint32(b[60:]) != 7 {
		t.Errorf("% x", b)
	}
	b = namespaceRequest(9, 4711)
	if len(b) != 28 || binary.NativeEndian.Uint16(b[4:]) != getNamespace || binary.NativeEndian.Uint32(b[24:]) != 4711 {
		t.Errorf("% x", b)
	}
}
