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
			"and writes them to the state directory's spool, from where run ships them. Prompts are redacted before\n" +
			"anything is written. No request passes through it; it reads no log, knows no token and listens on nothing.\n\n" +
			"Requests need Linux and CAP_NET_RAW; connections alone (CAPTURE=connections) need no right.",
		Example: "  sudo ollama-hec capture\n" +
			"  ollama-hec capture --capture connections",
		Args: noArgs,
		RunE: logging(std, capture.Run),
	}
	addEnvFile(cmd, false)
	addSettings(cmd, settings.Capturing, settings.Prompting, settings.Kept)
	return cmd
}
