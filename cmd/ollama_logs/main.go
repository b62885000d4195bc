// Command ollama_logs is the modular input that splunkd starts: it follows Ollama's logs
// and hands their events to splunkd, or sends them to an HTTP Event Collector.
//
// Its settings are those of its stanza. It ignores OLLAMA_HEC_ variables: the environment
// is splunkd's, not its own.
package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"time"

	"ollama-hec/cmd/internal/lean"
	"ollama-hec/cmd/internal/logdedup"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/splunk_app/modinput"
)

func main() {
	ctx, stop := modinput.Lifetime(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run serves one call by splunkd, and returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	lines := modinput.NewLogHandler(errOut, slog.LevelInfo)
	counted := logdedup.New(settings.WithHints(lines, settings.OneOf(arguments())))
	defer counted.Flush()
	log := slog.New(counted)
	return modinput.Program{
		Scheme:   modinput.OllamaLogs(),
		Validate: validate,
		Run: func(ctx context.Context, d *modinput.Definition, stdout io.Writer) error {
			lean.Stay()
			if err := follow(ctx, d, stdout, log); err != nil {
				return errors.New(settings.RenameIn(err.Error(), settings.Argument))
			}
			return nil
		},
		Rest: time.Minute,
	}.Main(ctx, args, in, out, log)
}

// arguments returns the names of what a stanza sets.
func arguments() []string {
	names := []string{"index", "host"} // of every input
	for _, a := range modinput.OllamaLogs().Arguments {
		names = append(names, a.Name)
	}
	return names
}
