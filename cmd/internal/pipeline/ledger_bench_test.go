package pipeline

import (
	"testing"

	"ollama-hec/input"
)

// One batch of one stream: what keeping its place costs.
func BenchmarkLedger(b *testing.B) {
	l := &ledger{stream: new(still)}
	b.ReportAllocs()
	var next input.Position
	for b.Loop() {
		next++
		first := l.record(uint64(next), next, input.Carry{})
		next++
		second := l.record(uint64(next), next, input.Carry{})
		second.commitPrefix()
		first.commitPrefix()
	}
}

// still is a stream of which only the place counts.
type still struct{ tape }

func (*still) Commit(input.Position, input.Carry) {}
