package file

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// selection is which files are followed.
type selection struct {
	patterns []pattern
	exclude  []pattern
}

// rotatedOf is the source whose rotation gives a file the name it was found under,
// if the file is not one to be followed by that name.
func (s *Source) rotatedOf(found sighting) (source string, ok bool) {
	if matchesAny(s.patterns, found.path) && !found.packed || s.unpacks(found.path) || matchesAny(s.exclude, found.path) {
		return "", false
	}
	dir, name := filepath.Split(found.path)
	if found.packed {
		name = unpackedName(name)
	}
	source = dir + unrotated(name)
	return source, source != dir+name && s.wanted(source)
}

func (s *Source) rotatedAside(found sighting) bool {
	_, ok := s.rotatedOf(found)
	return ok
}

// looks is how often files beside a path are looked at, at most.
const looks = 5

// atRest has look at the files beside path, again if some were renamed meanwhile:
// it may have met one twice then, and another not.
func (s *Source) atRest(path string, look func(beside []sighting)) error {
	same := func(a, b sighting) bool { return a.name() == b.name() }
	dir := filepath.Dir(path)
	beside, err := s.siblings(dir, anyName)
	for range looks {
		if err != nil {
			return err
		}
		look(slices.Clone(beside))
		before := beside
		if beside, err = s.siblings(dir, anyName); slices.EqualFunc(beside, before, same) {
			break
		}
	}
	return err
}

func anyName(sighting) bool { return true }

// siblings are the regular files in dir, under names they were given by renaming
// or gzipping perhaps, that want lets pass by those. While a file stands beside what
// it is gzipped to, that is not finished.
func (s *Source) siblings(dir string, want func(sighting) bool) ([]sighting, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(entries, againstRotation)
	names := make(map[string]bool)
	for _, e := range entries {
		names[e.Name()] = true
	}
	var all []sighting
	add := func(name string) {
		found := sighting{path: filepath.Join(dir, name)}
		found.packed = packedName(found.path) && !names[unpackedName(name)] && !matchesAny(s.exclude, found.path)
		if !want(found) {
			return
		}
		if st, err := statPath(found.path); err == nil && st.regular {
			found.stat = st
			all = append(all, found)
		}
	}
	for _, e := range entries {
		if e.Type()&^fs.ModeSymlink != 0 {
			continue
		}
		add(e.Name())
		if next, ok := rotatedOn(e.Name()); ok && !names[next] {
			add(next) // it may just have been moved there
		}
	}
	return all, nil
}

// againstRotation orders names so that app.log.2 comes before app.log.10. Rotation moves the
// highest number first: whoever asks for the lowest first meets every file, and the younger
// of two before the older. In any other order a file that is moved on may be missed.
func againstRotation(a, b fs.DirEntry) int {
	return cmp.Or(cmp.Compare(len(a.Name()), len(b.Name())), cmp.Compare(a.Name(), b.Name()))
}

// wanted reports whether a file found at path is to be followed.
func (s *Source) wanted(path string) bool {
	return matchesAny(s.patterns, path) && !s.leaves(path)
}

// leaves reports whether a file at path is left alone, whatever the patterns name.
func (s *Source) leaves(path string) bool {
	return matchesAny(s.exclude, path) || s.options.Keep != nil && !s.options.Keep(path)
}

// asked reports whether the globs still name r's source. What was taken out of PATHS is not
// looked for beside it.
func (s *Source) asked(r record) bool {
	return matchesAny(s.patterns, r.Source) && !matchesAny(s.exclude, r.Source)
}

// unpacks reports whether the patterns name gzipped files, and one found at path is meant.
func (s *Source) unpacks(path string) bool {
	return packedName(path) && slices.ContainsFunc(s.patterns, func(p pattern) bool {
		return packedName(p.glob) && p.matches(path)
	})
}
