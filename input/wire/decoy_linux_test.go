package wire

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ollama-hec/input/netnstest"
)

// decoys are segments that a client of 203.0.113.1 sends beside what it says.
type decoys struct {
	sniffer, raw int
	seq, ack     uint32 // of what the client says next
	port         uint16
	stamped      uint32 // the last time stamp
}

// connect opens a connection and finds out where both sides begin.
func (d *decoys) connect(address string) (net.Conn, error) {
	ip := int(bigEndian(unix.ETH_P_IP))
	var err error
	if d.sniffer, err = unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, ip); err != nil {
		return nil, err
	}
	if d.raw, err = unix.Socket(unix.AF_INET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.IPPROTO_RAW); err != nil {
		return nil, err
	}
	c, err := net.Dial("tcp4", address)
	if err != nil {
		return nil, err
	}
	d.port = netip.MustParseAddrPort(c.LocalAddr().String()).Port()
	for p := make([]byte, 2048); ; {
		n, _, err := unix.Recvfrom(d.sniffer, p, 0)
		if err != nil {
			return nil, err
		}
		g, _ := decode(p[:n], n)
		if g.to.port == d.port && g.is(flagSYN) && g.is(flagACK) {
			d.seq, d.ack = g.ack, g.seq+1
			d.stamped = binary.BigEndian.Uint32(p[n-8:]) // the client's, returned, before a pad and the scale
			return c, nil
		}
	}
}

// send sends a segment with options, and a checksum that is right but for wrong.
func (d *decoys) send(seq, ack uint32, flags uint8, options []byte, data string, wrong uint16) error {
	data = string(options) + data
	p := &parcel{v4(203, 0, 113, 77, d.port), v4(203, 0, 113, 1, 11434), seq, ack, flags, []byte(data)}
	packet := p.ipv4()[:sizeIPv4+sizeTCP+len(data)]
	binary.BigEndian.PutUint16(packet[2:], uint16(len(packet)))
	packet[sizeIPv4+12] = byte(sizeTCP+len(options)) / 4 << 4
	binary.BigEndian.PutUint16(packet[sizeIPv4+16:], checksum(p, packet[sizeIPv4:])+wrong)
	return unix.Sendto(d.raw, packet, 0, &unix.SockaddrInet4{Addr: [4]byte{203, 0, 113, 1}})
}

// TestDecoys: a client sends what its server's kernel drops, and then says something else. That is told, or it is
// found out that it said two things.
func TestDecoys(t *testing.T) {
	const truth = "the truth and nothing else"
	stamp := func(at uint32) []byte {
		return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32([]byte{1, 1, 8, 10}, at), 0)
	}
	md5 := slices.Concat([]byte{1, 1, 19, 18}, make([]byte, 16))
	for _, c := range []struct {
		name   string
		decoy  func(d *decoys) error
		hidden bool // it is not seen through, but found out
	}{
		{"none", func(*decoys) error { return nil }, false},
		{"a wrong checksum", func(d *decoys) error { return d.send(d.seq, d.ack, flagACK, nil, "decoy", 1) }, false},
		{"no acknowledgment", func(d *decoys) error { return d.send(d.seq, d.ack, 0, nil, "decoy", 0) }, false},
		{"a signature", func(d *decoys) error { return d.send(d.seq, d.ack, flagACK, md5, "decoy", 0) }, false},
		{"a stamp of the past", func(d *decoys) error {
			return d.send(d.seq, d.ack, flagACK, stamp(d.stamped-1_000_000), "the decoy and nothing else", 0)
		}, true},
		{"an acknowledgment of the future", func(d *decoys) error {
			return d.send(d.seq, d.ack+100_000, flagACK, stamp(d.stamped), "the decoy and nothing else", 0)
		}, true},
		{"of other lengths", func(d *decoys) error {
			if err := d.send(d.seq, d.ack+100_000, flagACK, stamp(d.stamped), "dec", 0); err != nil {
				return err
			}
			time.Sleep(20 * time.Millisecond) // the server denies the first
			return d.send(d.seq+3, d.ack+100_000, flagACK, stamp(d.stamped), "oys are", 0)
		}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, server := netnstest.Cable(t)
			got := make(chan string, 1)
			serve(t, server, "203.0.113.1:11434", func(c net.Conn) {
				defer c.Close()
				said, _ := io.ReadAll(c)
				got <- string(said)
			})
			seen := read(t, server, []uint16{11434}, "v1")
			client.Do(t, func() error {
				var d decoys
				conn, err := d.connect("203.0.113.1:11434")
				if err != nil {
					return err
				}
				defer conn.Close()
				defer unix.Close(d.sniffer)
				defer unix.Close(d.raw)
				if err := c.decoy(&d); err != nil {
					return err
				}
				time.Sleep(20 * time.Millisecond) // it comes first
				_, err = fmt.Fprint(conn, truth)
				return err
			})
			if said := <-got; said != truth {
				t.Fatalf("the server got %q", said)
			}
			seen.wait(t, 1)
			seen.stop()
			page := seen.pages[0]
			told := string(page.said[FromClient])
			if c.hidden && (page.contradicted == 0 || told == truth) || !c.hidden && (told != truth || page.contradicted > 0) {
				t.Errorf("told %q, %d contradictions; %+v", told, page.contradicted, seen.Stats())
			}
			if refused := seen.Stats().Refused; (refused > 0) != (!c.hidden && !strings.HasPrefix(c.name, "none")) {
				t.Errorf("%d packets are refused", refused)
			}
		})
	}
}
