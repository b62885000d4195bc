package batch

import (
	"strings"
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
	long := strings.Repeat("long ", 20_000) // several times what is compressed at once
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
