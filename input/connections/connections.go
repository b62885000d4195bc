// Package connections observes which TCP connections Ollama accepts and makes an event of the sourcetype
// ollama:connection of each, or one for many of the same client.
//
// On Linux the kernel reports every connection when it ends, whether or not it sent a byte, and
// reports that were lost are counted. A dump every few seconds finds those that last. Elsewhere
// the system's table is read at an interval: what begins and ends between two readings is not
// seen, and such events have the origin "poll".
//
// A connection is Ollama's by its local port. Events name a process only if its name could be
// read.
package connections

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"ollama-hec/input/spool"
)

// Sourcetype is the sourcetype of the events.
const Sourcetype = "ollama:connection"

// Events says which connections get an event of their own.
type Events uint8

const (
	// First makes one event for each client, server port and minute, with a count; the first connection of a
	// client makes one at once.
	First Events = iota
	// All makes one event when a connection is closed, and one before it when it lasts.
	All
)

// Options say what is observed and where events go. Zero values mean the defaults.
type Options struct {
	// Ports are the server's ports that are known from the start.
	Ports []uint16
	// MorePorts returns ports that have become known since, such as from log lines; nil: there
	// are none. It is called every few seconds and must not block.
	MorePorts func() []uint16
	// OnEnd, if not nil, is called for each connection that has ended and whose connection_id is
	// known. It must not block.
	OnEnd func(client, server netip.AddrPort, id string)
	// OnPort is called for each port that the observer finds: one whose listener is an Ollama
	// process.
	OnPort func(port uint16)
	Events Events
	// OnReady, if not nil, is called once, when the observer has begun.
	OnReady func()
	// Emit takes an event. It must not block, nor change the record's fields, which other
	// records share.
	Emit func(spool.Record)
	// Redact, if not nil, may change a client's address as it is written in an event.
	Redact func(src string) string
	Log    *slog.Logger // nil: nothing is logged

	// Proc is where the system's processes are listed; empty: /proc.
	Proc string
	// Every is how often open connections are listed; 0: every 5 s, or every 2 s where the table
	// is all there is.
	Every time.Duration
}

// Connection is one connection to Ollama, as it was seen at one moment.
type Connection struct {
	At             time.Time
	Client, Server netip.AddrPort // a port may be 0 where it is not known, Server's address unspecified
	Cookie         uint64         // identifies it in its namespace until the next boot; 0: unknown
	Ended          bool           // it was closed; else it is open
	Counted        bool           // In and Out are known
	In, Out        uint64         // bytes that the server received and sent
	MPTCP          bool           // known to have been over MPTCP
	Process        Process        // of the server
	Namespace      int32          // of the network, by the kernel's number; here for our own
	Fields         map[string]string
}

// here is the Namespace of our own network.
const here = -1

// Process is the process that listens. Fields that could not be read are zero; HasUser: User is
// known.
type Process struct {
	Name    string
	ID      int
	User    uint32
	HasUser bool
}

// New returns an observer; call Run to start it.
func New(o Options) *Observer {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Proc == "" {
		o.Proc = "/proc"
	}
	return &Observer{options: o}
}

// Observer observes connections.
type Observer struct {
	options Options
	figures figures
}

// Run observes until ctx ends, and then emits the events that it holds back. It returns an error
// only if it cannot work at all.
func (o *Observer) Run(ctx context.Context) error { return o.run(ctx) }

// Stats returns the counts so far. It may be called at any time.
func (o *Observer) Stats() Stats { return o.figures.snapshot() }
