// Package wire tells what the peers of TCP connections say to each other, read
// off the wire: for each connection a Conversation, which gets every byte of
// both sides once and in order, or is told how many were never seen.
//
// It changes nothing, answers nothing and stands in nobody's way: if it is slow
// or stops, bytes are lost to it and counted, and the connections go on. It
// knows nothing of HTTP. TCP is all it reads. A checksum is looked at where neither the
// kernel nor the hardware did; a packet that its own host sends has none yet.
package wire

import (
	"net/netip"
	"time"
)

// Side says who sent something.
type Side uint8

const (
	FromClient Side = iota // who opened the connection
	FromServer
)

// Connection is one TCP connection to a port of Ollama. Mapped IPv4 addresses
// are unmapped; a zone stays.
type Connection struct {
	Client, Server netip.AddrPort
	At             time.Time // first packet seen
	Joined         bool      // its beginning was not seen
	ID             string    // connection_id where known, else ""
}

// End says how a connection ended.
type End uint8

const (
	EndFIN       End = iota // both sides closed
	EndReset                // one side broke it off, or closed and did not take the rest
	EndForgotten            // idle too long or evicted for room
)

// Conversation takes what both sides of one connection say, each side in order.
// Calls for one connection never overlap.
type Conversation interface {
	// Data says that from said p. The caller owns p and uses it again after
	// Data returned. It is at most what one segment holds.
	Data(from Side, at time.Time, p []byte)
	// Lost says that n bytes of from were never seen; they stood here. More of
	// them may follow at once.
	Lost(from Side, at time.Time, n int64)
	// Contradicted says that from said something twice, and something else the second time: which of
	// both the other side has taken is not known, nor whether what was told is right since it last
	// answered.
	Contradicted(from Side, at time.Time)
	// Closed says that from closed, and that all it said before was told: it says nothing
	// more, and the other side may go on. It is called once for a side at most, and not
	// where the end of a side was not seen.
	Closed(from Side, at time.Time)
	// Done says that nothing more comes. by is who closed first, or broke off.
	Done(how End, by Side, at time.Time)
}

// Opener begins a conversation for a connection seen for the first time. A nil
// Conversation: nobody wants to know.
type Opener func(Connection) Conversation
