package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// previewing is a preview that follows files.
type previewing struct {
	t        *testing.T
	out, err output
	stop     context.CancelFunc
	ended    chan int
}

func startPreview(t *testing.T, args ...string) *previewing {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	p := &previewing{t: t, stop: stop, ended: make(chan int, 1)}
	go func() {
		p.ended <- run(ctx, append([]string{"preview", "--host=h"}, args...), strings.NewReader(""), &p.out, &p.err)
	}()
	t.Cleanup(stop)
	return p
}

// prints waits until what was printed holds each of the texts once, in this order.
func (p *previewing) prints(texts ...string) {
	p.t.Helper()
	var out string
	for range 600 {
		out = p.out.String()
		rest, found := out, true
		for _, text := range texts {
			var ok bool
			_, rest, ok = strings.Cut(rest, text)
			found = found && ok && strings.Count(out, text) == 1
		}
		if found {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	p.t.Fatalf("want %q once and in order in\n%s%s", texts, out, p.err.String())
}

func stamped(n int, text string) string {
	return fmt.Sprintf("time=2026-01-01T00:00:%02d.000Z level=INFO msg=%s\n", n, text)
}

func appendTo(t *testing.T, path, text string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(text); err != nil || f.Close() != nil {
		t.Fatal(err)
	}
}

// What is written to followed files is printed as it comes, through a rename and a
// truncation; the end is a success with a summary.
func TestPreviewFollows(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.log"), filepath.Join(dir, "b.log")
	write(t, a, stamped(1, "first"))
	write(t, b, "")
	p := startPreview(t, "--follow", a, b)
	p.prints("msg=first")
	appendTo(t, a, stamped(2, "second")+"time=2026-01-01T00:00:03.000Z level=INFO ms")
	p.prints("msg=first", "msg=second")
	appendTo(t, a, "g=third\n")
	p.prints("msg=first", "msg=second", "msg=third")
	appendTo(t, b, stamped(4, "other"))
	p.prints("msg=third", "msg=other")

	appendTo(t, a, stamped(5, "last"))
	if err := os.Rename(a, a+".1"); err != nil {
		t.Fatal(err)
	}
	write(t, a, stamped(6, "renamed"))
	p.prints("msg=other", "msg=last", "msg=renamed")
	write(t, b, "")
	appendTo(t, b, stamped(7, "cut")) // shorter than what was there
	p.prints("msg=renamed", "msg=cut")

	p.stop()
	if status := <-p.ended; status != 0 {
		t.Errorf("status %d: %s", status, p.err.String())
	}
	if !strings.Contains(p.err.String(), "ollama:server  7") {
		t.Errorf("no summary of seven events: %s", p.err.String())
	}
}

func TestPreviewFollowsOnlyWhatGrows(t *testing.T) {
	packed := filepath.Join(t.TempDir(), "o.log.gz")
	write(t, packed, "")
	for _, file := range []string{packed, "-"} {
		if status, _, errOut := command(t, "", "preview", "--follow", file); status != exitUsage ||
			!strings.Contains(errOut, "--follow: got") {
			t.Errorf("%s: status %d: %s", file, status, errOut)
		}
	}
}

// The summary has no row and no table without a count, and says what is odd about a file.
func TestPreviewSummary(t *testing.T) {
	dir := t.TempDir()
	plain, wide, binary := filepath.Join(dir, "plain.log"), filepath.Join(dir, "wide.log"), filepath.Join(dir, "binary.log")
	write(t, plain, stamped(1, "one"))
	write(t, wide, stamped(1, strings.Repeat("w", 3000))+stamped(2, "caf\xe9")+stamped(3, "three"))
	write(t, binary, string(bytes.Repeat([]byte{0xff, 0x80, 0x01, '\n'}, 50)))
	summary := func(file string) string {
		_, _, errOut := command(t, "", "preview", "--max-line-bytes=2048", file)
		return errOut
	}
	if said := summary(plain); strings.Contains(said, "warning") || strings.Contains(said, "redacted") ||
		strings.Contains(said, "ollama:api") || strings.Contains(said, " 0\n") {
		t.Errorf("of a plain log: %s", said)
	}
	for _, want := range []string{"1 lines are longer than MAX_LINE_BYTES", "1 of 3 lines are not UTF-8", "U+FFFD"} {
		if said := summary(wide); !strings.Contains(said, want) {
			t.Errorf("want %q of a wide line: %s", want, said)
		}
	}
	if said := summary(binary); !strings.Contains(said, "this is not text: 50 of 50 lines") ||
		strings.Contains(said, "nothing in this log") {
		t.Errorf("of a binary file: %s", said)
	}
}
