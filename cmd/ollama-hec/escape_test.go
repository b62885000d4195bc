package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"ollama-hec/hec/receiver"
)

// evil are names that a file may have where anybody may make one.
var evil = []string{
	"\x1b[2J\x1b]0;title\a.log",
	"a\nollama-hec: all is well\r.log",
	"\u009b31m\u202egpj.log",
	"caf\xe9\xff.log",
	"tab\there.log",
}

// harmless reports a character in what was printed that a terminal obeys.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	if !utf8.ValidString(text) {
		t.Errorf("%s is not UTF-8: %q", what, text)
	}
	for _, r := range text {
		if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) {
			t.Errorf("%s prints %U: %q", what, r, text)
			return
		}
	}
	if strings.Contains(text, "\nollama-hec: all is well") {
		t.Errorf("%s prints a forged line: %q", what, text)
	}
}

// Names of files come out escaped, and a name that is no UTF-8 is known again.
func TestNamesOfFilesAreHarmless(t *testing.T) {
	r, _ := collect(t)
	dir := t.TempDir()
	for _, name := range evil {
		if err := os.WriteFile(
			filepath.Join(dir, name),
			[]byte("time=2026-01-01T00:00:00.000Z level=INFO msg=one\n"),
			0o600,
		); err != nil {
			t.Skipf("no file can have that name here: %v", err)
		}
	}
	state := filepath.Join(t.TempDir(), "state")
	paths := "--paths=" + filepath.Join(dir, "*.log")
	for _, args := range [][]string{
		{"run", "--once"}, {"run", "--once", "--log-format=json"}, {"status"}, {"check"}, {"check", "--json"},
	} {
		status, out, errOut := command(t, "", append(args, paths, "--state-dir="+state)...)
		harmless(t, strings.Join(args, " "), out+errOut)
		if status != 0 {
			t.Errorf("%q: status %d: %s%s", args, status, out, errOut)
		}
		if args[0] == "status" &&
			(strings.Count(out, `.log`) != len(evil) || strings.Contains(out, "gone") || !strings.Contains(out, `caf\xe9\xff.log`)) {
			t.Errorf("status shows\n%s", out)
		}
	}
	if n := r.Stats().Taken(); n != uint64(len(evil))+2 { // two of check
		t.Errorf("%d events were taken", n)
	}
	for _, name := range evil {
		missing := filepath.Join(dir, name+".none")
		_, out, errOut := command(t, "", "preview", missing)
		harmless(t, "preview", out+errOut)
		_, out, errOut = command(t, "", "preview", filepath.Join(dir, name))
		harmless(t, "preview's stderr", errOut)
		if !strings.Contains(out, `"sourcetype":"ollama:server"`) {
			t.Errorf("preview of %q: %s", name, out)
		}
	}
}

// So does what a receiver says, whoever that is.
func TestRepliesAreHarmless(t *testing.T) {
	r, _ := collect(t)
	dir := t.TempDir()
	log := filepath.Join(dir, "o.log")
	write(t, log, "line\n")
	words := "no\x1b[31m \u009b31m\u202e\nollama-hec: all is well"
	replies := []receiver.Fault{{Status: 502, Body: words}}
	for code, status := range map[int]int{6: 400, 4: 403, 7: 400, 9: 503} {
		body, err := json.Marshal(map[string]any{"text": words, "code": code, "invalid-event-number": 0})
		if err != nil {
			t.Fatal(err)
		}
		replies = append(replies, receiver.Fault{Status: status, Body: string(body)})
	}
	for _, fault := range replies {
		for _, format := range []string{"text", "json"} {
			state := "--state-dir=" + filepath.Join(t.TempDir(), "state")
			for _, args := range [][]string{{"run", "--once"}, {"check"}, {"check", "--json"}, {"dead-letter", "list"}} {
				r.SetFault(receiver.Plan(fault, fault))
				_, out, errOut := command(t, "", append(args, "--paths="+log, state, "--log-format="+format)...)
				harmless(t, strings.Join(args, " "), out+errOut)
			}
		}
	}
}

// receive prints one JSON object a line, whatever was sent.
func TestReceivedTextIsHarmless(t *testing.T) {
	said := `{"event":"\u001b[31m` + "\u009b\u202e\x7f" + `","sourcetype":"s"}`
	ctx, stop := context.WithCancel(t.Context())
	var out, errOut output
	ended := make(chan int, 1)
	go func() {
		ended <- run(ctx, []string{"receive", "--listen=127.0.0.1:0"}, strings.NewReader(""), &out, &errOut)
	}()
	url := ""
	for url == "" {
		<-time.After(5 * time.Millisecond)
		if _, after, said := strings.Cut(errOut.String(), "listening on "); said {
			url, _, _ = strings.Cut(after, "\n")
		}
	}
	req, err := http.NewRequest(http.MethodPost, url+"/services/collector/event", strings.NewReader(said))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Splunk any")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	stop()
	<-ended
	harmless(t, "receive", out.String()+errOut.String())
	var ev struct{ Event string }
	if err := json.Unmarshal([]byte(out.String()), &ev); err != nil || ev.Event != "\x1b[31m\u009b\u202e\x7f" {
		t.Errorf("%v: %q became %s", err, said, out.String())
	}
}
