// Command ollama_logs is the modular input that splunkd starts: it follows
// Ollama's logs and hands them to splunkd, or to an HTTP Event Collector.
//
// It does what its stanza says and heeds no OLLAMA_HEC_ variable: splunkd's
// environment is not its own.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"ollama-hec/splunk_app/modinput"
)

func main() {
	ctx, stop := modinput.Lifetime(context.Background())
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run is one call by splunkd. It returns the exit status.
func run(ctx context.Context, args []string, in io.Reader, out, errOut io.Writer) int {
	log := slog.New(modinput.NewLogHandler(errOut, slog.LevelInfo))
	return modinput.Program{
		Scheme:   modinput.OllamaLogs(),
		Validate: validate,
		Run: func(ctx context.Context, d *modinput.Definition, stdout io.Writer) error {
			return follow(ctx, d, stdout, log)
		},
		Rest: time.Minute,
	}.Main(ctx, args, in, out, log)
}
