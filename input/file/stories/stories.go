// Package stories tells what happens to log files, and what must have been delivered
// then: scripts that anything which follows files can act out, a package as well as a
// built program. They are in testdata/rotation, several to a file, each below a line
// with its name between two dashes on either side.
//
// A line of a script is a command and its words. Every line that a script writes is
// expected to be delivered once for each time it is written, unless the chunk it is
// written in begins with a minus.
//
//	globs G…             what is followed: *.log
//	write F CHUNK…       a file's content from now on
//	append F CHUNK…      what is added to it
//	patch F CHUNK…       what stands at its beginning now, and the rest as before
//	rename F F, copy F F, remove F, gzip F, mkdir D, truncate F, link F F, symlink F F
//	hole F CHUNK…        what is added where the file ended before it was truncated
//	touch F AGE          when it was last written, such as 1h ago
//	start, stop, once    the life of a shipper; once: reads what is there and ends
//	stall, resume        nothing is delivered in between
//	look                 the shipper has time to look at everything
//	wants                everything written so far has been delivered, and no more
//	ordered F            the lines of a source came in the order they are numbered in
//	expect CHUNK…        lines that are due besides
//	each N … ; …         N times these commands, with # for the number of the turn
//
// At its end the shipper is stopped and started once more, and delivers nothing again.
//
// A chunk is writer:first+n, n lines of a writer numbered from first, or a quoted text
// that is written as it stands and expected by nobody.
package stories

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Story is one script.
type Story struct {
	Name     string
	Commands [][]string
}

// Player follows files.
type Player interface {
	// Start begins a life that follows the globs in dir.
	Start(dir string, globs []string)
	Stop()
	// Once is a whole life.
	Once(dir string, globs []string)
	// Stall has nothing delivered, or all again.
	Stall(bool)
	// Look gives it time to look at all files, more than once.
	Look()
	// Wants demands that what was delivered, in all lives, is these lines, in any order.
	Wants(lines []string)
	// Delivered are the lines of a source, in order.
	Delivered(source string) []string
}

// Read returns the stories in the files below dir.
func Read(dir string) ([]Story, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(paths) == 0 {
		return nil, fmt.Errorf("no stories in %s: %w", dir, err)
	}
	var all []Story
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		told, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		all = append(all, told...)
	}
	return all, nil
}

func parse(text string) (all []Story, err error) {
	for n, line := range strings.Split(text, "\n") {
		name, found := strings.CutPrefix(line, "-- ")
		name, ended := strings.CutSuffix(name, " --")
		words, err := split(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d: %w", n+1, err)
		case found && ended:
			all = append(all, Story{Name: name})
		case len(words) == 0 || words[0] == "#":
		case len(all) == 0:
			return nil, fmt.Errorf("line %d: no story has begun", n+1)
		default:
			s := &all[len(all)-1]
			s.Commands = append(s.Commands, words)
		}
	}
	return all, nil
}

// split makes words of a line. A quoted one is kept with its quotation marks.
func split(line string) (words []string, err error) {
	for line = strings.TrimSpace(line); line != ""; line = strings.TrimSpace(line) {
		if line[0] != '"' {
			word, rest, _ := strings.Cut(line, " ")
			words, line = append(words, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(line)
		if err != nil {
			return nil, err
		}
		words, line = append(words, quoted), line[len(quoted):]
	}
	return words, nil
}

// stage is where a story is told.
type stage struct {
	t      testing.TB
	dir    string
	globs  []string
	player Player
	due    []string
	alive  bool
	ended  map[string]int64 // where files ended before they were truncated
}

// Tell has player act a story out.
func (s Story) Tell(t testing.TB, player Player) {
	t.Helper()
	root, err := os.MkdirTemp("", "story") // no comma in its name, as that of a test may have
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(root) })
	st := &stage{
		t:      t,
		dir:    filepath.Join(root, "logs"),
		globs:  []string{"*.log"},
		player: player,
		ended:  map[string]int64{},
	}
	if err := os.Mkdir(st.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, words := range s.Commands {
		if err := st.act(words[0], words[1:]); err != nil {
			t.Fatalf("%s: %v", strings.Join(words, " "), err)
		}
	}
	if st.alive {
		player.Stop()
	}
	player.Start(st.dir, st.globs) // nothing comes again
	player.Wants(slices.Clone(st.due))
	player.Stop()
}

func (s *stage) path(name string) string { return filepath.Join(s.dir, name) }

func (s *stage) act(command string, words []string) error {
	switch command {
	case "start":
		s.alive = true
		s.player.Start(s.dir, s.globs)
	case "stop":
		s.alive = false
		s.player.Stop()
	case "once":
		s.player.Once(s.dir, s.globs)
	case "stall", "resume":
		s.player.Stall(command == "stall")
	case "look":
		s.player.Look()
	case "wants":
		s.player.Wants(slices.Clone(s.due))
	default:
		if len(words) == 0 {
			return fmt.Errorf("%s says too little", command)
		}
		if command == "each" {
			return s.each(words[0], words[1:])
		}
		return s.with(command, words[0], words[1:])
	}
	return nil
}

// each does commands, a semicolon between them, a number of times.
func (s *stage) each(times string, words []string) error {
	n, err := strconv.Atoi(times)
	if err != nil {
		return err
	}
	for turn := range n {
		rest := slices.Clone(words)
		for i, word := range rest {
			rest[i] = strings.ReplaceAll(word, "#", strconv.Itoa(turn))
		}
		for len(rest) > 0 {
			end := slices.Index(append(slices.Clip(rest), ";"), ";")
			if err := s.act(rest[0], rest[1:end]); err != nil {
				return err
			}
			rest = rest[min(end+1, len(rest)):]
		}
	}
	return nil
}

// with does what is done to something.
func (s *stage) with(command, name string, words []string) error {
	switch path := s.path(name); command {
	case "globs":
		s.globs = append([]string{name}, words...)
		return nil
	case "ordered":
		if got := s.player.Delivered(path); !slices.IsSorted(got) {
			s.t.Errorf("lines of %s came out of order: %q", name, got)
		}
		return nil
	case "expect":
		_, err := s.text(append([]string{name}, words...), true)
		return err
	case "remove":
		return os.RemoveAll(path)
	case "mkdir":
		return os.MkdirAll(path, 0o755)
	case "truncate":
		return s.truncate(path)
	case "gzip":
		return zip(path)
	case "write", "append", "patch", "hole":
		text, err := s.text(words, false)
		if err != nil {
			return err
		}
		return s.put(path, command, text)
	}
	return s.to(command, name, words)
}

// to does what takes two names, or a name and an age.
func (s *stage) to(command, name string, words []string) error {
	if len(words) != 1 {
		return fmt.Errorf("%s takes two words", command)
	}
	path, to := s.path(name), s.path(words[0])
	switch command {
	case "rename":
		return os.Rename(path, to)
	case "copy":
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(to, data, 0o644)
	case "link":
		return os.Link(path, to)
	case "symlink":
		return os.Symlink(name, to)
	case "touch":
		age, err := time.ParseDuration(words[0])
		if err != nil {
			return err
		}
		at := time.Now().Add(-age)
		return os.Chtimes(path, at, at)
	}
	return fmt.Errorf("no such command: %s", command)
}

// text is what chunks say. Their lines are due from now on.
func (s *stage) text(chunks []string, quotedDue bool) (string, error) {
	var all strings.Builder
	for _, chunk := range chunks {
		if chunk[0] == '"' {
			text, err := strconv.Unquote(chunk)
			if err != nil {
				return "", err
			}
			all.WriteString(text)
			if quotedDue {
				s.due = append(s.due, text)
			}
			continue
		}
		chunk, unwanted := strings.CutPrefix(chunk, "-")
		var first, n int
		writer, numbers, _ := strings.Cut(chunk, ":")
		if _, err := fmt.Sscanf(numbers, "%d+%d", &first, &n); err != nil {
			return "", fmt.Errorf("%s is no chunk: %w", chunk, err)
		}
		for i := first; i < first+n; i++ {
			line := fmt.Sprintf("%s-%06d", writer, i)
			all.WriteString(line + "\n")
			if !unwanted {
				s.due = append(s.due, line)
			}
		}
	}
	return all.String(), nil
}

func (s *stage) truncate(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	s.ended[path] = st.Size()
	return os.Truncate(path, 0)
}

func (s *stage) put(path, how, text string) error {
	flags := map[string]int{"write": os.O_CREATE | os.O_TRUNC, "append": os.O_CREATE | os.O_APPEND}[how]
	f, err := os.OpenFile(path, os.O_WRONLY|flags, 0o644)
	if err != nil {
		return err
	}
	defer f.Close()
	if how == "hole" {
		if _, err := f.Seek(s.ended[path], io.SeekStart); err != nil {
			return err
		}
		s.ended[path] += int64(len(text))
	}
	_, err = io.WriteString(f, text)
	return err
}

// zip does what gzip does to a file: its time stays.
func zip(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(data); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := os.WriteFile(path+".gz", packed.Bytes(), 0o644); err != nil {
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.Chtimes(path+".gz", st.ModTime(), st.ModTime())
}

// Difference says which lines of want are missing in got, and which are too many.
func Difference(want, got []string) string {
	count := map[string]int{}
	for _, w := range want {
		count[w]--
	}
	for _, g := range got {
		count[g]++
	}
	var missing, extra []string
	for line, n := range count {
		for ; n < 0; n++ {
			missing = append(missing, line)
		}
		for ; n > 0; n-- {
			extra = append(extra, line)
		}
	}
	slices.Sort(missing)
	slices.Sort(extra)
	return fmt.Sprintf("missing %d %.300q, extra %d %.300q", len(missing), missing, len(extra), extra)
}
