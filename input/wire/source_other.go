//go:build !linux

package wire

import (
	"errors"
	"fmt"
)

func openSource([]uint16, []int) (source, error) {
	return nil, fmt.Errorf("packets are read on Linux only: %w", errors.ErrUnsupported)
}
