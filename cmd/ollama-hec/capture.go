package main

import (
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/capture"
	"ollama-hec/cmd/internal/settings"
)

func newCapture(std streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "capture",
		Short: "read Ollama's requests, answers and connections off the wire, for run to ship",
		Long: "capture reads every request to Ollama with its answer off the wire, and every connection that Ollama accepts,\n" +
			"and leaves them in the state directory's spool, from where run ships them. Prompts are redacted before\n" +
			"anything is written. It stands in no request's path, reads no log, knows no token and listens on nothing.\n\n" +
			"Requests take Linux and CAP_NET_RAW; connections alone (CAPTURE=connections) take no right.",
		Example: "  sudo ollama-hec capture\n" +
			"  ollama-hec capture --capture connections",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Read(cmd.Flags())
			if err != nil {
				return err
			}
			log, flush := newLog(std.err, s)
			defer flush()
			return capture.Run(cmd.Context(), s, log)
		}),
	}
	addEnvFile(cmd, false)
	addSettings(cmd, settings.Capturing, settings.Prompting, settings.Kept)
	return cmd
}
