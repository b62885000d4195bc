//go:build !linux

package main

import (
	"context"

	"ollama-hec/cmd/internal/settings"
)

// checkAsService needs the packaged service, which is Linux's.
func checkAsService(context.Context, []string, streams) error {
	return &settings.Error{Setting: "--service", Problem: "there is a packaged service on Linux only: leave it out"}
}
