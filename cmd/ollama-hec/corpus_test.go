package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ollama-hec/hec/receiver"
)

const testToken = "7e577e57-7e57-7e57-7e57-7e577e577e57"

// collected is what a receiver took, by source and sourcetype.
type collected struct {
	mu     sync.Mutex
	events map[string]map[string][]string
}

func (c *collected) add(ev receiver.Event) {
	var text string
	if json.Unmarshal(ev.Event, &text) != nil {
		text = string(ev.Event)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	source := filepath.Base(ev.Source)
	if c.events == nil {
		c.events = map[string]map[string][]string{}
	}
	if c.events[source] == nil {
		c.events[source] = map[string][]string{}
	}
	c.events[source][ev.Sourcetype] = append(c.events[source][ev.Sourcetype], text)
}

// collect starts a receiver with acknowledgment.
func collect(t *testing.T) (*receiver.Receiver, *collected) {
	t.Helper()
	got := new(collected)
	r := receiver.New(receiver.Options{Tokens: []receiver.Token{{Value: testToken, Ack: true}}, Event: got.add})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := r.Serve(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { r.Close(); <-served })
	t.Setenv("OLLAMA_HEC_URL", r.URL())
	t.Setenv("OLLAMA_HEC_TOKEN", testToken)
	return r, got
}

// Every line of the corpus arrives in its order, byte for byte, once.
func TestCorpusArrives(t *testing.T) {
	r, got := collect(t)
	args := []string{"run", "--once", "--paths=" + filepath.Join(corpusDir, "*.log"), "--state-dir=" + t.TempDir(),
		// Redaction changes lines on purpose; it has tests of its own.
		"--redact=off", "--prompts=full"}
	if status, _, errOut := command(t, "", args...); status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	files, err := filepath.Glob(filepath.Join(corpusDir, "*.log"))
	if err != nil || len(files) < 6 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		ev := got.events[filepath.Base(f)]
		sent := solid(string(text))
		if arrived := solid(strings.Join(ev["ollama:server"], "\n")); !slices.Equal(arrived, sent) {
			t.Errorf("%s: %s", f, firstDifference(arrived, sent))
		}
		requests := 0
		for _, line := range sent {
			if strings.HasPrefix(line, "[GIN] ") {
				requests++
			}
		}
		if n := len(ev["ollama:api"]); n != requests {
			t.Errorf("%s: %d requests of %d", f, n, requests)
		}
		if strings.Contains(f, "0.6.5") || strings.Contains(f, "trace") || strings.Contains(f, "crash") {
			if all := strings.Join(ev["ollama:prompts"], "\n"); !strings.Contains(all, `"prompt":"`) {
				t.Errorf("%s: no text of a prompt", f)
			}
		}
	}
	if s := r.Stats(); s.UnknownKey+s.FieldsOnly+s.InvalidUTF8+s.WrongNode > 0 {
		t.Errorf("a Splunk would have lost some: %+v", s)
	}

	before := r.Stats().Taken()
	if status, _, errOut := command(t, "", args...); status != 0 {
		t.Fatalf("second run: status %d: %s", status, errOut)
	}
	if n := r.Stats().Taken() - before; n != 0 {
		t.Errorf("a second run sent %d events", n)
	}
}

// solid is the lines that are not blank, without a trailing carriage return.
func solid(text string) (lines []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimRight(line, "\r\n"); strings.TrimSpace(line) != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("line %d: got %q, want %q", i, got[i], want[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(got), len(want))
}

func TestStdinIsShippedWithItsLastLine(t *testing.T) {
	_, got := collect(t)
	status, _, errOut := command(t, "first\nlast without end", "run", "--paths=-", "--state-dir="+t.TempDir())
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	if lines := got.events["stdin"]["ollama:server"]; !slices.Equal(lines, []string{"first", "last without end"}) {
		t.Errorf("%q", lines)
	}
}

func TestRejectedTokenEndsOnceWith1(t *testing.T) {
	collect(t)
	t.Setenv("OLLAMA_HEC_TOKEN", "wrong-token")
	status, _, errOut := command(t, "a line\n", "run", "--once", "--paths=-", "--state-dir="+t.TempDir())
	if status != exitFailed || !strings.Contains(errOut, "TOKEN") || strings.Contains(errOut, "wrong-token") {
		t.Errorf("status %d: %s", status, errOut)
	}
}
