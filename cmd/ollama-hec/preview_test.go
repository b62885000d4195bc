package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dustin/go-humanize"

	"ollama-hec/hec/receiver"
	"ollama-hec/input/spool"
)

func TestPreviewPrintsEventsAndCounts(t *testing.T) {
	file, err := filepath.Abs(filepath.Join(corpusDir, "v0.13.5-trace.log"))
	if err != nil {
		t.Fatal(err)
	}
	status, out, errOut := command(
		t,
		"",
		"preview",
		"--host=h",
		"--index=i",
		filepath.Join(corpusDir, "v0.13.5-trace.log"),
	)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	counts := map[string]int{}
	for line := range strings.Lines(out) {
		var ev struct {
			Time                            json.Number
			Host, Source, Sourcetype, Index string
			Event                           json.RawMessage
		}
		if err := json.Unmarshal([]byte(line), &ev); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if ev.Host != "h" || ev.Index != "i" || ev.Source != file || ev.Time == "" {
			t.Fatalf("metadata of %s", line)
		}
		counts[ev.Sourcetype]++
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Count(string(text), "\n[GIN] "); counts["ollama:api"] != want {
		t.Errorf("%d requests, want %d", counts["ollama:api"], want)
	}
	if counts["ollama:prompts"] == 0 || counts["ollama:server"] == 0 {
		t.Errorf("%v", counts)
	}
	if !strings.Contains(errOut, "email") || strings.Contains(out+errOut, "jane.doe@example.com") {
		t.Errorf("redaction: %s", errOut)
	}
}

// A file of a spool is shown as its events, under the settings of prompts; elsewhere it is a log.
func TestPreviewOfASpool(t *testing.T) {
	dir := t.TempDir()
	name := "capture-000000000007.jsonl"
	for _, sub := range []string{"capture", "logs"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	var lines []byte
	for i, r := range []spool.Record{
		{Sourcetype: "ollama:api", Event: []byte(`{"origin":"capture","method":"POST","uri_path":"/api/chat"}`)},
		{Sourcetype: "ollama:prompts", Event: []byte(`{"origin":"capture","prompt":"hush"}`)},
		{Sourcetype: "ollama:connection", Event: []byte(`{"origin":"sock_diag"}`)},
	} {
		r.Time = time.Unix(1_790_000_000+int64(i), 0)
		lines = append(lines, r.AppendLine(nil)...)
	}
	write(t, filepath.Join(dir, "capture", name), string(lines))
	write(t, filepath.Join(dir, "logs", name), string(lines))
	status, out, errOut := command(t, "", "preview", "--host=h", "--prompts-index=p", filepath.Join(dir, "capture", name))
	if status != 0 || strings.Count(out, "\n") != 3 || !strings.Contains(out, `"source":"capture"`) ||
		!strings.Contains(out, `"sourcetype":"ollama:connection"`) || !strings.Contains(out, `"index":"p"`) {
		t.Errorf("status %d: %s%s", status, out, errOut)
	}
	if !regexp.MustCompile(`(?m)^lines read +3\n(.*\n)*ollama:connection +1 `).MatchString(errOut) ||
		!strings.Contains(errOut, "? is not known") {
		t.Errorf("%s", errOut)
	}
	if _, out, _ := command(t, "", "preview", "--prompts=off", filepath.Join(dir, "capture", name)); strings.Contains(out, "hush") {
		t.Errorf("PROMPTS=off: %s", out)
	}
	_, out, _ = command(t, "", "preview", filepath.Join(dir, "logs", name))
	if strings.Count(out, `"sourcetype":"ollama:server"`) != 3 {
		t.Errorf("a log: %s", out)
	}
}

func TestPreviewReadsStdin(t *testing.T) {
	status, out, _ := command(t, "no line end", "preview", "--host=h", "-")
	if status != 0 || !strings.Contains(out, `"source":"stdin"`) || !strings.Contains(out, `"event":"no line end"`) {
		t.Errorf("status %d: %s", status, out)
	}
}

// What preview prints is what a receiver gets of run.
func TestPreviewIsWhatRunSends(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	id := strings.Repeat("0123456789abcdef", 4)
	container := filepath.Join("containers", id, id+"-json.log")
	line := func(n string) string { return "time=2026-01-01T00:00:00." + n + "Z level=INFO msg=line\n" }
	write(
		t,
		container,
		`{"log":"`+strings.TrimSpace(line("001"))+`\n","stream":"stderr","time":"2026-01-01T00:00:00.001Z"}`+"\n",
	)
	write(
		t,
		filepath.Join(filepath.Dir(container), "config.v2.json"),
		`{"Name":"/ollama","Config":{"Image":"ollama/ollama"}}`,
	)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte(line("002"))); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	write(t, "old.log.gz", packed.String())
	write(t, "plain.log", line("003"))
	if err := os.Symlink("plain.log", "link"); err != nil {
		t.Fatal(err)
	}
	write(t, "unstamped.log", "llama_model_loader: loaded\n")
	if err := os.Chtimes("unstamped.log", time.Time{}, time.Unix(1770091506, 0)); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{container, "./containers/../old.log.gz", "plain.log", "link", "unstamped.log"} {
		status, previewed, errOut := command(t, "", "preview", "--host=h", file)
		if status != 0 {
			t.Fatalf("%s: status %d: %s", file, status, errOut)
		}
		if sent := sentBy(t, "--host=h", "--paths="+file); sent != previewed || strings.Count(sent, "\n") != 1 {
			t.Errorf("%s: preview prints\n%srun sends\n%s", file, previewed, sent)
		}
	}
}

// sentBy is what a receiver prints of a run.
func sentBy(t *testing.T, args ...string) string {
	t.Helper()
	var out output
	r := receiver.New(receiver.Options{Out: &out, Tokens: []receiver.Token{{Value: testToken}}})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	go r.Serve(t.Context())
	t.Setenv("OLLAMA_HEC_TOKEN", testToken)
	status, _, errOut := command(
		t,
		"",
		slices.Concat([]string{"run", "--once", "--url=" + r.URL(), "--state-dir=" + t.TempDir()}, args)...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	return out.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// One file that cannot be read, and nothing is printed of the others.
func TestPreviewLooksAtAllFilesFirst(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "o.log")
	write(t, file, "a line\n")
	for _, bad := range []string{dir, file + ".nope"} {
		status, out, errOut := command(t, "", "preview", file, bad)
		if status != exitUsage || out != "" || !strings.Contains(errOut, bad) {
			t.Errorf("%s: status %d, stdout %q, stderr %s", bad, status, out, errOut)
		}
	}
}

func TestPreviewSaysWhatBreaksOff(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write([]byte("a line\n")); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"cut.gz": packed.String()[:packed.Len()-4], "plain.gz": "a line\n"} {
		file := filepath.Join(dir, name)
		write(t, file, text)
		if status, _, errOut := command(t, "", "preview", file); status != exitFailed || !strings.Contains(errOut, file) {
			t.Errorf("%s: status %d, stderr %s", name, status, errOut)
		}
	}
}

// Lines whose time no stamp tells are of the file's, and say nothing about a day.
func TestPreviewOfLinesWithoutStamps(t *testing.T) {
	file := filepath.Join(t.TempDir(), "server.log")
	text := strings.Repeat("llama_model_loader: loaded\n", 5000) +
		"time=2026-01-01T00:00:00.000Z level=INFO msg=a\n" + "time=2026-01-01T00:10:00.000Z level=INFO msg=b\n"
	write(t, file, text)
	written := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	if err := os.Chtimes(file, written, written); err != nil {
		t.Fatal(err)
	}
	status, out, errOut := command(t, "", "preview", "--host=h", file)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	if first, _, _ := strings.Cut(out, "\n"); !strings.Contains(first, `"time":1770091506.000,`) {
		t.Errorf("the first line is not of the file's time: %s", first)
	}
	events := 5002
	perDay := humanize.IBytes(uint64(len(text)-events) * 24 * 6)
	for line := range strings.Lines(errOut) {
		if f := strings.Fields(line); len(f) > 0 && f[0] == "ollama:server" {
			if got := strings.Join(f[len(f)-2:], " "); got != perDay {
				t.Errorf("a day is %s, want %s", got, perDay)
			}
			return
		}
	}
	t.Errorf("no line on ollama:server in\n%s", errOut)
}
