//go:build unix

package file

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func inode(b *bench, name string) uint64 {
	b.t.Helper()
	st, err := statPath(b.path(name))
	if err != nil {
		b.t.Fatal(err)
	}
	return st.id.Ino
}

func TestIdentity(t *testing.T) {
	tellAll(t, []story{
		{"deleted and recreated with the same inode, live", nil, func(b *bench) {
			b.start()
			want, repeats := "", 0
			var before uint64
			for n := 0; n < 200 && repeats < 5; n++ {
				text := lines(fmt.Sprintf("w%03d", n), 0, 3)
				b.write("a.log", text)
				want += text
				b.eventually("read", func() bool { return len(b.lane.lines()) == 3*(n+1) })
				if now := inode(b, "a.log"); now == before {
					repeats++
				} else {
					before = now
				}
				b.remove("a.log")
				b.eventually("let go of", func() bool { return b.run.source.Stats().Files == 0 })
			}
			b.wants(want)
			b.t.Logf("the inode repeated %d times", repeats)
		}},
		{"not regular files", nil, func(b *bench) {
			if err := syscall.Mkfifo(b.path("fifo.log"), 0o644); err != nil {
				b.t.Fatal(err)
			}
			if err := os.Mkdir(b.path("dir.log"), 0o755); err != nil {
				b.t.Fatal(err)
			}
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			if n := b.log.count("FIFO") + b.log.count("directory"); n != 2 {
				b.t.Errorf("%d warnings, not one for each:\n%s", n, b.log)
			}
		}},
		{"compressed bit by bit", []string{"*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			for _, part := range []string{"", "\x1f", "\x8b", "\x08", lines("no", 0, 10), lines("no", 10, 10)} {
				b.append("a.gz", part)
				b.rest()
			}
			b.wants(lines("a", 0, 10))
		}},
		{"compressed to less than a line", []string{"*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.append("a.log.1.gz", "")
			b.rest()
			b.append("a.log.1.gz", "\x1f\x8b\x08 nothing")
			b.rest()
			b.rename("a.log.1.gz", "a.log.2.gz")
			for since, scans := time.Now(), &b.run.source.scans; time.Since(since) < 2*b.options.RotateWait; {
				n := scans.Load() // a last line without end would be read
				b.eventually("a listing", func() bool { return scans.Load() > n })
			}
			b.wants(lines("a", 0, 10))
		}},
		{"compressed from the start", []string{"*"}, func(b *bench) {
			for name, magic := range map[string]string{"gz": "\x1f\x8b\x08\x00", "zst": "\x28\xb5\x2f\xfd", "zip": "PK\x03\x04", "xz": "\xfd7zXZ\x00"} {
				b.write("a."+name, magic+lines("no", 0, 100))
			}
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
		}},
	})
}

func TestGlobs(t *testing.T) {
	tellAll(t, []story{
		{"excluded", []string{"*"}, func(b *bench) {
			b.options.Exclude = []string{filepath.Join(b.dir, "*.tmp")}
			b.write("a.log", lines("a", 0, 10))
			b.write("a.tmp", lines("no", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
		}},
	})

	for _, bad := range []string{"[", "/var/log/[a-.log", "{a,b", ""} {
		if _, err := New(Options{Patterns: []string{bad}}); err == nil {
			t.Errorf("glob %q was taken", bad)
		}
	}
}
