package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/lean"
	"ollama-hec/cmd/internal/logdedup"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/terminal"
	"ollama-hec/cmd/internal/version"
)

// The exit statuses are a contract with the scripts and services that start the program.
const (
	exitDone   = 0
	exitFailed = 1 // while running
	exitUsage  = 2 // bad usage or settings
)

// streams are the standard streams of a command.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// failure is an error of a command that was called correctly.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// run runs the command that args name, and returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	root := newRoot(streams{in, out, errOut})
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errOut)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitDone
	}
	text := strings.TrimSpace(strings.ReplaceAll(err.Error(), "\n\t", "\n"))
	said := terminal.Lines(settings.RenameIn(text, settings.FlagNames(cmd.Flags())))
	// A file's name may hold a line end: the text after it must not look like another message.
	fmt.Fprintf(errOut, "ollama-hec: %s\n", strings.ReplaceAll(said, "\n", "\n  "))
	var wrong *settings.Error
	var failed failure
	if errors.As(err, &failed) && !errors.As(err, &wrong) {
		return exitFailed
	}
	return exitUsage
}

func newRoot(std streams) *cobra.Command {
	root := &cobra.Command{
		Use:           "ollama-hec",
		Short:         "ship Ollama's logs to Splunk",
		Long:          "ollama-hec reads the logs of Ollama and ships them to Splunk over the HTTP Event Collector,\nas ollama:server, ollama:api and ollama:prompts. A position in a log is saved only after Splunk has confirmed the events before it.",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		left, err := leaveToService(cmd)
		if err != nil {
			return err
		}
		if len(left) > 0 {
			fmt.Fprintf(std.err, "ollama-hec: left out, as the service does not get them: %s\n", strings.Join(left, ", "))
		}
		file, err := takeEnvFile(cmd)
		if err != nil {
			return err
		}
		if file != "" {
			fmt.Fprintf(std.err, "ollama-hec: settings of %s\n", terminal.Text(file))
		}
		passed, err := settings.Unknown(os.Environ())
		if err == nil && len(passed) > 0 {
			fmt.Fprintf(std.err, "ollama-hec: passed over, set by Kubernetes for a Service: %s\n",
				terminal.Text(strings.Join(passed, ", ")))
		}
		return err
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if err.Error() == "unknown flag: --token" {
			return fmt.Errorf("%w: every user could see it there; set OLLAMA_HEC_TOKEN, or name a file with --token-file", err)
		}
		return err
	})
	root.Version = version.Version // and with it --version
	root.SetVersionTemplate(versionText())
	root.InitDefaultVersionFlag()
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		newRun(std),
		newCapture(std),
		newProxy(std),
		newReceive(std),
		newPreview(std),
		newReport(std),
		newCheck(std),
		newStatus(std),
		newDemo(std),
		newDeadLetter(std),
		newVersion(std),
		newInstall(std),
		newMan(std),
	)
	return root
}

// asFailure marks the errors of a command as failures, to tell them from wrong usage.
func asFailure(f func(*cobra.Command, []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f(cmd, args); err != nil {
			return failure{err}
		}
		return nil
	}
}

// logging returns the function of a command that runs f with the settings and the program's log.
func logging(
	std streams, f func(context.Context, *settings.Settings, *slog.Logger) error,
) func(*cobra.Command, []string) error {
	return asFailure(func(cmd *cobra.Command, _ []string) error {
		s, err := settings.Read(cmd.Flags())
		if err != nil {
			return err
		}
		log, flush := newLog(std.err, s)
		defer flush()
		lean.Stay()
		return f(cmd.Context(), s, log)
	})
}

// newLog returns the program's own log, which counts repeated messages, and in whose hints settings
// have the names that the user gave them. flush writes the counts not written yet.
func newLog(w io.Writer, s *settings.Settings) (log *slog.Logger, flush func()) {
	least := &slog.HandlerOptions{Level: slog.Level(s.LogLevel)}
	var lines slog.Handler = slog.NewTextHandler(w, least)
	if s.LogFormat == settings.LogJSON {
		lines = slog.NewJSONHandler(terminal.NewJSON(w), least)
	}
	h := logdedup.New(settings.WithHints(lines, s.Called))
	return slog.New(h), h.Flush
}

// noArgs refuses arguments of a command that has none.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("got %q: %s takes flags and no arguments", args[0], cmd.CommandPath())
	}
	return nil
}
