package batch_test

import (
	"bytes"
	"testing"

	"ollama-hec/input/lineartest"
	"ollama-hec/sourcetypes/batch"
)

// Building a batch, reading it back and taking half of it costs as much for each event
// whether it has few or many, and whether they fit into what is held before it is compressed.
func TestBatchesAreLinear(t *testing.T) {
	const times = 64 // the longer one is 2 MiB
	for _, compress := range []bool{true, false} {
		for _, event := range []string{"{}\n", `{"time":1796000000.123,"event":"[GIN] 200 GET /api/tags"}` + "\n"} {
			if lineartest.Grows(func(text []byte) {
				b := batch.NewBuilder(batch.Limits{Bytes: 64 << 20, Events: 1 << 30}, compress)
				for range times {
					for line := range bytes.Lines(text) {
						b.AddEncoded(line)
						if b.Full() {
							t.Fatal("it is full")
						}
					}
				}
				whole := b.Take()
				if _, err := batch.Part(whole, 0, whole.Len()/2); err != nil {
					t.Fatal(err)
				}
			}, "%", event) {
				t.Errorf("compressed %v, of %q: the cost grows faster than the batch", compress, event)
			}
		}
	}
}
