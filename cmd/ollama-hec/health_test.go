package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/heartbeat"
)

// HEALTH_EVENTS sends events beside the lines; without it, and with --once, there are none.
func TestHealthEventsOnRequest(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		some bool
	}{
		{"asked for", []string{"--health-events=1s"}, true},
		{"not asked for", nil, false},
		{"switched off", []string{"--health-events=0"}, false},
		{"once", []string{"--health-events=1s", "--once"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, got := collect(t)
			args := append(
				[]string{"run", "--paths=" + filepath.Join(corpusDir, "v0.13.5-info.log"), "--state-dir=" + t.TempDir()},
				tt.args...)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			done := make(chan string, 1)
			go func() {
				var out, errOut output
				status := run(ctx, args, strings.NewReader(""), &out, &errOut)
				done <- fmt.Sprintf("status %d\n%s", status, errOut.String())
			}()
			enough := func() bool {
				return got.count("v0.13.5-info.log", "ollama:server") > 0 &&
					(got.count(heartbeat.Source, heartbeat.Sourcetype) > 1 || !tt.some)
			}
			for end := time.Now().Add(10 * time.Minute); !enough() && time.Now().Before(end); {
				<-time.After(10 * time.Millisecond)
			}
			if !strings.Contains(strings.Join(tt.args, " "), "--once") {
				stop()
			}
			said := <-done
			if !enough() || !strings.HasPrefix(said, "status 0\n") ||
				!tt.some && got.count(heartbeat.Source, heartbeat.Sourcetype) > 0 {
				t.Errorf(
					"%d lines, %d health events, %s",
					got.count("v0.13.5-info.log", "ollama:server"),
					got.count(heartbeat.Source, heartbeat.Sourcetype),
					said,
				)
			}
		})
	}
}

// count is how many events of a source and sourcetype came.
func (c *collected) count(source, sourcetype string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.events[source][sourcetype])
}
