package sockdiag

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"net/netip"
	"strings"
	"syscall"
	"testing"
)

// told makes a message as the kernel does: a struct inet_diag_msg and, where info is not nil, a struct tcp_info.
func told(s Socket, zone uint32, info []uint64) []byte {
	family := byte(familyIPv6)
	if s.Local.Addr().Is4() {
		family = familyIPv4
	}
	b := header(byFamily, 0, 7)
	b = append(b, family, byte(s.State), 0, 0)
	b = binary.BigEndian.AppendUint16(b, s.Local.Port())
	b = binary.BigEndian.AppendUint16(b, s.Peer.Port())
	b = appendAddr(b, s.Local.Addr())
	b = appendAddr(b, s.Peer.Addr())
	b = binary.NativeEndian.AppendUint32(b, zone)
	b = binary.NativeEndian.AppendUint32(b, uint32(s.Cookie))
	b = binary.NativeEndian.AppendUint32(b, uint32(s.Cookie>>32))
	b = append(b, make([]byte, 12)...)
	b = binary.NativeEndian.AppendUint32(b, s.UID)
	b = binary.NativeEndian.AppendUint32(b, s.Inode)
	if info != nil {
		b = append(b, 5, 0, 8, 0, 6, 0, 0, 0) // INET_DIAG_PROTOCOL and its padding
		b = binary.NativeEndian.AppendUint16(b, uint16(4+8*len(info)))
		b = binary.NativeEndian.AppendUint16(b, attributeInfo)
		for _, n := range info {
			b = binary.NativeEndian.AppendUint64(b, n)
		}
	}
	return sized(b)
}

// tcpInfo makes a struct tcp_info.
func tcpInfo(acked, received, sent, resent uint64) []uint64 {
	info := make([]uint64, 30)
	info[infoAcked/8], info[infoReceived/8], info[infoSent/8], info[infoResent/8] = acked, received, sent, resent
	return info
}

func TestDecode(t *testing.T) {
	ends := netip.MustParseAddrPort
	const zone = 3
	for _, tt := range []struct {
		name string
		told []byte
		want Socket
	}{
		{
			"IPv4",
			told(Socket{State: Closed, Local: ends("192.0.2.1:11434"), Peer: ends("203.0.113.7:5000"), Cookie: 1 << 40}, 0, nil),
			Socket{State: Closed, Local: ends("192.0.2.1:11434"), Peer: ends("203.0.113.7:5000"), Cookie: 1 << 40},
		},
		{
			"IPv4 on an IPv6 listener",
			told(Socket{State: Closed, Local: ends("[::ffff:192.0.2.1]:11434"), Peer: ends("[::ffff:203.0.113.7]:5000")},
				zone, nil),
			Socket{State: Closed, Local: ends("192.0.2.1:11434"), Peer: ends("203.0.113.7:5000")},
		},
		{
			"link-local with a zone",
			told(Socket{State: Established, Local: ends("[fe80::1]:11434"), Peer: ends("[fe80::2]:5000"), UID: 977, Inode: 5},
				zone, nil),
			Socket{State: Established, Local: ends("[fe80::1%3]:11434"), Peer: ends("[fe80::2%3]:5000"), UID: 977, Inode: 5},
		},
		{
			"an address that needs no zone",
			told(Socket{Local: ends("[2001:db8::1]:11434"), Peer: ends("[2001:db8::2]:5000")}, zone, nil),
			Socket{Local: ends("[2001:db8::1]:11434"), Peer: ends("[2001:db8::2]:5000")},
		},
		{
			"a listener",
			told(Socket{State: Listening, Local: ends("[::]:11434"), Peer: ends("[::]:0")}, 0, nil),
			Socket{State: Listening, Local: ends("[::]:11434"), Peer: ends("[::]:0")},
		},
		{
			"both ends among the bytes",
			told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, tcpInfo(76, 47, 75, 0)),
			Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2"), Counted: true, In: 46, Out: 75},
		},
		{
			"reset, and something sent twice",
			told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, tcpInfo(50, 46, 100, 25)),
			Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2"), Counted: true, In: 46, Out: 50},
		},
		{
			"nothing was sent",
			told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, tcpInfo(0, 0, 0, 0)),
			Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2"), Counted: true},
		},
		{
			"an older kernel",
			told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, tcpInfo(76, 47, 0, 0)[:infoSent/8]),
			Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2"), Counted: true, In: 47, Out: 76},
		},
		{
			"a kernel that does not count bytes",
			told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, make([]uint64, infoAcked/8)),
			Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")},
		},
	} {
		m, rest, err := split(tt.told)
		if err != nil || len(rest) > 0 || m.kind != byFamily || m.sequence != 7 {
			t.Fatalf("%s: %+v, %d bytes left, %v", tt.name, m, len(rest), err)
		}
		tt.want.Namespace = Here
		if got, err := decode(m.body); err != nil || got != tt.want {
			t.Errorf("%s: %v\n got %+v\nwant %+v", tt.name, err, got, tt.want)
		}
	}
}

// TestDecodeTheKernelsWords: a message as Linux 6.18 sent it on x86, of a client that sent 46 bytes, received 75 and
// closed first.
func TestDecodeTheKernelsWords(t *testing.T) {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		t.Skip("the message is of a little-endian machine")
	}
	raw, err := hex.DecodeString(strings.Join(strings.Fields(kernelsWords), ""))
	if err != nil {
		t.Fatal(err)
	}
	m, rest, err := split(raw)
	if err != nil || len(rest) > 0 {
		t.Fatal(err, len(rest))
	}
	s, err := decode(m.body)
	if err != nil || s.State != Closed || !s.Counted || s.In != 46 || s.Out != 75 || s.Cookie == 0 ||
		s.Local.String() != "127.0.0.1:11434" || !s.Peer.Addr().IsLoopback() {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestErrors(t *testing.T) {
	refused := message{body: binary.NativeEndian.AppendUint32(nil, ^uint32(syscall.ENOENT)+1)}
	if err := refused.failure(); !errors.Is(err, syscall.ENOENT) {
		t.Error(err)
	}
	for _, fine := range []message{{}, {body: make([]byte, 4)}} {
		if err := fine.failure(); err != nil {
			t.Error(err)
		}
	}
	ends := netip.MustParseAddrPort
	whole := told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, nil)
	for n := range whole {
		if _, _, err := split(whole[:n]); !errors.Is(err, errShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for n := range socketLen {
		if _, err := decode(whole[headerLen : headerLen+n]); !errors.Is(err, errShort) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	unix := append([]byte(nil), whole[headerLen:]...)
	unix[0] = 1
	if s, err := decode(unix); err == nil {
		t.Errorf("%+v", s)
	}
}

// FuzzDecode: whatever comes is split into messages that lie in it, one after the other, and decoded or refused; what
// was decoded is what its message was made of.
func FuzzDecode(f *testing.F) {
	ends := netip.MustParseAddrPort
	one := told(Socket{Local: ends("192.0.2.1:1"), Peer: ends("192.0.2.2:2")}, 0, tcpInfo(1, 2, 3, 4))
	f.Add(one)
	f.Add(append(one, told(Socket{Local: ends("[fe80::1]:1"), Peer: ends("[fe80::2]:2")}, 9, nil)...))
	f.Add(one[:len(one)-3])
	f.Add([]byte{16, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Add([]byte{0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		for rest := b; len(rest) > 0; {
			m, next, err := split(rest)
			if err != nil {
				return
			}
			if len(next) >= len(rest) || len(m.body) > len(rest)-headerLen {
				t.Fatalf("%d bytes of %d left after a message of %d", len(next), len(rest), len(m.body))
			}
			rest = next
			_ = m.failure()
			if n, ok := namespaceReply(m); ok && n < 0 {
				t.Errorf("namespace %d", n)
			}
			s, err := decode(m.body)
			if err != nil {
				continue
			}
			for _, a := range []netip.Addr{s.Local.Addr(), s.Peer.Addr()} {
				if !a.IsValid() || a.Is4In6() {
					t.Errorf("address %v", a)
				}
			}
			if s.In > 0 && !s.Counted {
				t.Errorf("%+v", s)
			}
			again, err := decode(told(s, interfaceOf(s.Local.Addr(), s.Peer.Addr()), nil)[headerLen:])
			s.Counted, s.In, s.Out = false, 0, 0
			if err != nil || again != s && s.Local.Addr().Is4() == s.Peer.Addr().Is4() {
				t.Errorf("%v\nfrom %+v\n  to %+v", err, s, again)
			}
		}
	})
}

const kernelsWords = `
7c010000140000000000000000000000020700002caa89967f0000010000000000000000000000007f000001000000000000000000000000
000000003c10000000000000000000000000000000000000000000000000000005000a00060000001c010200070000000007aa00e01c0300
409c00000080000018020000000000000000000000000000000000000000000000000000000000000000000000000000ffff0000cbff0000
0e00000007000000ffffff7f0c000000cbff00000300000000000000cbff000000000000009d96a00d000000ffffffffffffffff4c000000
000000002f00000000000000030000000600000000000000050000000100000001000000000050c300000000000000000000000000000000
00000000000000000000000003000000000000004b0000000000000000000000000000000000000000000000000000000000010000000100
0000000000000000000000000000000000000000000000000000000000000000000000000000000000000000
`
