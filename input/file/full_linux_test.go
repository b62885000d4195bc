package file

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// A deleted file that is still open can be what fills the disk, also one of a source that is closed later.
// Stopping closes it, and then what could not be saved is saved: that is no failure.
func TestStopWhileADeletedFileFillsTheDisk(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=700"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	b := newBench(t)
	b.dir, b.state = filepath.Join(disk, "logs"), filepath.Join(disk, "state")
	if err := os.Mkdir(b.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	b.options.Patterns = []string{b.path("*.log")}
	b.options.RotateWait = time.Hour // so long it stays open
	text := lines("a", 0, 50_000)
	b.write("a.log", text)
	b.start()
	b.eventually("all lines", func() bool { return len(b.lane.lines()) == 50_000 })
	b.remove("a.log")
	if err := os.WriteFile(filepath.Join(disk, "rest"), make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	b.run.store.Put("document", make([]byte, 64<<10))
	elsewhere := filepath.Join(t.TempDir(), "*.log")
	other, err := New(Options{Patterns: []string{elsewhere}, Store: b.run.store, Namespace: "other"})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	if b.run.store.Err() == nil {
		t.Error("there is room while the deleted file is open")
	}
	b.stop()
	if got := b.store().Get("document"); len(got) != 64<<10 {
		t.Errorf("%d bytes were saved", len(got))
	}
}
