// Package corpus holds logs that real Ollama servers wrote, for the demo and for
// tests. README.md beside it says how they came about.
package corpus

import "embed"

// Logs are the logs, by file name.
//
//go:embed *.log
var Logs embed.FS
