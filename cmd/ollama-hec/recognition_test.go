package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// saidOf is what preview, check and run say of a log.
func saidOf(t *testing.T, file string) map[string]string {
	t.Helper()
	r := receiver.New(receiver.Options{Tokens: []receiver.Token{{Value: testToken}}})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go r.Serve(t.Context())
	t.Setenv("OLLAMA_HEC_TOKEN", testToken)
	said := map[string]string{}
	_, _, said["preview"] = command(t, "", "preview", file)
	args := []string{"--url=" + r.URL(), "--state-dir=" + t.TempDir(), "--paths=" + file}
	_, said["check"], _ = command(t, "", append([]string{"check"}, args...)...)
	_, _, said["run"] = command(t, "", append([]string{"run", "--once"}, args...)...)
	return said
}

// A log of which nothing looks like Ollama's is said to be one, once, with examples that
// can do no harm.
func TestStrangeLogsAreSaid(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nginx.log")
	var text strings.Builder
	for i := range 300 {
		fmt.Fprintf(&text, "203.0.113.9 - jane.doe@example.com [13/Apr/2026] \"GET /\x1b]0;%d\x07 HTTP/1.1\" 200\n", i)
	}
	write(t, file, text.String())
	for who, said := range saidOf(t, file) {
		if n := strings.Count(said, "nothing in this log looks like Ollama's: 0 of 300 events"); n != 1 && who != "run" {
			t.Errorf("%s says it %d times: %s", who, n, said)
		}
		if n := strings.Count(
			said,
			"nothing in this log looks like Ollama's",
		); n != 1 ||
			!strings.Contains(said, "name the log that ollama serve writes") {
			t.Errorf("%s says it %d times: %s", who, n, said)
		}
		if strings.Count(said, "203.0.113.9") != 3 || strings.Contains(said, "jane.doe") ||
			strings.ContainsAny(said, "\x1b\x07") {
			t.Errorf("the examples of %s: %s", who, said)
		}
	}
}

// One line of Ollama's is enough, and few lines prove nothing.
func TestLogsThatMayBeOllamasAreNot(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"one of many":  strings.Repeat("something\n", 300) + `[GIN] 2026/04/13 - 08:00:01 | 200 |     1.204ms |     203.0.113.5 | POST     "/api/chat"` + "\n",
		"few":          "something\n",
		"nothing":      "",
		"with a crash": "something\nsomething\nsomething\npanic: boom\n\ngoroutine 1 [running]:\n",
	} {
		file := filepath.Join(dir, name+".log")
		write(t, file, text)
		for who, said := range saidOf(t, file) {
			if strings.Contains(said, "looks like") && (who != "run" || name != "one of many") {
				t.Errorf("%s: %s says %s", name, who, said)
			}
		}
	}
}

// People are told what is removed from the lines of a log and what is left out of it.
func TestWhatIsRemovedIsSaid(t *testing.T) {
	file := filepath.Join(casesDir, "compose-several-services.log")
	said := saidOf(t, file)
	for who, want := range map[string][]string{
		"preview": {"left out", "lines of other programs", "removed from", "docker compose prefix"},
		"check":   {"removed from its lines: docker compose prefix", "lines of other programs are left out, 8"},
		"run":     {"docker compose prefix", "lines of other programs in the same logs were left out", "lines=8"},
	} {
		for _, part := range want {
			if !strings.Contains(said[who], part) {
				t.Errorf("%s does not say %q: %s", who, part, said[who])
			}
		}
	}
}
