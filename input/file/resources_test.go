//go:build unix

package file

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestResources(t *testing.T) {
	tellAll(t, []story{
		{"more files than may be open", []string{"*.log*"}, func(b *bench) {
			b.options.MaxOpen = 8
			b.start()
			want := ""
			for round := range 3 {
				for n := range 60 {
					text := lines(fmt.Sprintf("w%02d", n), 10*round, 10)
					b.append(fmt.Sprintf("%02d.log", n), text)
					want += text
				}
				b.wants(want)
				if open := b.run.source.Stats().Open; open > 8 {
					b.t.Errorf("%d files open", open)
				}
			}
			for n := range 60 { // rotated while closed
				name := fmt.Sprintf("%02d.log", n)
				text := lines(fmt.Sprintf("w%02d", n), 30, 20)
				b.append(name, text[:len(text)/2])
				b.rename(name, name+".1")
				b.write(name, text[len(text)/2:])
				want += text
			}
			b.wants(want)
			b.stop()
			b.start()
			b.append("00.log", "more\n")
			b.wants(want, "more\n")
		}},
		{"empty when found, closed, then filled", nil, func(b *bench) {
			b.options.MaxOpen = 4
			b.write("empty.log", "")
			b.start()
			want := ""
			for n := range 20 {
				text := lines(fmt.Sprintf("w%02d", n), 0, 10)
				b.write(fmt.Sprintf("%02d.log", n), text)
				want += text
			}
			b.wants(want)
			b.append("empty.log", "filled\n")
			b.wants(want, "filled\n")
		}},
		{"closed, then rotated out of the globs", nil, func(b *bench) {
			b.options.MaxOpen = 4
			b.start()
			want := ""
			for n := range 20 {
				text := lines(fmt.Sprintf("w%02d", n), 0, 10)
				b.append(fmt.Sprintf("%02d.log", n), text)
				want += text
			}
			b.wants(want)
			for n := range 20 {
				name := fmt.Sprintf("%02d.log", n)
				text := lines(fmt.Sprintf("w%02d", n), 10, 20)
				b.append(name, text[:len(text)/2])
				b.rename(name, name+".1")
				b.write(name, text[len(text)/2:])
				want += text
			}
			b.wants(want)
		}},
		{"deleted files may hold so much disk", nil, func(b *bench) {
			b.options.HeldDeletedMax = 10000
			b.start()
			b.lane.stall(true)
			for n := range 10 {
				b.write("a.log", lines(fmt.Sprintf("w%d", n), 0, 300))
				b.rest()
				b.remove("a.log")
				b.rest()
			}
			if held := b.run.source.Stats().HeldDeleted; held > 10000 {
				b.t.Errorf("%d bytes held", held)
			}
			b.lane.stall(false)
			b.wants(lines("w7", 0, 300), lines("w8", 0, 300), lines("w9", 0, 300))
			if lost := b.run.source.Stats().LostBytes; lost != 7*3000 || b.log.count("held too much disk") == 0 {
				b.t.Errorf("%d bytes lost, and said so: %s", lost, b.log)
			}
		}},
		{"polling alone", []string{"**/*.log"}, func(b *bench) {
			b.start()
			b.rest()
			b.run.source.wakeUp()
			b.write("a.log", lines("a", 0, 10))
			b.wants(lines("a", 0, 10))
		}},
		{"a busy file among slow ones", nil, func(b *bench) {
			b.lane.buf = bufferMin
			b.write("busy.log", lines("busy", 0, 20000))
			b.start()
			want := lines("busy", 0, 20000)
			for n := range 20 {
				text := lines(fmt.Sprintf("slow%02d", n), 0, 3)
				b.write(fmt.Sprintf("slow%02d.log", n), text)
				want += text
			}
			b.wants(want)
		}},
	})
}

// A file that cannot be opened is named once, and read as soon as it can be.
// The mode means nothing to root, so this one breaks the path instead.
func TestUnreadable(t *testing.T) {
	b := newBench(t)
	if os.Getuid() != 0 {
		b.write("a.log", lines("a", 0, 10))
		if err := os.Chmod(b.path("a.log"), 0); err != nil {
			t.Fatal(err)
		}
	} else if err := os.Symlink("a.log", b.path("a.log")); err != nil { // ELOOP
		t.Fatal(err)
	}
	b.start()
	b.rest()
	if n := b.log.count("cannot be read"); n != 1 {
		t.Errorf("%d warnings: %s", n, b.log)
	}
	if os.Getuid() != 0 {
		if err := os.Chmod(b.path("a.log"), 0o644); err != nil {
			t.Fatal(err)
		}
	} else {
		b.remove("a.log")
		b.write("a.log", lines("a", 0, 10))
	}
	b.wants(lines("a", 0, 10))
	if b.log.count("can be read again") != 1 {
		t.Errorf("recovery was not logged: %s", b.log)
	}
}

// Without any descriptor left for it, nothing is lost and polling stands in
// for notifications.
func TestOutOfDescriptors(t *testing.T) {
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	b := newBench(t)
	b.options.Rescan, b.options.Poll = 10*time.Millisecond, 5*time.Millisecond
	want := ""
	for n := range 50 {
		text := lines(fmt.Sprintf("w%02d", n), 0, 10)
		b.write(fmt.Sprintf("%02d.log", n), text)
		want += text
	}
	b.start()
	b.rest()
	// Made elsewhere and moved here, for which the test itself needs no descriptor.
	elsewhere := t.TempDir()
	for n := range 50 {
		text := lines(fmt.Sprintf("n%02d", n), 0, 10)
		if err := os.WriteFile(filepath.Join(elsewhere, fmt.Sprintf("new%02d.log", n)), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		want += text
	}
	used := 0
	if entries, err := os.ReadDir("/proc/self/fd"); err == nil {
		used = len(entries)
	}
	tight := old
	tight.Cur = uint64(used + 3)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &tight); err != nil {
		t.Fatal(err)
	}
	for n := range 50 {
		name := fmt.Sprintf("new%02d.log", n)
		if err := os.Rename(filepath.Join(elsewhere, name), b.path(name)); err != nil {
			t.Error(err)
		}
	}
	b.rest()
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	b.wants(want)
}

func TestAGlobThatMatchesNothingIsSaid(t *testing.T) {
	b := newBench(t, "a.log", "none/*.log")
	b.append("a.log", "one\n")
	b.once()
	b.wants("one")
	if n := b.log.count("no file matches PATHS"); n != 1 || b.log.count(b.path("none/*.log")) != 1 {
		t.Errorf("said %d times: %s", n, b.log)
	}
}
