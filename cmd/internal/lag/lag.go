// Package lag measures how long log lines have been waiting for delivery, file by file.
//
// A file does not record when a byte was written. So its size is noted at an interval:
// an age is too short by up to that interval, and lines that were already waiting when
// the file was first seen count from then.
package lag

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"ollama-hec/input/file"
)

// File is what waits for delivery at one path, of all the files that were found there.
type File struct {
	Path  string
	Bytes int64         // not delivered yet
	Age   time.Duration // of the oldest undelivered line; 0: no whole line waits
}

// Watch follows how files grow and are delivered.
type Watch struct {
	mu    sync.Mutex
	files map[string]*growth // by file.FileStatus.Key; guarded by mu
}

// growth is how one file has grown.
type growth struct {
	path  string
	bytes int64
	// marks are sizes that are not delivered yet, with the time each was first seen. The
	// age of the file is that of the first one.
	marks []mark
	apart time.Duration // the least time between two marks, so that few are enough
}

// mark is a size of a file and when it was first seen.
type mark struct {
	size int64
	at   time.Time
}

// marksMax bounds the marks of one file.
const marksMax = 64

// Every is how often the files of a running shipper are measured.
const Every = time.Second

// Run measures the files until ctx ends.
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

// Look notes how large the files are now. A file that is no longer among them is dropped.
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

// note records that the file has whole lines up to size, and that they are delivered up to
// delivered.
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

// thin joins marks in pairs. That makes an age too long by at most the time between two
// marks.
func (g *growth) thin() {
	for i := range len(g.marks) / 2 {
		g.marks[i] = mark{g.marks[2*i+1].size, g.marks[2*i].at}
	}
	g.marks = g.marks[:len(g.marks)/2]
	last := len(g.marks) - 1
	g.apart = g.marks[last].at.Sub(g.marks[0].at) / time.Duration(last)
}

// Files returns what waits at each path, the longest waiting first.
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

// Total sums files up: the bytes of all of them, and the age and path of the first.
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
