package file

import (
	"strings"
	"testing"

	"ollama-hec/input"
)

// BenchmarkRead is what reading costs of lines of Ollama's length.
func BenchmarkRead(b *testing.B) {
	bench := newBench(b)
	text := strings.Repeat(
		"[GIN] 2025/11/21 - 20:37:05 | 200 |  1.234567ms |  127.0.0.1 | POST  \"/api/generate\" xxxxxxxxxxx\n",
		20000,
	)
	bench.write("a.log", text)
	_, g := bench.open("a.log")
	chunk := &input.Chunk{Buf: make([]byte, 256<<10)}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		g.mu.Lock()
		g.off, g.before, g.marks, g.committed = 0, g.before[:0], g.marks[:1], 0
		g.mu.Unlock()
		for progress := input.More; progress == input.More; {
			progress = g.Read(chunk)
		}
	}
}
