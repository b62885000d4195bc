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
		{"files grow and come", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.append("a.log", lines("a", 10, 10))
			b.write("b.log", lines("b", 0, 5))
			b.wants(lines("a", 0, 20), lines("b", 0, 5))
			b.stop()
			b.append("a.log", lines("a", 20, 5))
			b.start()
			b.wants(lines("a", 0, 25), lines("b", 0, 5))
			b.inOrder("a.log")
		}},
		{"renamed within the globs", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.append("a.log", lines("a", 10, 10))
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("a", 20, 10))
			b.wants(lines("a", 0, 30))
			b.inOrder("a.log")
		}},
		{"renamed out of the globs", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.append("a.log", lines("a", 10, 10))
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("a", 20, 10))
			b.wants(lines("a", 0, 30))
			b.inOrder("a.log")
		}},
		{"late writes to the old file", nil, func(b *bench) {
			b.options.RotateWait = time.Hour
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("b", 0, 10))
			b.wants(lines("a", 0, 10), lines("b", 0, 10))
			for i := range 5 {
				b.append("a.log.1", lines("a", 10+i, 1))
			}
			b.wants(lines("a", 0, 15), lines("b", 0, 10))
		}},
		{"many rotations while nothing is read", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.lane.stall(true)
			for n := 1; n <= 4; n++ {
				b.append("a.log", lines("a", 10*n, 5))
				b.rename("a.log", fmt.Sprintf("a.%d", n))
				b.write("a.log", lines("a", 10*n+5, 5))
				b.rest()
			}
			b.lane.stall(false)
			b.wants(lines("a", 0, 50))
			b.inOrder("a.log")
		}},
		{"rotations faster than anyone can look", nil, func(b *bench) {
			b.options.Rescan = 300 * time.Millisecond
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			for n := 1; n <= 3; n++ {
				b.append("a.log", lines("a", 10*n, 10))
				for i := n; i > 1; i-- {
					b.rename(fmt.Sprintf("a.log.%d", i-1), fmt.Sprintf("a.log.%d", i))
				}
				b.rename("a.log", "a.log.1")
			}
			b.write("a.log", lines("a", 40, 10))
			b.wants(lines("a", 0, 50))
			b.inOrder("a.log")
		}},
		{"the oldest deleted while unread", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.lane.stall(true)
			b.append("a.log", lines("a", 10, 10))
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("a", 20, 10))
			b.rest()
			b.remove("a.log.1")
			b.rest()
			b.lane.stall(false)
			b.wants(lines("a", 0, 30))
			b.inOrder("a.log")
		}},
		{"twice while down, out of the globs", nil, func(b *bench) {
			b.write("a.log.7", lines("older", 0, 10)) // of before this program
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.stop()
			b.append("a.log", lines("a", 10, 10))
			b.rename("a.log", "a.log.2")
			b.write("a.log.1", lines("a", 20, 10))
			b.write("a.log", lines("a", 30, 10))
			b.start()
			b.wants(lines("a", 0, 40))
			b.inOrder("a.log")
		}},
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
		{"twice while down, within the globs", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.stop()
			b.append("a.log", lines("a", 10, 10))
			b.rename("a.log", "a.log.2")
			b.write("a.log.1", lines("a", 20, 10))
			b.write("a.log", lines("a", 30, 10))
			b.start()
			b.wants(lines("a", 0, 40))
		}},
		{"twice while down and the oldest deleted", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.stop()
			b.remove("a.log")
			b.write("a.log.1", lines("a", 20, 10))
			b.write("a.log", lines("a", 30, 10))
			b.start()
			b.wants(lines("a", 0, 10), lines("a", 20, 20))
		}},
		{"a chain of names", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			for n := 1; n <= 6; n++ {
				b.wants(lines("a", 0, 10*n))
				b.append("a.log", lines("a", 10*n, 5))
				for i := min(n, 3); i > 1; i-- {
					b.rename(fmt.Sprintf("a.log.%d", i-1), fmt.Sprintf("a.log.%d", i))
				}
				b.rename("a.log", "a.log.1")
				b.write("a.log", lines("a", 10*n+5, 5))
			}
			b.wants(lines("a", 0, 70))
			b.inOrder("a.log")
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
			if n := b.log.count("compressed"); n != 2 { // once in each life
				b.t.Errorf("the compressed file was mentioned %d times", n)
			}
		}},
		{"moved to another directory while unread", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.lane.stall(true)
			b.append("a.log", lines("a", 10, 10))
			if err := os.Mkdir(b.path("old"), 0o755); err != nil {
				b.t.Fatal(err)
			}
			b.rename("a.log", "old/a.log.1")
			b.write("a.log", lines("a", 20, 10))
			b.lane.stall(false)
			b.wants(lines("a", 0, 30))
			b.inOrder("a.log")
		}},
		{"stopped with rotated files unread", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.lane.stall(true)
			for n := 1; n <= 3; n++ {
				b.append("a.log", lines("a", 10*n, 5))
				for i := n; i > 1; i-- {
					b.rename(fmt.Sprintf("a.log.%d", i-1), fmt.Sprintf("a.log.%d", i))
				}
				b.rename("a.log", "a.log.1")
				b.write("a.log", lines("a", 10*n+5, 5))
				b.rest()
			}
			b.stop()
			b.lane.stall(false)
			b.start()
			b.wants(lines("a", 0, 40))
			b.inOrder("a.log")
		}},
		{"not the last one: an older rotated file beside it", nil, func(b *bench) {
			b.write("a.log.1", lines("older", 0, 10))
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.rename("a.log.1", "a.log.2")
			b.rename("a.log", "a.log.1")
			b.write("a.log", lines("a", 10, 10))
			b.wants(lines("a", 0, 20))
		}},
		{"renamed back", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 10))
			b.start()
			b.wants(lines("a", 0, 10))
			b.rename("a.log", "a.away")
			b.eventually("let go of", func() bool { return b.run.source.Counters().Files == 0 })
			b.append("a.away", lines("a", 10, 10))
			b.rename("a.away", "a.log")
			b.wants(lines("a", 0, 20))
		}},
	})
}

func TestTruncation(t *testing.T) {
	tellAll(t, []story{
		{"copied and truncated, all read", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.copyTo("a.log", "a.log.1")
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 100, 10))
			b.wants(lines("a", 0, 110))
			b.inOrder("a.log")
		}},
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
		{"copied and truncated, a tail unread", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.lane.stall(true)
			b.append("a.log", lines("a", 100, 100))
			b.copyTo("a.log", "a.log.1")
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 200, 10))
			b.rest()
			b.lane.stall(false)
			b.wants(lines("a", 0, 210))
			b.inOrder("a.log")
		}},
		{"copied out of the globs and truncated, a tail unread", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.lane.stall(true)
			b.append("a.log", lines("a", 100, 100))
			b.copyTo("a.log", "a.log.1")
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 200, 10))
			b.rest()
			b.lane.stall(false)
			b.wants(lines("a", 0, 210))
			b.inOrder("a.log")
		}},
		{"copied and truncated, nothing read yet", []string{"*.log*"}, func(b *bench) {
			b.lane.stall(true)
			b.start()
			b.write("a.log", lines("a", 0, 100))
			b.rest()
			b.copyTo("a.log", "a.log.1")
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 100, 10))
			b.rest()
			b.lane.stall(false)
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
		{"copied and truncated while down", []string{"*.log*"}, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			b.append("a.log", lines("a", 100, 100))
			b.copyTo("a.log", "a.log.1")
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 200, 100))
			b.start()
			b.wants(lines("a", 0, 300))
			b.inOrder("a.log")
		}},
		{"copied out of the globs and truncated while down", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			b.append("a.log", lines("a", 100, 100))
			b.copyTo("a.log", "a.log.1")
			b.truncate("a.log", 0)
			b.append("a.log", lines("a", 200, 100))
			b.start()
			b.wants(lines("a", 0, 300))
			b.inOrder("a.log")
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
		{"regrown behind the same header", nil, func(b *bench) {
			header := lines("header", 0, 200)
			b.write("a.log", header+lines("a", 0, 100))
			b.start()
			b.wants(header, lines("a", 0, 100))
			b.write("a.log", header+lines("b", 0, 200))
			b.wants(header, header, lines("a", 0, 100), lines("b", 0, 200))
		}},
		{"to nothing", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.truncate("a.log", 0)
			b.wants(lines("a", 0, 100))
			b.stop()
			b.start()
			b.wants(lines("a", 0, 100))
			b.append("a.log", lines("b", 0, 1))
			b.wants(lines("a", 0, 100), lines("b", 0, 1))
		}},
		{"while down", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			b.write("a.log", lines("b", 0, 20))
			b.start()
			b.wants(lines("a", 0, 100), lines("b", 0, 20))
		}},
		{"while down and regrown", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.stop()
			b.write("a.log", lines("b", 0, 200))
			b.start()
			b.wants(lines("a", 0, 100), lines("b", 0, 200))
		}},
		{"rewritten in place", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			f, err := os.OpenFile(b.path("a.log"), os.O_WRONLY, 0)
			if err != nil {
				b.t.Fatal(err)
			}
			if _, err := f.WriteAt([]byte(lines("b", 0, 100)), 0); err != nil {
				b.t.Fatal(err)
			}
			f.Close()
			b.wants(lines("a", 0, 100), lines("b", 0, 100))
		}},
		{"and written on at the old offset", nil, func(b *bench) {
			f, err := os.Create(b.path("a.log"))
			if err != nil {
				b.t.Fatal(err)
			}
			defer f.Close()
			f.WriteString(lines("a", 0, 10000))
			b.start()
			b.wants(lines("a", 0, 10000))
			b.truncate("a.log", 0)
			f.WriteString(lines("b", 0, 10)) // leaves a hole
			b.wants(lines("a", 0, 10000), lines("b", 0, 10))
			f.WriteString(lines("b", 10, 10))
			b.wants(lines("a", 0, 10000), lines("b", 0, 20))
		}},
		{"replaced by what it said and more", nil, func(b *bench) {
			b.write("a.log", lines("a", 0, 100))
			b.start()
			b.wants(lines("a", 0, 100))
			b.write("new", lines("a", 0, 110))
			b.rename("new", "a.log")
			b.wants(lines("a", 0, 110))
		}},
		{"again and again", nil, func(b *bench) {
			b.start()
			want := ""
			for n := range 30 {
				b.write("a.log", lines(fmt.Sprintf("w%02d", n), 0, 20+n%7))
				want += lines(fmt.Sprintf("w%02d", n), 0, 20+n%7)
				b.wants(want)
			}
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
