//go:build !linux

package connections

import "net/netip"

// Finder finds nothing: on this system connections have no identity.
type Finder struct{}

// NewFinder returns a Finder that finds nothing.
func NewFinder() (*Finder, error) { return &Finder{}, nil }

// Find returns an empty connection_id.
func (*Finder) Find(netip.AddrPort, netip.AddrPort) string { return "" }

// Close does nothing.
func (*Finder) Close() error { return nil }
