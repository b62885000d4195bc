package check

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/sources"
	"ollama-hec/input/file"
	"ollama-hec/input/framing"
	"ollama-hec/input/journald"
)

const (
	spaceLeast   = 100 << 20
	watchesLeast = 1024
)

// logs checks that there are logs and that they can be read.
func (r *report) logs(ctx context.Context, s *settings.Settings) {
	if sources.Pipe(s.Paths) {
		r.ok("logs", "standard input")
		return
	}
	if len(s.Paths) > 0 {
		r.named(ctx, s)
		if s.JournalUnit != "" && s.JournalUnit != "off" {
			r.journal(ctx, s)
		}
		return
	}
	looking, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	found, err := within(ctx, func() (*sources.Discovery, error) {
		return sources.Find(looking, s.JournalUnit, s.JournalDir)
	})
	if err != nil {
		first, rest, _ := strings.Cut(err.Error(), "\n")
		r.bad(Warn, "logs", strings.TrimSpace(rest), "nothing to read yet, run waits: %s", first)
		return
	}
	for _, u := range found.Closed() {
		r.bad(Warn, "logs", cmp.Or(u.Hint, "look at the file system"), "%v; not looked for there: %s", u.Err, u.Place.What)
	}
	for _, line := range found.Explain() {
		r.ok("logs", "%s", line)
	}
	seen, err := within(ctx, func() ([]file.Surveyed, error) { return file.Survey(escaped(found.Files())) })
	if err != nil {
		r.bad(Fail, "logs", "look at the file system", "%v", err)
	}
	for _, f := range seen {
		r.file(ctx, s, f)
	}
}

// escaped returns patterns that name these files and no others.
func escaped(paths []string) (globs []string) {
	for _, p := range paths {
		globs = append(globs, wildcard.Replace(p))
	}
	return globs
}

var wildcard = strings.NewReplacer("*", "[*]", "?", "[?]", "[", "[[]", "{", "[{]")

// named checks what PATHS names, as run judges it.
func (r *report) named(ctx context.Context, s *settings.Settings) {
	found, err := within(ctx, func() ([]file.Surveyed, error) { return file.Survey(s.Paths) })
	if err != nil {
		r.bad(Fail, "PATHS", "correct OLLAMA_HEC_PATHS", "%v", err)
		return
	}
	for _, f := range found {
		if f.Missing {
			hint := "correct OLLAMA_HEC_PATHS if the file should be there by now"
			r.bad(Warn, "PATHS "+f.Path, cmp.Or(file.HintUnmatched(f.Path), hint), "no such file yet")
			continue
		}
		r.file(ctx, s, f)
	}
}

// file checks one file that was found.
func (r *report) file(ctx context.Context, s *settings.Settings, f file.Surveyed) {
	name := "file " + f.Path
	switch {
	case f.Dir:
		r.bad(Fail, "directory "+f.Path, f.Hint, "%v: log files there are not found", f.Err)
		return
	case f.Err != nil:
		r.bad(Fail, name, f.Hint, "%v", f.Err)
		return
	case f.Left != "":
		r.bad(Warn, name, "name log files in OLLAMA_HEC_PATHS", "not followed: %s", f.Left)
		return
	}
	size := humanize.IBytes(uint64(f.Size))
	log, err := within(ctx, func() (recognition.Log, error) { return recognize(ctx, s, f.Path) })
	switch {
	case err != nil:
		r.bad(Fail, name, "look at the file system", "%v", err)
	case log.None():
		what, hint := recognition.Words(log.Recognition)
		r.bad(Warn, name, hint, "%s, can be read, but %s", size, what)
	default:
		r.ok(name, "%s, can be read%s", size, described(log))
	}
}

// within runs a check of the file system, which may hang, and gives up after the time that
// each check has.
func within[T any](ctx context.Context, look func() (T, error)) (T, error) {
	type outcome struct {
		found T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		found, err := look()
		done <- outcome{found, err}
	}()
	select {
	case o := <-done:
		return o.found, o.err
	case <-ctx.Done():
	case <-time.After(timeout):
	}
	var none T
	return none, fmt.Errorf("the file system does not answer within %v", timeout)
}

// recognizedBytes is how much of a file is looked at.
const recognizedBytes = 256 << 10

// recognize looks at the beginning of a log. A gzipped one is not looked into.
func recognize(ctx context.Context, s *settings.Settings, path string) (recognition.Log, error) {
	if filepath.Ext(path) == ".gz" {
		return recognition.Log{}, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return recognition.Log{}, err
	}
	defer f.Close()
	frames := framing.Options{Named: framing.NamedForOllama(path), Zone: s.Timezone.Location}
	return recognition.Read(ctx, io.LimitReader(f, recognizedBytes), s.Normalize(), frames)
}

// described says what is removed from a log and left out of it.
func described(log recognition.Log) string {
	s := ""
	if log.Removed != "" {
		s += "; removed from its lines: " + log.Removed
	}
	if log.Omitted > 0 {
		s += fmt.Sprintf("; lines of other programs are left out, %d at its beginning", log.Omitted)
	}
	return s
}

func (r *report) journal(ctx context.Context, s *settings.Settings) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	has, err := journald.Probe(ctx, s.JournalUnit, s.JournalDir)
	switch {
	case err != nil:
		r.bad(Fail, "journal", "usermod -aG systemd-journal ollama-hec", "%v", err)
	case !has:
		r.bad(
			Warn,
			"journal",
			"correct OLLAMA_HEC_JOURNAL_UNIT if the unit has run by now",
			"holds nothing of %s yet",
			s.JournalUnit,
		)
	default:
		r.ok("journal", "holds entries of %s", s.JournalUnit)
	}
}

// state checks that the state directory is writable and its disk has space.
func (r *report) state(s *settings.Settings) {
	dir, err := s.State()
	if err != nil {
		r.bad(Fail, "STATE_DIR", "set OLLAMA_HEC_STATE_DIR", "%v", err)
		return
	}
	// The nearest parent that exists: the directories below it are created at the start.
	there := dir
	for {
		info, err := os.Stat(there)
		if err == nil && info.IsDir() {
			break
		}
		parent := filepath.Dir(there)
		if parent == there || err == nil || !errors.Is(err, fs.ErrNotExist) {
			r.bad(Fail, "STATE_DIR", "set OLLAMA_HEC_STATE_DIR to a directory that can be written", "%s: %v", dir, err)
			return
		}
		there = parent
	}
	probe, err := os.CreateTemp(there, ".ollama-hec-check-")
	if err != nil {
		r.bad(Fail, "STATE_DIR", "let this user write to it, or set OLLAMA_HEC_STATE_DIR to another directory", "%v", err)
		return
	}
	probe.Close()
	os.Remove(probe.Name())
	can := "can be written"
	if there != dir {
		can = "is not there yet, and can be made"
	}
	switch free, ok := freeSpace(there); {
	case ok && free < spaceLeast:
		r.bad(Warn, "STATE_DIR", "make room on that disk", "%s: %s left", dir, humanize.IBytes(free))
	case ok:
		r.ok("STATE_DIR", "%s: %s, %s left", dir, can, humanize.IBytes(free))
	default:
		r.ok("STATE_DIR", "%s: %s", dir, can)
	}
}

// notifications checks the limit of inotify watches, on Linux.
func (r *report) notifications() {
	text, err := os.ReadFile("/proc/sys/fs/inotify/max_user_watches")
	if err != nil {
		return // not Linux: nothing to check
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err == nil && n < watchesLeast {
		r.bad(
			Warn,
			"inotify",
			"sysctl fs.inotify.max_user_watches=8192",
			"%d watches are few; without notifications files are polled",
			n,
		)
		return
	}
	r.ok("inotify", "%d watches", n)
}
