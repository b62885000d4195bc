package spool

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// What is lost while nothing can be written is told by the next process, if this one ends before there is room: also if
// it is killed.
func TestLossesOutliveTheirProcess(t *testing.T) {
	for _, how := range []string{"stopped", "killed"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				state := t.TempDir()
				o := options(t, state)
				o.Bytes = 2000
				w := start(t, o)
				for n := range 100 {
					w.Emit(event(n))
					synctest.Wait()
				}
				time.Sleep(2 * syncEvery)
				lost := w.Stats().Lost
				if lost.Full == 0 {
					t.Fatalf("lost %+v", lost)
				}
				next := state
				if how == "killed" { // what is on the disk is all that there is
					next = t.TempDir()
					if err := os.CopyFS(next, os.DirFS(state)); err != nil {
						t.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				names, _ := segments(t, next)
				for _, name := range names {
					if err := os.Remove(filepath.Join(Path(next), name)); err != nil {
						t.Fatal(err)
					}
				}
				o.State = next
				for range 2 { // the second has nothing to tell any more
					if err := start(t, o).Close(); err != nil {
						t.Fatal(err)
					}
				}
				_, records := segments(t, next)
				if got := told(t, records); got != lost {
					t.Errorf("lost %+v, told of %+v", lost, got)
				}
			})
		})
	}
}

// The number alone, as earlier versions wrote it, is read as well.
func TestMemo(t *testing.T) {
	lock, err := os.Create(filepath.Join(t.TempDir(), "lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if _, err := lock.WriteString("7\n"); err != nil {
		t.Fatal(err)
	}
	if m := readMemo(lock); m.number != 7 || m.untold.Sum() != 0 {
		t.Errorf("%+v", m)
	}
	for _, m := range []memo{
		{123456789, Losses{1, 2, 3}, time.Unix(1_700_000_000, 123456789)},
		{8, Losses{}, time.Unix(0, 0)},
	} {
		m.write(lock)
		if got := readMemo(lock); got != m {
			t.Errorf("wrote %+v, read %+v", m, got)
		}
	}
}
