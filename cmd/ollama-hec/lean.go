package main

import (
	"os"
	"runtime/debug"
)

// stayLean keeps a process small that runs for long. It collects garbage sooner than Go does by
// itself, unless GOGC says when: it makes hardly any, so that this takes a millisecond of a busy
// second. And it gives back what only the start took of the program's own pages.
func stayLean() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
	forgetStart()
}
