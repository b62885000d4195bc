package main

import (
	"errors"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ollama-hec/cmd/internal/check"
	"ollama-hec/cmd/internal/settings"
)

// serviceFlag has check be the packaged service.
const serviceFlag = "service"

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
				return checkAsService(cmd.Context(), givenOf(cmd.Flags()), std)
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
	cmd.Flags().BoolVar(&service, serviceFlag, false, serviceUsage)
	addEnvFile(cmd, true)
	addSettings(cmd, besides(settings.Text, settings.Prompting, settings.Batching)...)
	return cmd
}

// givenOf returns the flags that were given, as arguments, but for those that the environment has
// replaced by then.
func givenOf(flags *pflag.FlagSet) (args []string) {
	flags.Visit(func(f *pflag.Flag) {
		if f.Name != serviceFlag && f.Name != settings.EnvFileFlag {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	return args
}

// leaveToService takes the settings out of the environment, if a command is to have those of the packaged
// service: that does not get them. It returns their names.
func leaveToService(cmd *cobra.Command) (names []string, err error) {
	if f := cmd.Flags().Lookup(serviceFlag); f == nil || f.Value.String() != "true" {
		return nil, nil
	}
	for _, r := range settings.All() {
		if _, there := os.LookupEnv(r.Env); !there {
			continue
		}
		if err := os.Unsetenv(r.Env); err != nil {
			return nil, &settings.Error{Setting: "--" + serviceFlag, Problem: err.Error()}
		}
		names = append(names, r.Env)
	}
	return names, nil
}
