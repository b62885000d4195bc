//go:build linux

package harness

import (
	"compress/gzip"
	"fmt"
	"os"
	"testing"

	"ollama-hec/hec/receiver"
)

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

// compress does what gzip does: FILE becomes FILE.gz.
func (b *bench) compress(name string) {
	b.t.Helper()
	text, err := os.ReadFile(b.path(name))
	b.must(err)
	f, err := os.Create(b.path(name + ".gz"))
	b.must(err)
	z := gzip.NewWriter(f)
	_, err = z.Write(text)
	b.must(err)
	b.must(z.Close())
	b.must(f.Close())
	b.remove(name)
}
