package file

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/file/stories"
)

// toldBy is where each rule is seen at work on files: a test here, or a story.
var toldBy = map[string]string{
	"a record goes on in its own file":                                        "gone for a while",
	"rotated while nobody looked, it is beside its path":                      "twice while down, out of the globs",
	"the same content is the same file, though the system calls it otherwise": "copied to another file system and back",
	"copied and truncated while nobody looked, it is beside its path":         "copied out of the globs and truncated while down",
	"an empty file is known by its name alone":                                "TestIdentity",

	"what was gzipped after it was read says nothing new":                     "what was read before it was gzipped",
	"what was gzipped before the start is not wanted where only its end is":   "TestGlobsOfGzippedFiles",
	"what may be a copy is kept back until its original is truncated":         "copied and truncated, all read",
	"what nobody knows is new":                                                "files grow and come",
	"what was accounted for stays so until it changes":                        "old rotated files stay unread, but for what is written to them",
	"what was rotated before it was asked for stays unread":                   "what was rotated before it was asked for stays unread",
	"a log whose name differs by a number is another one while it is written": "another log, whose name differs by a number",
	"what was unpacked in vain is not unpacked again":                         "TestGzippedInTrouble",
	"what is too short to tell may grow":                                      "TestIdentity",
	"what was delivered is not read again, gzipped or not":                    "TestGzippedOnceDone",
	"what was read in part is continued":                                      "twice while down",
	"an empty file may be about to be written":                                "TestWhateverComesBetweenTwoLooks",
	"a copy of what is followed says nothing new, as long as that is there":   "TestCopyMadeForSafety",
	"a copy whose original is truncated, or about to be, is left to that":     "TestCopyMetBeforeTruncation",
	"what was written and rotated since the last look is new":                 "rotations faster than anyone can look",
	"an original that is astray decides itself":                               "copied and truncated, a tail unread",
	"without an original it is no copy":                                       "TestRandomHistories",
	"what replaces a file waits for that to be read":                          "replaced by what it said and more, while unread",
	"what replaces a file and holds all of it continues it":                   "replaced by what it said and more",
	"a copy is given time to lose its original":                               "TestTruncation",
	"an original that was truncated may have grown again":                     "an original that has grown again beyond what was read",
	"a copy whose original stays is a file of its own":                        "TestIdentity",
	"a file that is gzipped in its place is not read":                         "gzipped in its place",
	"what was truncated and then rotated is new beside its source":            "TestReplacedAndRenamedWhileNobodyReads",
	"what is copied again already is kept back":                               "TestRandomHistories",
	"what a truncated file holds is new":                                      "while down and regrown",
	"what was displaced goes on in its copy":                                  "copied out of the globs and truncated, a tail unread",
	"names that move under a listing hide a copy for a while":                 "TestRotationWithoutRest",
	"what is nowhere is lost, and said":                                       "TestWhatIsNowhereIsLostAndSaid",
}

// ruleTable is the rules as DESIGN.md shows them.
func ruleTable() string {
	met := []string{"listed by a glob", "beside its source", "kept back", "left by a displaced generation", "astray"}
	done := []string{"wait", "skip", "put by", "keep back", "resume", "inherit", "begin", "begin aside", "lose"}
	var b strings.Builder
	b.WriteString("| met | rule | then | told by |\n| --- | --- | --- | --- |\n")
	for _, c := range claims {
		fmt.Fprintf(&b, "| not known | %s | continue the record | %s |\n", c.name, toldBy[c.name])
	}
	for m := listed; m <= astray; m++ {
		for _, r := range rules[m] {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", met[m], r.name, done[r.then], toldBy[r.name])
		}
	}
	return b.String()
}

func TestTheDesignShowsTheRules(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := ruleTable(); !strings.Contains(string(text), table) {
		t.Errorf("DESIGN.md lacks the table\n%s", table)
	}
}

// Every rule is told of by a test or a story that there is.
func TestEveryRuleIsTold(t *testing.T) {
	var there []string
	all, err := stories.Read("../../testdata/rotation")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		there = append(there, s.Name)
	}
	paths, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if name, found := strings.CutPrefix(line, "func "); found {
				there = append(there, name[:max(0, strings.IndexByte(name, '('))])
			}
		}
	}
	var names []string
	for _, c := range claims {
		names = append(names, c.name)
	}
	for m := listed; m <= astray; m++ {
		for _, r := range rules[m] {
			names = append(names, r.name)
		}
	}
	for _, name := range names {
		if by := toldBy[name]; !slices.Contains(there, by) {
			t.Errorf("%q is told by %q, which there is not", name, by)
		}
	}
}

// The first question that is answered with yes decides, and none is asked after it:
// the later ones are dear.
func TestTheFirstRuleThatAppliesDecides(t *testing.T) {
	for m := listed; m <= astray; m++ {
		all := rules[m]
		if last := all[len(all)-1]; last.when != always {
			t.Errorf("the last rule of %d asks something", m)
		}
		for i, want := range all {
			if i < len(all)-1 && want.when == always {
				t.Errorf("%q hides those after it", want.name)
			}
			for _, later := range []bool{false, true} {
				var asked []question
				got := reconcile(m, func(q question) bool {
					asked = append(asked, q)
					at := slices.IndexFunc(all, func(r rule) bool { return r.when == q })
					return at == i || later && at > i
				})
				if got != want || len(asked) > i+1 {
					t.Errorf("of %v: %q, not %q", asked, got.name, want.name)
				}
			}
		}
	}
}

// What is nowhere any more is lost: it is counted, said, and not looked for for ever.
func TestWhatIsNowhereIsLostAndSaid(t *testing.T) {
	st := newSteps(newBench(t))
	st.write("a.log", lines("a", 0, 10))
	st.look()
	st.append("a.log", lines("a", 10, 10))
	st.see()
	st.write("a.log", lines("b", 0, 3))
	for range searches {
		st.pass(time.Second)
		st.look()
	}
	st.wants(lines("a", 0, 10), lines("b", 0, 3))
	want := uint64(len(lines("a", 10, 10)))
	if lost := st.s.Stats().LostBytes; lost != want || st.log.count("no copy of it is found") != 1 {
		t.Errorf("%d bytes lost, not %d, and said: %s", lost, want, st.log)
	}
}

// An inode that an empty file once had, at the same path, says nothing of a file that
// has it now: here a copy whose original is about to be truncated.
func TestInodeOfAnEmptyFileGivenToACopy(t *testing.T) {
	st := newSteps(newBench(t, "*.log*"))
	st.write("a.log", lines("a", 0, 10))
	st.write("a.log.1", "")
	st.look()
	empty, err := statPath(st.path("a.log.1"))
	if err != nil {
		t.Fatal(err)
	}
	st = st.again()
	st.rename("a.log.1", "elsewhere")
	for range searches {
		st.look() // it is gone
	}
	st.append("elsewhere", lines("a", 0, 10))
	st.rename("elsewhere", "a.log.1")
	if now, err := statPath(st.path("a.log.1")); err != nil || now.id != empty.id {
		t.Fatalf("another file: %v", err)
	}
	st.look()
	st.truncate("a.log", 0)
	st.wants(lines("a", 0, 10))
}

// What a record is continued in is decided by what it knows and what is listed.
func TestClaims(t *testing.T) {
	file := func(path string, ino uint64) sighting {
		return sighting{path: path, packed: packedName(path), stat: stat{id: fileID{Dev: 1, Ino: ino}, mtime: 100e9}}
	}
	known := record{
		Source: "/a.log",
		Path:   "/a.log",
		ID:     fileID{Dev: 1, Ino: 7},
		Head:   digest{Len: 9},
		Offset: 9,
		Mtime:  100e9,
	}
	far, empty, old, renumbered := known, known, known, known
	far.Offset = anchorSize
	empty.Head, empty.Offset = digest{}, 0
	old.Old, old.Gone = true, 1
	renumbered.ID.Dev = 2
	gone := empty
	gone.Gone = 1
	for _, tt := range []struct {
		what  string
		r     record
		found sighting
		by    string // the claims that accept it, in order
	}{
		{"its own file", known, file("/a.log", 7), "012 "},
		{"its own file, rotated", known, file("/a.log.1", 7), "0123 "},
		{"its own file, renamed to anything", known, file("/b", 7), "01 "},
		{"another file at its path", known, file("/a.log", 8), ""},
		{"another file at its path, and much was read", far, file("/a.log", 8), "2 "},
		{"any file, and much was read", far, file("/b", 8), "2 "},
		{"a file with a rotated name", known, file("/a.log.1", 8), "23 "},
		{"a gzipped one", known, file("/a.log.1.gz", 8), "3 "},
		{"a gzipped one that is older", known, func() sighting { f := file("/a.log.1.gz", 8); f.stat.mtime = 90e9; return f }(), ""},
		{"a device numbered anew", renumbered, file("/a.log", 7), "2 "},
		{"what was old", old, file("/a.log", 7), ""},
		{"an empty file at its path", empty, file("/a.log", 7), "4 "},
		{"an empty file, rotated", empty, file("/a.log.1", 7), "4 "},
		{"an empty file's inode elsewhere", empty, file("/b", 7), ""},
		{"an empty file that was gone", gone, file("/a.log", 7), ""},
		{"an empty file's path", empty, file("/a.log", 8), ""},
	} {
		by := ""
		for i, c := range claims {
			if c.accept(tt.r, tt.found) {
				by += fmt.Sprint(i)
			}
		}
		if want := strings.TrimSpace(tt.by); by != want {
			t.Errorf("%s: accepted by %q, want %q", tt.what, by, want)
		}
	}
}
