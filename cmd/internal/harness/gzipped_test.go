//go:build linux

package harness

import (
	"fmt"
	"testing"

	"ollama-hec/hec/receiver"
)

// What was rotated twice and gzipped while nobody followed it comes in order,
// once, and not again at the next start.
func TestGzippedWhileDown(t *testing.T) {
	exactly(t, []story{
		{"numbered", func(b *bench) {
			b.write("a.log", b.lines("a", 0, 1000))
			b.start()
			b.arrived()
			b.stop()
			b.append("a.log", b.lines("a", 1000, 1000))
			for n, to := range []string{"a.log.3", "a.log.2", "a.log.1"} {
				b.rename("a.log", to)
				if to != "a.log.1" {
					b.compress(to)
				}
				b.write("a.log", b.lines("a", 2000+1000*n, 1000))
			}
			b.start()
			b.arrived()
			b.stop()
			b.start()
		}},
		{"dated", func(b *bench) {
			b.write("0.log", b.lines("a", 0, 1000))
			b.start()
			b.arrived()
			b.stop()
			b.append("0.log", b.lines("a", 1000, 1000))
			for n, to := range []string{"0.log.20261121-090807", "0.log.20261121-091011", "0.log.20261121-101112"} {
				b.rename("0.log", to)
				b.write("0.log", b.lines("a", 2000+1000*n, 1000))
			}
			b.compress("0.log.20261121-091011")
			b.compress("0.log.20261121-090807")
			b.start()
			b.arrived()
			b.stop()
			b.start()
		}},
	})
}

// A crash while a gzipped file is read: all of it comes, in order.
func TestKilledWhileGzippedFilesAreRead(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.write("a.log", b.lines("a", 0, 100))
	b.start()
	b.arrived()
	b.stop()
	const n = 100_000
	for i, to := range []string{"a.log.2", "a.log.1"} {
		b.append("a.log", b.lines("a", 100+n*i, n))
		b.rename("a.log", to)
		b.compress(to)
	}
	b.write("a.log", b.lines("a", 100+2*n, 100))
	for i := range 5 {
		b.start()
		some := b.name("a", 100+(i+1)*n/4)
		b.eventually(fmt.Sprintf("line %s", some), func() bool { return b.ledger.Times(some) > 0 })
		b.kill()
	}
	b.start()
	b.excused()
}
