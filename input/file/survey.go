package file

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"ollama-hec/input/internal/closed"
)

// Surveyed is what a Source would make of one path.
type Surveyed struct {
	Path string
	Size int64
	// Left says why it would not be followed; empty: it would be.
	Left string
	// Err is why it cannot be read, or looked into, and Hint what to do about that; nil: it can be.
	Err  error
	Hint string
	// Dir means that it is a directory on the way to the files, which cannot be looked into.
	Dir bool
	// Missing means that no file matches the glob that Path is.
	Missing bool
}

// Survey says what a Source with these patterns would follow at its start, leave and fail
// to read, by path. It reads no file but its first bytes, and waits for none: a FIFO is
// not opened.
func Survey(patterns []string) ([]Surveyed, error) {
	globs, err := compileAll(patterns)
	if err != nil {
		return nil, err
	}
	s := &Source{}
	s.patterns = globs
	l := list(globs, func(string) bool { return false })
	var all []Surveyed
	for _, found := range l.sightings {
		all = append(all, s.survey(found))
	}
	for _, path := range slices.Sorted(maps.Keys(l.failed)) {
		all = append(all, unreadable(path, l.failed[path]))
	}
	for _, p := range globs {
		if !l.hides(p) && !slices.ContainsFunc(l.sightings, func(found sighting) bool { return p.matches(found.path) }) {
			all = append(all, Surveyed{Path: p.glob, Missing: true})
		}
	}
	return all, nil
}

func (s *Source) survey(found sighting) Surveyed {
	seen := Surveyed{Path: found.path, Size: found.stat.size}
	switch {
	case found.stat.dir:
		seen.Left = leftDirectory + "; " + hintDirectory(found.path)
		return seen
	case !found.stat.regular:
		seen.Left = leftSpecial
		return seen
	}
	head, err := beginning(found.path)
	switch {
	case err != nil:
		return unreadable(found.path, err)
	case isCompressed(head) && !(s.unpacks(found.path) && isGzip(head)):
		seen.Left = leftCompressed
	}
	return seen
}

// unreadable is what cannot be read, or looked into.
func unreadable(path string, err error) Surveyed {
	if c := closed.Above(path, err); c != nil {
		return Surveyed{Path: c.Path, Err: errors.New(c.Problem()), Hint: c.Hint(), Dir: c.Dir}
	}
	return Surveyed{Path: path, Err: err, Hint: "look at the file system"}
}

// beginning reads the first bytes of a regular file.
func beginning(path string) ([]byte, error) {
	f, err := openShared(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if st, err := statFile(f); err != nil || !st.regular {
		return nil, fmt.Errorf("open %s: it was replaced meanwhile (%w)", path, os.ErrInvalid)
	}
	return readHead(f, make([]byte, headSize))
}
