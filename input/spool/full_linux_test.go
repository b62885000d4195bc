package spool

import (
	"bytes"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A segment that fills the disk is closed at once, young as it is: what is delivered of it can be deleted,
// which makes room.
func TestASegmentThatFillsTheDiskIsClosed(t *testing.T) {
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=700"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		state, began := filepath.Join(disk, "state"), time.Now()
		w := start(t, options(t, state))
		defer w.Close()
		large := event(1)
		large.Event = bytes.Join([][]byte{[]byte(`{"x":"`), []byte(`"}`)}, bytes.Repeat([]byte("x"), 10<<10))
		for w.Stats().Lost.Disk == 0 {
			w.Emit(large)
			synctest.Wait()
		}
		dir, err := openDir(state)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		names, _ := segments(t, state)
		for _, name := range names {
			if is, err := closed(dir, name); err != nil || !is {
				t.Errorf("%s is open after %v: %v", name, time.Since(began), err)
			}
		}
		if len(names) == 0 || time.Since(began) > segmentAge/2 {
			t.Errorf("%q after %v", names, time.Since(began))
		}
	})
}
