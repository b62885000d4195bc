package main

import (
	"errors"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/check"
	"ollama-hec/cmd/internal/settings"
)

const serviceUsage = "as the packaged service: with its settings, its user and its state (Linux, as root)"

func newCheck(std streams) *cobra.Command {
	var asJSON, service bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "try settings, endpoint, token, index and access to the logs",
		Long: "check tries everything that run depends on: names, ports, TLS, HEC's health, a real test event (token, index,\n" +
			"acknowledgment), the clock, logs and their permissions, the state directory. One line each: ok, or what is\n" +
			"wrong and how to fix it. Status 0 if nothing fails; warnings do not count.",
		Example: "  OLLAMA_HEC_TOKEN_FILE=/etc/ollama-hec/token ollama-hec check --url https://splunk:8088\n" +
			"  sudo ollama-hec check --service",
		Args: noArgs,
		RunE: asFailure(func(cmd *cobra.Command, _ []string) error {
			if service {
				return checkAsService(cmd.Context(), asJSON, std)
			}
			s, err := settings.Load(cmd.Flags())
			if err != nil {
				return err
			}
			var results []check.Result
			var failed error
			check.Run(cmd.Context(), s, func(r check.Result) {
				r.Detail, r.Hint = settings.RenameIn(r.Detail, s.Called), settings.RenameIn(r.Hint, s.Called)
				results = append(results, r)
				if !asJSON && failed == nil {
					failed = check.Text(std.out, r)
				}
			})
			if asJSON {
				failed = check.JSON(std.out, results)
			}
			if failed != nil {
				return failed
			}
			if check.Failed(results) {
				return errors.New("not everything is in order")
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the results as JSON")
	cmd.Flags().BoolVar(&service, "service", false, serviceUsage)
	addEnvFile(cmd, true)
	addSettings(cmd, besides(settings.Text, settings.Prompting, settings.Batching)...)
	return cmd
}
