package file

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"ollama-hec/input/internal/closed"
)

// pattern is one glob, absolute.
type pattern struct {
	glob string // with slashes
	base string // the directory all matches are below
	rest string // the glob from there
}

// CheckPattern returns what is wrong with a glob, nil if nothing is.
func CheckPattern(glob string) error {
	_, err := compile(glob)
	return err
}

func compileAll(globs []string) ([]pattern, error) {
	var all []pattern
	for _, glob := range globs {
		p, err := compile(glob)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func compile(glob string) (pattern, error) {
	if glob == "" || !doublestar.ValidatePattern(filepath.ToSlash(glob)) {
		return pattern{}, fmt.Errorf("glob %q cannot be understood; it takes *, **, ?, [a-z] and {this,that}", glob)
	}
	absolute, err := filepath.Abs(glob)
	if err != nil {
		return pattern{}, fmt.Errorf("glob %q: %w", glob, err)
	}
	absolute = filepath.ToSlash(absolute)
	base, rest := doublestar.SplitPattern(absolute)
	return pattern{glob: absolute, base: base, rest: rest}, nil
}

// literal reports whether the pattern is the path of one file.
func (p pattern) literal() bool { return !strings.ContainsAny(p.rest, `*?[{\`) }

func (p pattern) matches(path string) bool {
	return doublestar.MatchUnvalidated(p.glob, filepath.ToSlash(path))
}

// concerns reports whether a change of path may change what the pattern matches.
func (p pattern) concerns(path string) bool {
	path = filepath.ToSlash(path)
	if strings.HasPrefix(p.base+"/", path+"/") {
		return true
	}
	below := strings.HasPrefix(path, strings.TrimSuffix(p.base, "/")+"/")
	return below && (strings.Contains(p.rest, "/") || p.matches(path))
}

func matchesAny(patterns []pattern, path string) bool {
	return slices.ContainsFunc(patterns, func(p pattern) bool { return p.matches(path) })
}

// listing is the outcome of expanding the globs once.
type listing struct {
	sightings []sighting       // by path
	dirs      map[string]bool  // what was looked into, or would be if it were there
	failed    map[string]error // what could not be looked into

	entries map[string][]fs.DirEntry
	visited map[fileID]string
}

// list expands patterns to the files that exist, without those for which leave is true.
func list(patterns []pattern, leave func(path string) bool) *listing {
	l := &listing{
		dirs: make(map[string]bool), failed: make(map[string]error),
		entries: make(map[string][]fs.DirEntry), visited: make(map[fileID]string),
	}
	found := make(map[string]sighting)
	for _, p := range patterns {
		l.dirs[existing(p.base)] = true
		// errors of reading are kept in failed, the pattern has been checked
		_ = doublestar.GlobWalk(tree{l, p.base}, p.rest, func(name string, e fs.DirEntry) error {
			full := filepath.Join(filepath.FromSlash(p.base), filepath.FromSlash(name))
			if _, seen := found[full]; seen || leave(full) {
				return nil
			}
			st, err := statPath(full)
			switch {
			case err == nil:
				found[full] = sighting{path: full, target: target(full, e, p), stat: st}
			case !os.IsNotExist(err):
				l.fail(full, err)
			}
			return nil
		})
	}
	for _, path := range slices.Sorted(maps.Keys(found)) {
		l.sightings = append(l.sightings, found[path])
	}
	return l
}

// fail notes that a path cannot be looked into: under the directory that is closed, where that is why.
func (l *listing) fail(path string, err error) {
	if c := closed.Above(path, err); c != nil {
		path, err = c.Path, c
	}
	l.failed[path] = err
}

// hides reports whether what could not be looked into may hide files of the pattern.
func (l *listing) hides(p pattern) bool {
	for path := range l.failed {
		if p.concerns(path) {
			return true
		}
	}
	return false
}

// target is the file that the symlink at path leads to in the end. A glob without wildcards
// is resolved, too, since its path may be a symlink.
func target(path string, e fs.DirEntry, p pattern) string {
	if e.Type()&fs.ModeSymlink == 0 && path != filepath.FromSlash(p.glob) {
		return ""
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil || real == path {
		return ""
	}
	return real
}

// existing is the nearest directory at or above dir that exists.
func existing(dir string) string {
	for {
		st, err := statPath(filepath.FromSlash(dir))
		up := path.Dir(dir)
		if err == nil && st.dir || up == dir {
			return filepath.FromSlash(dir)
		}
		dir = up
	}
}

// tree is the file system below base. It records in l every directory that it reads.
type tree struct {
	l    *listing
	base string
}

func (t tree) real(name string) string {
	return filepath.Join(filepath.FromSlash(t.base), filepath.FromSlash(name))
}

func (t tree) Open(name string) (fs.File, error) { return os.Open(t.real(name)) }

func (t tree) Stat(name string) (fs.FileInfo, error) {
	info, err := os.Stat(t.real(name))
	if errors.Is(err, fs.ErrPermission) {
		t.l.fail(t.real(name), err)
	}
	return info, err
}

// ReadDir reads each directory once in a listing, and no directory that a symlink leads
// back up to.
func (t tree) ReadDir(name string) ([]fs.DirEntry, error) {
	dir := t.real(name)
	if entries, ok := t.l.entries[dir]; ok {
		return entries, nil
	}
	st, err := statPath(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			t.l.fail(dir, err)
		}
		return nil, err
	}
	if above, ok := t.l.visited[st.id]; ok && strings.HasPrefix(dir, above+string(filepath.Separator)) {
		return nil, nil
	}
	t.l.visited[st.id] = dir
	t.l.dirs[dir] = true
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.l.fail(dir, err)
		return entries, err
	}
	t.l.entries[dir] = entries
	return entries, nil
}

// Quote returns a glob that matches a path and nothing else.
func Quote(path string) string { return metaQuoter.Replace(path) }

var metaQuoter = strings.NewReplacer(`*`, `[*]`, `?`, `[?]`, `[`, `[[]`, `{`, `[{]`)
