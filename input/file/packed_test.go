package file

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/input"
)

// zipped is text gzipped, in as many members as there are texts.
func zipped(t testing.TB, texts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, text := range texts {
		z := gzip.NewWriter(&b)
		if _, err := z.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// noise does not compress well, so that a part of its gzip says something.
func noise(n int) string {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = "0123456789abcdef\n"[random.IntN(17)]
	}
	return string(b)
}

func packedFile(t testing.TB, data []byte) *packed {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.gz")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := openShared(path)
	if err != nil {
		t.Fatal(err)
	}
	p := unpack(plain{f}, 0)
	t.Cleanup(func() { p.Close() })
	return p
}

// Wherever one reads in a packed file, it says what it held.
func FuzzPacked(f *testing.F) {
	f.Add(uint64(1), uint32(100), uint32(50))
	f.Add(uint64(2), uint32(3<<20), uint32(300<<10))
	f.Fuzz(func(t *testing.T, seed uint64, size, most uint32) {
		text := noise(int(size % (4 << 20)))
		p := packedFile(t, zipped(t, text[:len(text)/2], text[len(text)/2:]))
		plain := strings.NewReader(text)
		random := rand.New(rand.NewPCG(seed, 0))
		for range 12 {
			at := random.Int64N(int64(len(text)) + 10)
			got, want := make([]byte, random.IntN(int(most%(1<<20))+1)), make([]byte, 0)
			want = append(want, got...)
			n, err := p.ReadAt(got, at)
			m, wantErr := plain.ReadAt(want, at)
			if n != m || !bytes.Equal(got, want) || n < len(got) && !errors.Is(err, wantErr) {
				t.Fatalf("%d bytes at %d: %d, %v; want %d, %v", len(got), at, n, err, m, wantErr)
			}
		}
	})
}

// counting counts what is unpacked, as long as no cursor is made anew.
type counting struct {
	*packed
	unpacked int64
	most     int // bytes that a cursor remembered
}

func (c *counting) ReadAt(b []byte, at int64) (int, error) {
	before := c.end()
	n, err := c.packed.ReadAt(b, at)
	c.unpacked += max(0, c.end()-before)
	for _, cur := range c.cursors {
		if cur != nil {
			c.most = max(c.most, cap(cur.memory))
		}
	}
	return n, err
}

func (c *counting) end() (sum int64) {
	for _, cur := range c.cursors {
		if cur != nil {
			sum += cur.end
		}
	}
	return sum
}

// A reader who returns from the end of each long line to its start goes through
// the file twice, not once for each line, and remembers little of it.
func TestLongLinesAreUnpackedTwice(t *testing.T) {
	const n, size = 40, 2 << 20
	line := strings.Repeat("x", size-1) + "\n"
	b := newBench(t)
	b.options.MaxLine = 1 << 10
	path := b.path("a.log.1.gz")
	if err := os.WriteFile(path, zipped(t, strings.Repeat(line, n)), 0o600); err != nil {
		t.Fatal(err)
	}
	b.write("a.log", "")
	s, g := b.open("a.log")
	f, err := openShared(path)
	if err != nil {
		t.Fatal(err)
	}
	c := &counting{packed: unpack(plain{f}, 0)}
	g.mu.Lock()
	s.closeFileLocked(g)
	g.packed, g.file, g.rested = true, c, true
	g.mu.Unlock()
	got := 0
	chunk := &input.Chunk{Buf: make([]byte, bufferDefault)}
	for progress := input.More; progress == input.More; {
		progress = g.Read(chunk)
		got += len(chunk.Records)
	}
	if got != n {
		t.Errorf("%d lines, not %d", got, n)
	}
	if c.unpacked > 2*n*size+size {
		t.Errorf("%d bytes unpacked of %d", c.unpacked, n*size)
	}
	if c.most > 4*bufferDefault {
		t.Errorf("%d bytes remembered", c.most)
	}
}

func TestPackedDamage(t *testing.T) {
	text := noise(1 << 20)
	data := zipped(t, text)
	t.Run("cut off, then whole", func(t *testing.T) {
		p := packedFile(t, data[:len(data)/2])
		buf := make([]byte, len(text)+1)
		n, err := p.ReadAt(buf, 0)
		if err != io.EOF || n == 0 || string(buf[:n]) != text[:n] || !unfinished(p.damaged()) {
			t.Fatalf("%d bytes, %v, damage %v", n, err, p.damaged())
		}
		if err := os.WriteFile(p.Name(), data, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := p.ReadAt(buf[n:], int64(n))
		if err != io.EOF || string(buf[:n+m]) != text || p.damaged() != nil {
			t.Errorf("%d bytes more, %v, damage %v", m, err, p.damaged())
		}
	})
	t.Run("not as it was", func(t *testing.T) {
		bad := bytes.Clone(data)
		bad[len(bad)/2] ^= 0xff
		p := packedFile(t, bad)
		buf := make([]byte, len(text)+1)
		n, err := p.ReadAt(buf, 0)
		if err != io.EOF || p.damaged() == nil || unfinished(p.damaged()) || n == 0 {
			t.Errorf("%d bytes, %v, damage %v", n, err, p.damaged())
		}
	})
	t.Run("nothing after the first bytes", func(t *testing.T) {
		p := packedFile(t, data[:5])
		if n, err := p.ReadAt(make([]byte, 10), 0); n != 0 || err != io.EOF || !unfinished(p.damaged()) {
			t.Errorf("%d bytes, %v, damage %v", n, err, p.damaged())
		}
	})
}

// What is written while the end is looked for is read the next time.
func TestPackedWhileItIsWritten(t *testing.T) {
	text := noise(20_000)
	data := zipped(t, text)
	for range 50 {
		path := filepath.Join(t.TempDir(), "a.gz")
		w, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		r, err := openShared(path)
		if err != nil {
			t.Fatal(err)
		}
		p := unpack(plain{r}, 0)
		written := make(chan error)
		go func() {
			for at := 0; at < len(data); at += 99 {
				if _, err := w.Write(data[at:min(at+99, len(data))]); err != nil {
					written <- err
				}
			}
			close(written)
		}()
		got := make([]byte, len(text)+1)
		for writing := true; writing; {
			select {
			case err := <-written:
				if err != nil {
					t.Fatal(err)
				}
				writing = false
			default:
				if _, err := p.ReadAt(got, 0); err != io.EOF {
					t.Fatal(err)
				}
			}
		}
		if n, err := p.ReadAt(got, 0); string(got[:n]) != text || err != io.EOF || p.damaged() != nil {
			t.Fatalf("read %d of %d bytes, %v, damage: %v", n, len(text), err, p.damaged())
		}
		p.Close()
		w.Close()
	}
}
