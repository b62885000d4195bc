//go:build !linux

package connections

import (
	"errors"
	"fmt"
)

// Search finds nothing on this system.
type Search struct{}

// NewSearch returns an error: on this system nothing can be found.
func NewSearch() (*Search, error) {
	return nil, fmt.Errorf("listeners are looked for on Linux only: %w", errors.ErrUnsupported)
}

// Ports returns none.
func (*Search) Ports() ([]uint16, error) { return nil, nil }

// Close does nothing.
func (*Search) Close() error { return nil }
