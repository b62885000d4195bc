package file

import (
	"fmt"
	"maps"
	"os"
	"slices"
)

// Surveyed is what a Source would make of one path.
type Surveyed struct {
	Path string
	Size int64
	// Left says why it would not be followed; empty: it would be.
	Left string
	// Err is why it cannot be read, or looked into; nil: it can be.
	Err error
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
		all = append(all, Surveyed{Path: path, Err: l.failed[path]})
	}
	for _, p := range globs {
		if !slices.ContainsFunc(l.sightings, func(found sighting) bool { return p.matches(found.path) }) {
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
		seen.Err = err
	case isCompressed(head) && !(s.unpacks(found.path) && isGzip(head)):
		seen.Left = leftCompressed
	}
	return seen
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
