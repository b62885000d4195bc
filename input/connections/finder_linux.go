package connections

import (
	"net/netip"

	"ollama-hec/input/sockdiag"
)

// Finder finds the connection_id of a connection that was seen elsewhere, on the wire, so that its requests can be
// joined with it. It is used by one goroutine.
type Finder struct {
	asker *sockdiag.Asker
}

// NewFinder opens a Finder.
func NewFinder() (*Finder, error) {
	asker, err := sockdiag.NewAsker()
	if err != nil {
		return nil, err
	}
	return &Finder{asker}, nil
}

// Find returns the connection_id, empty if there is none: the connection has ended, or its server is in a container.
// It costs one question to the kernel, some microseconds. Addresses may have the number of an interface as their zone.
func (f *Finder) Find(client, server netip.AddrPort) string {
	s, ok, err := f.asker.Find(server, client)
	if err != nil || !ok || s.Cookie == 0 {
		return ""
	}
	if s.Remnant || s.State == sockdiag.SynReceived {
		return "" // their cookie is not the connection's
	}
	return ID(s.Cookie)
}

// Close closes it.
func (f *Finder) Close() error { return f.asker.Close() }
