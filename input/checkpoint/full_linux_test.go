package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// What is saved stays so, and closing is no failure, where the disk has no room to write it anew.
func TestCloseOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=256k,mode=700"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	s := open(t, dir)
	for n := range 2 { // the second is appended
		set(s, "file", "a", n)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	want := dump(s)
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 1<<20), 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, dir)
	if got := dump(s); got != want || want != "file/a=1 " {
		t.Errorf("got %q, want %q", got, want)
	}
}
