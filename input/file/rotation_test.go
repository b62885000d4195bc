package file

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// story is something that happens to files, and what must have been read then.
type story struct {
	name  string
	globs []string // *.log if none
	tell  func(b *bench)
}

func tellAll(t *testing.T, stories []story) {
	for _, s := range stories {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.tell(newBench(t, s.globs...))
		})
	}
}

func TestRotation(t *testing.T) {
	tellAll(t, []story{
		{"moved on while it was looked for", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			b.append("a.log", lines("a", 100, 10))
			// The first listing finds it under no name.
			elsewhere := filepath.Join(b.t.TempDir(), "on its way")
			if err := os.Rename(b.path("a.log"), elsewhere); err != nil {
				b.t.Fatal(err)
			}
			b.options.Rescan = time.Hour
			b.start()
			b.eventually("a listing", func() bool { return b.run.source.scans.Load() > 0 })
			if err := os.Rename(elsewhere, b.path("a.log.2")); err != nil {
				b.t.Fatal(err)
			}
			b.write("a.log", lines("a", 110, 10)) // is noticed
			b.eventually("read", func() bool { return len(b.lane.lines()) == 120 })
			b.options.Rescan = 0
		}},
		{"then compressed", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 1000))
			b.start()
			b.wants(lines("a", 0, 1000))
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("b", 0, 10))
			if out, err := exec.Command("gzip", b.path("a.log.1")).CombinedOutput(); err != nil {
				b.t.Fatalf("gzip: %v: %s", err, out)
			}
			b.wants(lines("a", 0, 1000), lines("b", 0, 10))
			b.stop()
			b.start()
			b.append("a.log", lines("b", 10, 10))
			b.wants(lines("a", 0, 1000), lines("b", 0, 20))
			if n := b.log.count("not followed: compressed"); n != 2 { // once in each life
				b.t.Errorf("the compressed file was mentioned %d times", n)
			}
		}},
		{"renamed back", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.rename("a.log", "a.away")
			b.eventually("let go of", func() bool { return b.run.source.Stats().Files == 0 })
			b.append("a.away", lines("a", 10, 10))
			b.rename("a.away", "a.log")
			b.wants(lines("a", 0, 20))
		}},
	})
}

func TestTruncation(t *testing.T) {
	tellAll(t, []story{
		{"copied, truncated a while later", []string{"*.log*"}, func(b *bench) {
			b.options.Rescan = 300 * time.Millisecond
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.copyTo("a.log", "a.log.1")
			scans := b.run.source.scans.Load()
			b.eventually("a scan", func() bool { return b.run.source.scans.Load() > scans })
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 100, 10))
			b.wants(lines("a", 0, 110))
		}},
		{"a copy in the making", []string{"*.log*"}, func(b *bench) {
			b.options.Rescan = 300 * time.Millisecond
			all := lines("a", 0, 2000)
			b.write("a.log", all)
			b.start()
			b.wants(all)
			for at := 0; at < len(all); at += 4000 {
				b.append("a.log.1", all[at:min(at+4000, len(all))])
				scans := b.run.source.scans.Load()
				b.eventually("a scan", func() bool { return b.run.source.scans.Load() > scans })
			}
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 2000, 10))
			b.wants(lines("a", 0, 2010))
		}},
		{"regrown past the old offset between polls", nil, func(b *bench) {
			b.options.Poll, b.options.Rescan = time.Hour, time.Hour
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.eventually("read", func() bool { return len(b.lane.lines()) == 100 })
			b.lane.stall(true)
			b.write("a.log", lines("b", 0, 200)) // truncates and writes
			b.lane.stall(false)
			b.eventually("read", func() bool { return len(b.lane.lines()) == 300 })
			b.inOrder("b.log")
		}},
	})
}

// Files that are renamed while they are looked at are looked at again, and no
// rotation without end keeps anybody busy.
func TestLooksAgainUntilNamesAreAtRest(t *testing.T) {
	for _, rotations := range []int{0, 1, 3, 100} {
		b := newBench(t)
		b.append("a.log", "new\n")
		b.append("a.log.1", "old\n")
		source, err := New(Options{Patterns: []string{b.path("*.log")}, Store: b.store()})
		if err != nil {
			t.Fatal(err)
		}
		var looked int
		var last []string
		err = source.atRest(b.path("a.log"), func(beside []sighting) {
			if looked++; looked <= rotations {
				b.rename(fmt.Sprintf("a.log.%d", looked), fmt.Sprintf("a.log.%d", looked+1))
			}
			last = nil
			for _, found := range beside {
				last = append(last, filepath.Base(found.path))
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		want := []string{"a.log", fmt.Sprintf("a.log.%d", min(rotations, looks-1)+1)}
		if looked != min(rotations+1, looks) || !slices.Equal(last, want) {
			t.Errorf("%d rotations: looked %d times, last at %v, want %v", rotations, looked, last, want)
		}
	}
}
