package deadletter

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ollama-hec/hec"
)

func TestDrainLeavesWhatItIsTold(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	for _, name := range []string{"a", "b", "c"} {
		put(t, s, name, `1`)
	}
	refused := errors.New("not now")
	for _, tt := range []struct {
		fails error
		left  string
	}{{refused, "b 1,c 1"}, {nil, "c 1"}, {nil, ""}, {refused, ""}} {
		err := s.Drain(func(ls []Letter) ([]Letter, error) { return ls[1:], tt.fails })
		if tt.left == "" && len(reasons(t, s)) == 0 {
			continue // nothing there, so nothing fails
		}
		if !errors.Is(err, tt.fails) {
			t.Errorf("got %v, want %v", err, tt.fails)
		}
		if got := strings.Join(reasons(t, s), ","); got != tt.left {
			t.Errorf("left are %s, want %s", got, tt.left)
		}
	}
	files, err := paths(s)
	if err != nil || len(files) != 1 {
		t.Errorf("%q, %v: files pile up", files, err)
	}
}

// What comes while the store is drained is not drained with it, even if the
// clock was set back since the files were begun.
func TestDrainSparesWhatComesMeanwhile(t *testing.T) {
	for _, name := range []string{"", "20991231T235959.999999999Z.jsonl", "put here by hand.jsonl"} {
		s := Open(filepath.Join(t.TempDir(), "dead-letter"))
		put(t, s, "a", `1`)
		if name != "" {
			if err := os.Rename(first(t, s), filepath.Join(s.path, name)); err != nil {
				t.Fatal(err)
			}
		}
		err := s.Drain(func([]Letter) ([]Letter, error) {
			put(t, s, "again", `1`)
			return nil, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(reasons(t, s), ","); got != "again 1" {
			t.Errorf("after %q: %s", name, got)
		}
	}
}

func TestNamesGrow(t *testing.T) {
	files := []string{"20991231T235959.999999999Z.jsonl"}
	for range 12 {
		next := after(files)
		if next <= files[len(files)-1] {
			t.Fatalf("%s after %s", next, files[len(files)-1])
		}
		files = append(files, next)
	}
	if !slices.IsSorted(files) {
		t.Error(files)
	}
}

func TestDrainsDoNotMeet(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	put(t, s, "a", `1`)
	err := s.Drain(func([]Letter) ([]Letter, error) {
		if err := Open(s.path).Drain(nil); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
		if _, err := Open(s.path).Drop(); !errors.Is(err, ErrBusy) {
			t.Errorf("got %v", err)
		}
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Drains and burials at the same time: every letter is either drained or there.
func TestDrainAndPutTogether(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	const letters = 50
	var burying sync.WaitGroup
	burying.Go(func() {
		for range letters {
			if err := s.Put(hec.DeadLetter{Event: []byte(`1`)}); err != nil {
				t.Errorf("put: %v", err)
			}
		}
	})
	drained := 0
	drain := func() {
		if err := s.Drain(func(ls []Letter) ([]Letter, error) { drained += len(ls); return nil, nil }); err != nil {
			t.Errorf("drain: %v", err)
		}
	}
	ended := make(chan struct{})
	go func() { burying.Wait(); close(ended) }()
	for running := true; running; drain() {
		select {
		case <-ended:
			running = false
		default:
		}
	}
	drain()
	if drained != letters {
		t.Errorf("%d of %d", drained, letters)
	}
}

// A crash while a file was written anew leaves the old one.
func TestAnUnfinishedFileCountsForNothing(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	put(t, s, "a", `1`)
	put(t, s, "b", `2`)
	half := first(t, s) + unfinished
	if err := os.WriteFile(half, []byte(`{"reason":"b","eve`), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(reasons(t, s), ","); got != "a 1,b 2" {
		t.Fatal(got)
	}
	if err := s.Drain(func(ls []Letter) ([]Letter, error) { return ls[1:], nil }); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(reasons(t, s), ","); got != "b 2" {
		t.Fatal(got)
	}
	if _, err := os.Stat(half); err == nil {
		t.Error("it is still there")
	}
}
