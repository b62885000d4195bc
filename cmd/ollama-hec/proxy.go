package main

import (
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/proxy"
	"ollama-hec/cmd/internal/settings"
)

func newProxy(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "proxy",
		Short: "stand before Ollama as a reverse proxy, and tell run of every request and answer",
		Long: "proxy passes requests on to Ollama, and leaves each with its answer in the state directory's spool, from where\n" +
			"run ships them: what capture does, for macOS, Windows, TLS and sidecars. It is in every request's path; what\n" +
			"fails in telling costs no request. Ollama has to leave it its port: start it with OLLAMA_HOST=127.0.0.1:11435.\n\n" +
			"SIGTERM or Ctrl-C lets requests end within DRAIN_TIMEOUT, a second one ends it at once.",
		Example: "  ollama-hec proxy\n" +
			"  ollama-hec proxy --proxy-listen :11434 --proxy-cert-file cert.pem --proxy-key-file key.pem",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Read(cmd.Flags())
			if err != nil {
				return err
			}
			log, flush := newLog(std.err, s)
			defer flush()
			p, err := proxy.Open(s, log)
			if err != nil {
				return err
			}
			return p.Run(cmd.Context())
		}),
	}
	addEnvFile(cmd, false)
	addSettings(cmd, settings.Proxying, settings.Prompting, settings.Kept)
	return cmd
}
