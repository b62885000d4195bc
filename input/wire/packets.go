package wire

import "time"

// Packets makes conversations of IP packets that come from elsewhere than a Socket, such
// as a file. It is for one goroutine.
type Packets struct{ assembly *assembly }

// NewPackets reads the packets from and to the ports; others are left out.
func NewPackets(ports []uint16, open Opener) *Packets {
	return &Packets{newAssembly(ports, open, interfaceName)}
}

// Add takes a packet, seen at that time. It does not keep p.
func (p *Packets) Add(packet []byte, at time.Time) {
	p.assembly.now = max(p.assembly.now, at.UnixNano())
	p.assembly.packet(packet, len(packet), at.UnixNano(), 0)
	p.assembly.release()
	if p.assembly.now-p.assembly.ticked >= int64(tickEvery) {
		p.assembly.tick()
	}
}

// End ends the conversations that are still open: as EndForgotten.
func (p *Packets) End() Stats {
	p.assembly.end()
	return p.assembly.stats
}
