package file

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

func TestNamesOfRotation(t *testing.T) {
	for _, tt := range []struct{ base, name string }{
		{"a.log", "a.log.1"},
		{"a.log", "a.log.old"},
		{"a.log", "a.log-20261121"},
		{"server.log", "server-1.log"},
		{"app.log", "app-2026-11-21T10-11-12.000.log"},
		{"0.log", "0.log.20261121-101112"},
		{"0a1b-json.log", "0a1b-json.log.12"},
	} {
		if !rotatedName(tt.base, tt.name) {
			t.Errorf("%s is not taken for %s, rotated", tt.name, tt.base)
		}
		if got := unrotated(tt.name); got != tt.base {
			t.Errorf("%s was %s, not %s", tt.name, tt.base, got)
		}
	}
	for _, other := range []string{"a.log", "b.log.1", "a.log.1.gz", "a.log.tmp", "aa.log.1"} {
		if rotatedName("a.log", other) {
			t.Errorf("%s is taken for a.log, rotated", other)
		}
	}
}

func TestTurns(t *testing.T) {
	for _, tt := range []struct {
		older, younger string
		known          bool
	}{
		{"a.log.2", "a.log.1", true},
		{"a.log.10.gz", "a.log.9", true},
		{"a.log-20261120.gz", "a.log-20261121", true},
		{"a.log.20261121-090807.gz", "a.log.20261121-101112.gz", true},
		{"a.log-20261120", "a.log-20261121", false}, // their times tell
		{"a.log-20261120.gz", "a.log.1", false},
		{"a.log.old", "a.log", false},
	} {
		c, ok := turnOf("a.log", tt.older).compare(turnOf("a.log", tt.younger))
		back, _ := turnOf("a.log", tt.younger).compare(turnOf("a.log", tt.older))
		if ok != tt.known || ok && (c >= 0 || back <= 0) {
			t.Errorf("%s and %s: %d and %d, known: %v", tt.older, tt.younger, c, back, ok)
		}
	}
}

func TestRotatedOn(t *testing.T) {
	for name, want := range map[string]string{
		"a.log.9": "a.log.10", "a.log.9.gz": "a.log.10.gz", "app-1.log": "app-2.log",
		"a.log": "", "a.log.old": "", "a.log-20261121": "", "a": "", "1": "",
	} {
		if got, _ := rotatedOn(name); got != want {
			t.Errorf("%s becomes %q, not %q", name, got, want)
		}
	}
}

// However a rotation and a listing meet, the listing has every file, the younger before the
// older by the names under which they were seen last.
func TestAListingMeetsARotation(t *testing.T) {
	const files = 12
	for _, at := range []int{1, 2, 3, 6, 9, 10, 11, 12} {
		for _, pace := range []int{files, 3, 2, 1} { // files moved on with each name looked at
			b := newBench(t)
			b.append("a.log", "new\n")
			for n := 1; n <= files; n++ {
				b.append(fmt.Sprintf("a.log.%d", n), "old\n")
			}
			source, err := New(Options{Patterns: []string{b.path("*.log")}, Store: b.store()})
			if err != nil {
				t.Fatal(err)
			}
			inodes := map[fileID]int{}
			for n := 1; n <= files; n++ {
				st, err := statPath(b.path(fmt.Sprintf("a.log.%d", n)))
				if err != nil {
					t.Fatal(err)
				}
				inodes[st.id] = n
			}
			names, last := 0, files
			beside, err := source.siblings(b.dir, func(found sighting) bool {
				if names++; names > at {
					for range min(pace, last) {
						b.rename(fmt.Sprintf("a.log.%d", last), fmt.Sprintf("a.log.%d", last+1))
						last--
					}
				}
				return filepath.Base(found.path) != "a.log"
			})
			if err != nil {
				t.Fatal(err)
			}
			seen := map[int]int{} // the number of each by its age
			for _, found := range beside {
				seen[inodes[found.stat.id]] = turnOf(b.path("a.log"), found.path).number
			}
			var numbers []int
			for n := 1; n <= files; n++ {
				numbers = append(numbers, seen[n])
			}
			if len(seen) != files || !slices.IsSorted(numbers) {
				t.Errorf("rotated from name %d on, %d at a time: seen as %v", at, pace, numbers)
			}
		}
	}
}
