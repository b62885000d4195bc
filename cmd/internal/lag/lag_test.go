package lag

import (
	"math/rand/v2"
	"testing"
	"time"

	"ollama-hec/input/file"
)

var start = time.Unix(1_700_000_000, 0)

func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

// one is a file of whole lines.
func one(size, delivered int64) []file.FileStatus {
	return []file.FileStatus{
		{Key: "k", Path: "/o.log", Size: size, Whole: size, Committed: delivered, Lag: size - delivered},
	}
}

// An age is that of the oldest byte that waits, not of the last standstill.
func TestAge(t *testing.T) {
	type look struct {
		second          int
		size, delivered int64
		age             int // in seconds
	}
	for _, tt := range []struct {
		name  string
		looks []look
	}{
		{"nothing waits", []look{{0, 100, 100, 0}, {60, 100, 100, 0}}},
		{"nothing is delivered", []look{{0, 100, 0, 0}, {60, 100, 0, 60}, {90, 200, 0, 90}}},
		{"all comes at once", []look{{0, 100, 0, 0}, {60, 100, 100, 0}, {61, 150, 100, 0}, {63, 150, 100, 2}}},
		{"always behind by one look", []look{{0, 10, 0, 0}, {1, 20, 10, 0}, {2, 30, 20, 0}, {3, 40, 30, 0}, {9, 50, 40, 0}, {10, 50, 40, 1}}},
		{"always behind by three", []look{{0, 10, 0, 0}, {1, 20, 0, 1}, {2, 30, 0, 2}, {3, 40, 10, 2}, {4, 50, 20, 2}, {5, 60, 30, 2}}},
		{"a part of what came together", []look{{0, 100, 0, 0}, {5, 100, 50, 5}, {6, 100, 99, 6}, {7, 100, 100, 0}}},
		{"truncated", []look{{0, 100, 100, 0}, {1, 200, 100, 0}, {2, 150, 100, 1}, {3, 20, 100, 0}, {4, 120, 100, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var w Watch
			for _, l := range tt.looks {
				w.Look(at(l.second), one(l.size, l.delivered))
				if got := w.Files(at(l.second))[0].Age; got != time.Duration(l.age)*time.Second {
					t.Errorf("at %d s: %v, want %d s", l.second, got, l.age)
				}
			}
		})
	}
}

// What is no whole line yet is not late: it waits for Ollama.
func TestHalfLine(t *testing.T) {
	var w Watch
	f := one(110, 0)
	w.Look(at(0), f) // not read yet: nobody knows
	f[0].Whole, f[0].Committed = 100, 100
	w.Look(at(60), f)
	if got := w.Files(at(60))[0]; got.Age != 0 {
		t.Errorf("got %+v", got)
	}
	f[0].Whole, f[0].Size = 120, 120
	w.Look(at(61), f)
	if got := w.Files(at(62))[0]; got.Age != time.Second {
		t.Errorf("got %+v", got)
	}
}

// However long it takes, little is remembered, and ages are true to a thirtieth.
func TestFewMarksAreEnough(t *testing.T) {
	var w Watch
	rng := rand.New(rand.NewPCG(1, 2))
	var sizes []int64 // by second
	var size, delivered int64
	for second := range 100_000 {
		size += 1 + rng.Int64N(100)
		sizes = append(sizes, size)
		if second > 50_000 {
			delivered = sizes[(second-50_000)*2] // slower than half, then catching up
		}
		w.Look(at(second), one(size, delivered))
		if second%997 != 0 {
			continue
		}
		oldest := 0
		for sizes[oldest] <= delivered {
			oldest++
		}
		got, want := w.Files(at(second))[0].Age, at(second).Sub(at(oldest))
		if got < want || got > want+time.Second*50_000/30 {
			t.Fatalf("at %d s: %v, want %v", second, got, want)
		}
		if n := len(w.files["k"].marks); n > marksMax {
			t.Fatalf("%d marks", n)
		}
	}
}

// A path's age is its worst generation's; what is gone is forgotten.
func TestGenerationsOfOnePath(t *testing.T) {
	var w Watch
	old := file.FileStatus{Key: "old", Path: "/o.log.1", Whole: 50, Committed: 0, Lag: 50}
	new := file.FileStatus{Key: "new", Path: "/o.log", Whole: 10, Committed: 0, Lag: 10}
	w.Look(at(0), []file.FileStatus{old})
	old.Path = "/o.log"
	w.Look(at(30), []file.FileStatus{old, new})
	files := w.Files(at(40))
	if len(files) != 1 || files[0] != (File{"/o.log", 60, 40 * time.Second}) {
		t.Errorf("got %+v", files)
	}
	if got := Total(files); got != (File{"/o.log", 60, 40 * time.Second}) {
		t.Errorf("total %+v", got)
	}
	w.Look(at(41), []file.FileStatus{new})
	if files := w.Files(at(41)); len(files) != 1 || files[0].Age != 11*time.Second {
		t.Errorf("got %+v", files)
	}
	w.Look(at(42), nil)
	if got := Total(w.Files(at(42))); got != (File{}) || len(w.files) != 0 {
		t.Errorf("got %+v", got)
	}
}
