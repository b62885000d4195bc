package modinput

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

func TestStreamWritesOneDocument(t *testing.T) {
	w := &writes{}
	s := NewStream(w)
	first, second := newBatch("a", "b"), newBatch("c <")
	for _, err := range []error{
		s.Open(t.Context()), s.Deliver(t.Context(), first), s.Deliver(t.Context(), second), s.Close(t.Context()),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	want := "<stream>\n" +
		`<event stanza="x"><time>1</time><sourcetype>ollama:server</sourcetype><data>a</data></event>` + "\n" +
		`<event stanza="x"><time>1</time><sourcetype>ollama:server</sourcetype><data>b</data></event>` + "\n" +
		`<event stanza="x"><time>1</time><sourcetype>ollama:server</sourcetype><data>c &lt;</data></event>` + "\n" +
		"</stream>\n"
	if got := strings.Join(w.all, ""); got != want {
		t.Errorf("got:\n%s", got)
	}
	if len(w.all) != 4 {
		t.Errorf("%d writes for the beginning, two batches and the end", len(w.all))
	}
	for _, b := range []*batch.Batch{first, second} {
		select {
		case <-b.Done():
		default:
			t.Error("delivered, but not answered for")
		}
	}
}

func TestStreamTakesCompressedAndEmptyBatches(t *testing.T) {
	w := &writes{}
	s := NewStream(w)
	zipped := batch.NewBuilder(batch.Limits{}, true)
	add(zipped, "a")
	if err := s.Deliver(t.Context(), zipped.Take()); err != nil {
		t.Fatal(err)
	}
	if err := s.Deliver(t.Context(), newBatch()); err != nil {
		t.Fatal(err)
	}
	if len(w.all) != 1 || !strings.Contains(w.all[0], "<data>a</data>") {
		t.Errorf("wrote %q", w.all)
	}
}

func TestStreamNeverWritesAfterHalfAnEvent(t *testing.T) {
	full := errors.New("pipe closed")
	for name, w := range map[string]*writes{
		"short write":         {fail: true, take: 30},
		"failed write":        {fail: true, take: 30, err: full},
		"nothing was written": {fail: true, err: full},
	} {
		t.Run(name, func(t *testing.T) {
			s := NewStream(w)
			b := newBatch("a")
			err := s.Deliver(t.Context(), b)
			if !errors.Is(err, ErrBroken) || w.err != nil && !errors.Is(err, full) {
				t.Errorf("deliver: %v", err)
			}
			select {
			case <-b.Done():
				t.Error("answered for a batch that was not written")
			default:
			}
			w.fail = false
			for _, err := range []error{s.Deliver(t.Context(), b), s.Deliver(t.Context(), newBatch()), s.Close(t.Context())} {
				if !errors.Is(err, ErrBroken) {
					t.Errorf("after it: %v", err)
				}
			}
			if len(w.all) != 1 {
				t.Errorf("wrote after half an event: %q", w.all)
			}
		})
	}
}

func TestStreamWaitsForSplunkdAndForNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		s := NewStream(w)
		ctx, cancel := context.WithCancel(t.Context())
		results := make(chan error)
		stalled := newBatch("stalled")
		go func() { results <- s.Deliver(ctx, stalled) }()
		synctest.Wait() // nobody reads
		go func() { results <- s.Deliver(ctx, newBatch("queued")) }()
		synctest.Wait()
		cancel()
		for range 2 {
			if err := <-results; !errors.Is(err, context.Canceled) {
				t.Errorf("deliver: %v", err)
			}
		}
		select {
		case <-stalled.Done():
			t.Error("answered for a batch nobody has read")
		default:
		}

		// The write that was given up is still whole once somebody reads.
		go func() {
			results <- errors.Join(s.Deliver(t.Context(), newBatch("next")), s.Close(t.Context()), w.Close())
		}()
		text, err := io.ReadAll(r)
		if err := errors.Join(err, <-results); err != nil {
			t.Fatal(err)
		}
		got := string(text)
		for _, want := range []string{"stalled</data></event>\n<event", "next</data></event>\n</stream>\n"} {
			if !strings.Contains(got, want) {
				t.Errorf("got %q", got)
			}
		}
		if strings.Contains(got, "queued") {
			t.Errorf("wrote what was given up before it began: %q", got)
		}
	})
}

func TestStreamDoesNotMixBatches(t *testing.T) {
	var out bytes.Buffer
	s := NewStream(&out)
	var lanes sync.WaitGroup
	for lane := range 8 {
		lanes.Go(func() {
			for range 50 {
				if err := s.Deliver(t.Context(), newBatch(strings.Repeat(string(rune('a'+lane)), 3000), "end")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	lanes.Wait()
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	if len(lines) != 8*50*2 {
		t.Fatalf("%d events", len(lines))
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, "<event") || !strings.HasSuffix(line, "</event>") ||
			strings.Contains(line, ">end<") != (i%2 == 1) {
			t.Fatalf("event %d is %.200s", i, line)
		}
	}
}

func newBatch(lines ...string) *batch.Batch {
	b := batch.NewBuilder(batch.Limits{}, false)
	add(b, lines...)
	return b.Take()
}

func add(b *batch.Builder, lines ...string) {
	enc := NewEncoder("x", "", "", "", "")
	for _, line := range lines {
		b.Add(enc, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e9}, Body: []byte(line)})
	}
}

// writes keeps what is written, and while fail is set takes less than it gets.
type writes struct {
	all  []string
	fail bool
	take int
	err  error
}

func (w *writes) Write(p []byte) (int, error) {
	if w.fail {
		w.all = append(w.all, string(p[:w.take]))
		return w.take, w.err
	}
	w.all = append(w.all, string(p))
	return len(p), nil
}
