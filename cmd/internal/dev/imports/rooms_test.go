package imports

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var firstColumn = regexp.MustCompile(`(?m)^\| ([^|]+) \|`)

// The map in the README has a row for every package, or for the folder that it is in.
func TestTheReadmeHasEveryRoom(t *testing.T) {
	const root = "../../../.."
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## How it is built\n")
	section, _, _ = strings.Cut(section, "\n## ")
	mapped := roomsIn(section)
	met := 0
	err = filepath.WalkDir(root, func(file string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(root, file)
		room := roomOf(path.Dir(filepath.ToSlash(rel)))
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && file != root):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(file, ".go") || room == "" || mapped[room]:
			return nil
		}
		met++
		mapped[room] = true // once is enough
		t.Errorf("README.md, How it is built: no row for %s", room)
		return nil
	})
	if err != nil || len(mapped)-met < 20 {
		t.Errorf("%d folders in the README: %v", len(mapped)-met, err)
	}
	for room := range mapped {
		if _, err := os.Stat(filepath.Join(root, room)); err != nil {
			t.Errorf("README.md, How it is built: %v", err)
		}
	}
}

var link = regexp.MustCompile(`\[([^]]+)\]\([^)]*\)`)

// roomsIn reads the first column of a table: what has no slash is beside what stood before it.
func roomsIn(table string) map[string]bool {
	rooms := make(map[string]bool)
	for _, row := range firstColumn.FindAllStringSubmatch(table, -1) {
		beside := ""
		for name := range strings.SplitSeq(link.ReplaceAllString(row[1], "$1"), ", ") {
			if !strings.Contains(name, "/") {
				name = path.Join(beside, name)
			}
			beside = path.Dir(name)
			rooms[name] = true
		}
	}
	delete(rooms, "folder") // the head
	return rooms
}

// roomOf is the folder that the map has for a package; empty: it need not be there.
func roomOf(dir string) string {
	parts := strings.Split(dir, "/")
	depth := 2
	if strings.HasPrefix(dir, "cmd/internal/") {
		depth = 3
	}
	if len(parts) < depth || parts[depth-1] == "internal" || strings.HasPrefix(dir, "cmd/") && depth == 2 {
		return ""
	}
	return strings.Join(parts[:depth], "/")
}
