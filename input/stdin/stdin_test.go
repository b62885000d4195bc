package stdin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"ollama-hec/input"
)

// readAll reads a source to its end, in chunks of size bytes.
func readAll(t *testing.T, r io.Reader, limit, size int) []string {
	t.Helper()
	s := New(Options{Reader: r, MaxLine: limit, Log: slog.New(slog.DiscardHandler)})
	ready := make(chan input.Stream, 1)
	done := make(chan error, 1)
	go func() {
		done <- s.Run(t.Context(), func(s input.Stream) {
			select {
			case ready <- s:
			default: // merged
			}
		})
	}()
	chunk := &input.Chunk{Buf: make([]byte, size)}
	var texts []string
	var pos input.Position
	for {
		stream := <-ready
		progress := input.More
		for progress == input.More {
			progress = stream.Read(chunk)
			for _, r := range chunk.Records {
				if r.Next <= pos {
					t.Fatalf("position %d after %d", r.Next, pos)
				}
				pos = r.Next
				texts = append(texts, string(r.Text))
			}
		}
		if progress == input.Ended {
			if err := <-done; err != nil {
				t.Error(err)
			}
			return texts
		}
	}
}

func TestRead(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for _, c := range []struct {
		name, text string
		limit      int
		want       []string
	}{
		{"nothing", "", 0, nil},
		{"lines", "a\nb\n\nc\n", 0, []string{"a", "b", "", "c"}},
		{"no end of line", "a\nb", 0, []string{"a", "b"}},
		{"CRLF", "a\r\nb\r\n", 0, []string{"a\r", "b\r"}},
		{"long", long + "\r\n" + long + "y\r\n" + long + long + "\r\nz", 1000, []string{
			long + "\r", long + " [ollama-hec: line cut, 1 bytes dropped]", long + " [ollama-hec: line cut, 1000 bytes dropped]", "z",
		}},
	} {
		for _, size := range []int{1, 10, 1 << 16} {
			if got := readAll(t, strings.NewReader(c.text), c.limit, size); !slices.Equal(got, c.want) {
				t.Errorf("%s: got %.80q", c.name, got)
			}
			if got := readAll(t, iotest.OneByteReader(strings.NewReader(c.text)), c.limit, size); !slices.Equal(got, c.want) {
				t.Errorf("%s, byte by byte: got %.80q", c.name, got)
			}
		}
	}
}

func TestReadsMuch(t *testing.T) {
	var text bytes.Buffer
	var want []string
	for n := range 200000 {
		line := fmt.Sprintf("%d %s", n, strings.Repeat("x", n%100))
		text.WriteString(line + "\n")
		want = append(want, line)
	}
	if got := readAll(t, &text, 0, 64<<10); !slices.Equal(got, want) {
		t.Errorf("%d lines of %d", len(got), len(want))
	}
}

func TestFailingReader(t *testing.T) {
	r := io.MultiReader(strings.NewReader("a\nb"), iotest.ErrReader(errors.New("broken")))
	if got := readAll(t, r, 0, 100); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
}

// Nobody reads: the pipe is not read either, but for what fits the buffer.
func TestBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		endless := new(endless)
		s := New(Options{Reader: endless, Log: slog.New(slog.DiscardHandler)})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Run(ctx, func(input.Stream) {}) }()
		synctest.Wait()
		if endless.read > bufferSize+2*readSize {
			t.Errorf("%d bytes read ahead", endless.read)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		synctest.Wait()
	})
}

type endless struct{ read int }

func (e *endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = "0123456789abcde\n"[(e.read+i)%16]
	}
	e.read += len(b)
	return len(b), nil
}

func TestStopsWhileWaiting(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	s := New(Options{Reader: r, Log: slog.New(slog.DiscardHandler)})
	ctx, cancel := context.WithCancel(t.Context())
	ready := make(chan input.Stream, 1)
	done := make(chan error)
	go func() { done <- s.Run(ctx, func(s input.Stream) { ready <- s }) }()
	if _, err := w.WriteString("a\nb"); err != nil {
		t.Fatal(err)
	}
	chunk := &input.Chunk{Buf: make([]byte, 100)}
	if p := (<-ready).Read(chunk); p != input.Idle || len(chunk.Records) != 1 || string(chunk.Records[0].Text) != "a" {
		t.Errorf("got %v, %v", p, chunk.Records)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A stop ends the pipe: what was taken is handed on, the line that had begun too.
func TestAStopEndsThePipe(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	s := New(Options{Reader: r, Log: slog.New(slog.DiscardHandler)})
	ctx, stop := context.WithCancel(t.Context())
	ready := make(chan input.Stream, 8)
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, func(s input.Stream) { ready <- s }) }()
	if _, err := io.WriteString(w, "one\ntail"); err != nil {
		t.Fatal(err)
	}
	stream := <-ready
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	chunk := &input.Chunk{Buf: make([]byte, 1<<10)}
	progress := stream.Read(chunk)
	var texts []string
	for _, r := range chunk.Records {
		texts = append(texts, string(r.Text))
	}
	if want := []string{"one", "tail"}; !slices.Equal(texts, want) || progress != input.Ended {
		t.Errorf("got %q and %v, want %q and the end", texts, progress, want)
	}
}
