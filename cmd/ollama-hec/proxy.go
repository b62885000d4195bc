package main

import (
	"context"
	"log/slog"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/proxy"
	"ollama-hec/cmd/internal/settings"
)

func newProxy(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "pass requests on to Ollama as a reverse proxy, and record each with its answer, for run to ship",
		Long: "proxy passes requests on to Ollama, and writes each with its answer to the state directory's spool, from where\n" +
			"run ships them: what capture does, for macOS, Windows, TLS and sidecars. Every request passes through it; if\n" +
			"recording fails, the request is passed on all the same. It listens on Ollama's port, so Ollama must use another\n" +
			"one: start Ollama with OLLAMA_HOST=127.0.0.1:11435.\n\n" +
			"SIGTERM or Ctrl-C lets requests end within DRAIN_TIMEOUT, a second one ends it at once.",
		Example: "  ollama-hec proxy\n" +
			"  ollama-hec proxy --proxy-listen :11434 --proxy-cert-file cert.pem --proxy-key-file key.pem",
		Args: noArgs,
		RunE: logging(std, func(ctx context.Context, s *settings.Settings, log *slog.Logger) error {
			p, err := proxy.Open(s, log)
			if err != nil {
				return err
			}
			return p.Run(ctx)
		}),
	}
	addEnvFile(cmd, false)
	addSettings(cmd, settings.Proxying, settings.Prompting, settings.Kept)
	return cmd
}
