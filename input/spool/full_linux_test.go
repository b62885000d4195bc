package spool

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// smallDisk is a directory on a disk of 1 MB of its own.
func smallDisk(t *testing.T) string {
	t.Helper()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=1m,mode=700"); err != nil {
		t.Skipf("no small disk can be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return disk
}

// fill writes records until one finds no room on the disk.
func fill(w *Writer) {
	large := event(1)
	large.Event = bytes.Join([][]byte{[]byte(`{"x":"`), []byte(`"}`)}, bytes.Repeat([]byte("x"), 10<<10))
	for w.Stats().Lost.Disk == 0 {
		w.Emit(large)
		synctest.Wait()
	}
}

// A segment that fills the disk is closed at once, young as it is: what is delivered of it can be deleted,
// which makes room.
func TestASegmentThatFillsTheDiskIsClosed(t *testing.T) {
	disk := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		state, began := filepath.Join(disk, "state"), time.Now()
		w := start(t, options(t, state))
		defer w.Close()
		fill(w)
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

// A writer that ends tells its losses if there is room by then, however short a time ago there was none.
func TestWhoEndsTriesOnceMore(t *testing.T) {
	disk := smallDisk(t)
	synctest.Test(t, func(t *testing.T) {
		state := filepath.Join(disk, "state")
		w := start(t, options(t, state))
		fill(w)
		lost := w.Stats().Lost
		names, _ := segments(t, state)
		for _, name := range names {
			if err := os.Remove(filepath.Join(Path(state), name)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if _, records := segments(t, state); told(t, records) != lost {
			t.Errorf("lost %+v, told of %+v", lost, told(t, records))
		}
	})
}
