package main

import (
	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/lean"
	"ollama-hec/cmd/internal/settings"
)

func newRun(std streams) *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "run",
		Short: "follow the logs and ship them",
		Long: "run follows the logs and ships them until it is told to stop: SIGTERM or Ctrl-C lets delivery finish\n" +
			"within DRAIN_TIMEOUT, a second one ends it at once.\n\n" +
			"Every setting is a flag or a variable OLLAMA_HEC_… of the environment; the token is a variable or a file only.",
		Example: "  OLLAMA_HEC_TOKEN_FILE=/etc/ollama-hec/token ollama-hec run --url https://splunk:8088\n" +
			"  OLLAMA_HEC_TOKEN_FILE=/etc/ollama-hec/token ollama-hec run --once --url https://splunk:8088 --paths '/var/log/ollama/*.log'",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			lean.Stay()
			return ship(cmd.Context(), s, once, std)
		}),
	}
	cmd.Flags().BoolVar(&once, "once", false, "ship what is there, wait for delivery, and end")
	addEnvFile(cmd, false)
	addSettings(cmd, settings.Topics...)
	return cmd
}
