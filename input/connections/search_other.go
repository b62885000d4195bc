//go:build !linux

package connections

import (
	"errors"
	"fmt"
)

// Search finds Ollama's ports where no connections are observed.
type Search struct{}

// NewSearch says that nothing is found here.
func NewSearch() (*Search, error) {
	return nil, fmt.Errorf("listeners are looked for on Linux only: %w", errors.ErrUnsupported)
}

// Ports returns none.
func (*Search) Ports() ([]uint16, error) { return nil, nil }

// Close does nothing.
func (*Search) Close() error { return nil }
