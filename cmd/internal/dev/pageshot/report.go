package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"ollama-hec/testdata/corpus"
)

// reported are the logs that the report is on: of one afternoon of one server, at three log levels.
var reported = []string{"v0.13.5-info.log", "v0.13.5-debug.log", "v0.13.5-trace.log", "v0.13.5-crash.stderr.log"}

// report has the program write its page on logs of real servers, and returns where that is.
func report(ctx context.Context, binary, folder string) (string, error) {
	logs, page := filepath.Join(folder, "corpus"), filepath.Join(folder, "report.html")
	if err := os.CopyFS(logs, corpus.Logs); err != nil {
		return "", fmt.Errorf("lay out the sample logs: %w", err)
	}
	args := []string{"report", "--host=gpu-1", "-o", page}
	for _, name := range reported {
		args = append(args, filepath.Join(logs, name))
	}
	if said, err := exec.CommandContext(ctx, binary, args...).CombinedOutput(); err != nil {
		return "", fmt.Errorf("report: %w\n%s", err, said)
	}
	return page, nil
}
