//go:build !linux

package main

import (
	"context"
	"errors"
	"time"
)

func recvfrom(context.Context, []string) error { return errors.ErrUnsupported }

func standStill(context.Context, *process, time.Duration) error { return errors.ErrUnsupported }
