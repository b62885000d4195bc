// Package lag tells for how long log lines have been waiting to be delivered,
// file by file.
//
// A file does not say when a byte was written. Its size is noted from time to
// time, so an age is short by up to the time between two looks; what was
// undelivered when it was first seen counts from then.
package lag

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"ollama-hec/input/file"
)

// File is what waits of the files at one path, of which there may have been several.
type File struct {
	Path  string
	Bytes int64         // not delivered yet
	Age   time.Duration // of the oldest of them; 0: no whole line waits
}

// Watch follows how files grow and are delivered.
type Watch struct {
	mu    sync.Mutex
	files map[string]*growth // by file.FileStatus.Key; guarded by mu
}

// growth is one file.
type growth struct {
	path  string
	bytes int64
	// marks are sizes not delivered yet with the time they were first seen: the
	// oldest byte that waits came at the first one.
	marks []mark
	apart time.Duration // how far the marks have to be apart, for few to be enough
}

type mark struct {
	size int64
	at   time.Time
}

// marksMax bounds what is remembered of one file.
const marksMax = 64

// Every is how often a running shipper is looked at.
const Every = time.Second

// Run looks at files until ctx ends.
func (w *Watch) Run(ctx context.Context, every time.Duration, files func() []file.FileStatus) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		w.Look(time.Now(), files())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Look notes how the files are now. What is no longer among them is forgotten.
func (w *Watch) Look(now time.Time, files []file.FileStatus) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.files
	w.files = make(map[string]*growth, len(files))
	for _, f := range files {
		g := before[f.Key]
		if g == nil {
			g = new(growth)
		}
		g.path, g.bytes = f.Path, f.Lag
		g.note(now, f.Whole, f.Committed)
		w.files[f.Key] = g
	}
}

// note takes in that there are whole lines up to size, and how far they are delivered.
func (g *growth) note(now time.Time, size, delivered int64) {
	g.marks = slices.DeleteFunc(g.marks, func(m mark) bool { return m.size <= delivered })
	if size <= delivered {
		g.marks, g.apart = nil, 0
		return
	}
	// The file may have been truncated, or end in what is not a line yet.
	n, _ := slices.BinarySearchFunc(g.marks, size, func(m mark, size int64) int { return cmp.Compare(m.size, size) })
	if n < len(g.marks) {
		g.marks = g.marks[:n+1]
		g.marks[n].size = size
		return
	}
	if n > 0 && now.Sub(g.marks[n-1].at) < g.apart {
		g.marks[n-1].size = size
		return
	}
	if len(g.marks) == marksMax {
		g.thin()
	}
	g.marks = append(g.marks, mark{size, now})
}

// thin joins marks in pairs. What waits seems older by it, by the time between
// two marks at the most.
func (g *growth) thin() {
	for i := range len(g.marks) / 2 {
		g.marks[i] = mark{g.marks[2*i+1].size, g.marks[2*i].at}
	}
	g.marks = g.marks[:len(g.marks)/2]
	last := len(g.marks) - 1
	g.apart = g.marks[last].at.Sub(g.marks[0].at) / time.Duration(last)
}

// Files are the paths, the longest waiting first.
func (w *Watch) Files(now time.Time) []File {
	w.mu.Lock()
	byPath := make(map[string]File, len(w.files))
	for _, g := range w.files {
		f := byPath[g.path]
		f.Path = g.path
		f.Bytes += g.bytes
		if len(g.marks) > 0 {
			f.Age = max(f.Age, now.Sub(g.marks[0].at))
		}
		byPath[g.path] = f
	}
	w.mu.Unlock()
	files := make([]File, 0, len(byPath))
	for _, f := range byPath {
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int {
		return cmp.Or(cmp.Compare(b.Age, a.Age), cmp.Compare(b.Bytes, a.Bytes), cmp.Compare(a.Path, b.Path))
	})
	return files
}

// Total sums Files up: the bytes of all, the age and path of the worst.
func Total(files []File) File {
	var t File
	for _, f := range files {
		t.Bytes += f.Bytes
	}
	if len(files) > 0 && (files[0].Age > 0 || files[0].Bytes > 0) {
		t.Age, t.Path = files[0].Age, files[0].Path
	}
	return t
}
