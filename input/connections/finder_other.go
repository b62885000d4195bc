//go:build !linux

package connections

import "net/netip"

// Finder finds nothing: connections have no identity here.
type Finder struct{}

// NewFinder returns it.
func NewFinder() (*Finder, error) { return &Finder{}, nil }

// Find returns an empty connection_id.
func (*Finder) Find(netip.AddrPort, netip.AddrPort) string { return "" }

// Close does nothing.
func (*Finder) Close() error { return nil }
