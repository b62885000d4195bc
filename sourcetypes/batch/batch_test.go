package batch

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"ollama-hec/sourcetypes"
)

// plain encodes an event as its body.
type plain struct{}

func (plain) Append(dst []byte, ev *sourcetypes.Event) []byte { return append(dst, ev.Body...) }

func build(t *testing.T, compress bool, events ...string) *Batch {
	t.Helper()
	b := NewBuilder(Limits{Bytes: 1 << 20, Events: 1 << 20}, compress)
	for _, ev := range events {
		b.Add(plain{}, &sourcetypes.Event{Sourcetype: sourcetypes.API, Body: []byte(ev)})
	}
	return b.Take()
}

func text(t *testing.T, b *Batch) string {
	t.Helper()
	raw, err := b.Text()
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestBatchReadsBackWhatWasAdded(t *testing.T) {
	long := strings.Repeat("long ", 20_000) // more than the encoder looks back
	for _, compress := range []bool{false, true} {
		b := build(t, compress, "one", long, "three")
		if text(t, b) != "one"+long+"three" || b.Size != len(long)+8 || b.Len() != 3 {
			t.Errorf("compress %v: %d events in %d bytes", compress, b.Len(), b.Size)
		}
		if b.Count.Events[sourcetypes.API] != 3 || b.Count.Bytes[sourcetypes.API] != int64(b.Size) {
			t.Errorf("counted %+v", b.Count)
		}
		if compress && len(b.Body) >= b.Size {
			t.Errorf("%d bytes became %d", b.Size, len(b.Body))
		}
	}
}

func TestPart(t *testing.T) {
	for _, compress := range []bool{false, true} {
		b := build(t, compress, "a", "bb", "", "dddd", "e")
		for _, tt := range []struct {
			from, to int
			want     string
			size     int
		}{{0, 5, "abbdddde", 5}, {0, 1, "a", 1}, {1, 4, "bbdddd", 3}, {4, 5, "e", 1}, {2, 2, "", 0}} {
			p, err := Part(b, tt.from, tt.to)
			if err != nil {
				t.Fatal(err)
			}
			if text(t, p) != tt.want || p.Len() != tt.size || p.Gzip != compress {
				t.Errorf("[%d, %d) of %v: %q in %d events", tt.from, tt.to, compress, text(t, p), p.Len())
			}
		}
	}
}

func TestFullByBytesAndByEvents(t *testing.T) {
	for name, l := range map[string]Limits{"bytes": {Bytes: 10, Events: 100}, "events": {Bytes: 100, Events: 5}} {
		b := NewBuilder(l, true)
		n := 0
		for ; !b.Full(); n++ {
			b.Add(plain{}, &sourcetypes.Event{Body: []byte("xx")})
		}
		if n != 5 {
			t.Errorf("full by %s after %d events", name, n)
		}
		if b.Take(); b.Full() || b.Len() != 0 {
			t.Errorf("still full by %s", name)
		}
	}
}

func TestBuilderIsUsedAgain(t *testing.T) {
	b := NewBuilder(Limits{Bytes: 100, Events: 100}, true)
	var batches []*Batch
	for _, s := range []string{"first", "second", ""} {
		if s != "" {
			b.AddEncoded([]byte(s))
		}
		batches = append(batches, b.Take())
	}
	if text(t, batches[0]) != "first" || text(t, batches[1]) != "second" || batches[2].Len() != 0 {
		t.Errorf("%q, %q, %d", text(t, batches[0]), text(t, batches[1]), batches[2].Len())
	}
}

// Every level reads back the same, by the standard library too, and a higher one
// takes no more room than the fastest.
func TestLevels(t *testing.T) {
	var lines []string
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf(`{"time":%d,"event":"[GIN] 200 | %d ms | POST /api/chat"}`, i, i*i%977))
	}
	want := strings.Join(lines, "")
	shared := new(Encoders)
	sizes := map[Level]int{}
	for level := Plain; level <= Smallest; level++ {
		b := NewBuilderAt(Limits{Bytes: 1 << 20, Events: 1 << 20}, Fastest, shared)
		for _, ev := range lines {
			b.AddEncoded([]byte(ev))
		}
		got := b.TakeAt(level)
		if text(t, got) != want || got.Gzip != (level != Plain) || got.Size != len(want) {
			t.Errorf("level %d: gzip %v, %d bytes of %d", level, got.Gzip, got.Size, len(want))
		}
		if got.Gzip && unzip(t, got.Body) != want {
			t.Errorf("level %d: the standard library reads something else", level)
		}
		sizes[level] = len(got.Body)
	}
	for _, level := range []Level{6, 8, Smallest} {
		if sizes[level] >= sizes[Fastest] {
			t.Errorf("level %d takes %d bytes, the fastest %d", level, sizes[level], sizes[Fastest])
		}
	}
}

func unzip(t *testing.T, packed []byte) string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A batch that is larger than what is held stays one gzip stream, or plain,
// whatever level it is taken at.
func TestLevelOfALargeBatch(t *testing.T) {
	ev := strings.Repeat("some text ", 10_000)
	for _, standard := range []Level{Plain, Fastest} {
		b := NewBuilderAt(Limits{Bytes: 8 << 20, Events: 1 << 20}, standard, new(Encoders))
		var want strings.Builder
		for !b.Full() {
			b.AddEncoded([]byte(ev))
			want.WriteString(ev)
			if len(b.held) > heldMax+len(ev) {
				t.Fatalf("%d bytes are held", len(b.held))
			}
		}
		got := b.TakeAt(Smallest)
		if text(t, got) != want.String() || got.Gzip != (standard != Plain) {
			t.Errorf("standard %d: %d bytes, gzip %v", standard, got.Size, got.Gzip)
		}
		b.AddEncoded([]byte("next"))
		if next := b.TakeAt(Smallest); text(t, next) != "next" || !next.Gzip {
			t.Errorf("the next batch holds %q", text(t, next))
		}
	}
}

func TestEncodersAreShared(t *testing.T) {
	shared := new(Encoders)
	var building sync.WaitGroup
	for n := range 8 {
		building.Go(func() {
			b := NewBuilderAt(Limits{Bytes: 1 << 20, Events: 1 << 20}, Fastest, shared)
			for i := range 50 {
				want := strings.Repeat(fmt.Sprint(n, i, " "), 1000)
				b.AddEncoded([]byte(want))
				if got, err := b.TakeAt(Level(1 + i%9)).Text(); err != nil || string(got) != want {
					t.Errorf("builder %d, batch %d: %v, %.20q", n, i, err, got)
				}
			}
		})
	}
	building.Wait()
	for level, idle := range shared.idle {
		if len(idle) > 8 {
			t.Errorf("%d encoders of level %d for 8 builders", len(idle), level)
		}
	}
}
