package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/dustin/go-humanize"

	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/sources"
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
	found, err := sources.Find(ctx, s.JournalUnit, s.JournalDir)
	if err != nil {
		first, rest, _ := strings.Cut(err.Error(), "\n")
		r.bad(Fail, "logs", strings.TrimSpace(rest), "%s", first)
		return
	}
	for _, line := range found.Explain() {
		r.ok("logs", "%s", line)
	}
	for _, f := range found.Files() {
		r.readable(ctx, s, f)
	}
}

// named checks the files that PATHS names.
func (r *report) named(ctx context.Context, s *settings.Settings) {
	for _, g := range s.Paths {
		files, err := doublestar.FilepathGlob(g, doublestar.WithFilesOnly())
		switch {
		case err != nil:
			r.bad(Fail, "PATHS "+g, "correct the glob", "%v", err)
		case len(files) == 0:
			r.bad(Warn, "PATHS "+g, "correct OLLAMA_HEC_PATHS if the file should be there by now", "no such file yet")
		}
		for _, f := range files {
			r.readable(ctx, s, f)
		}
	}
}

func (r *report) readable(ctx context.Context, s *settings.Settings, path string) {
	f, err := os.Open(path)
	if err != nil {
		r.bad(Fail, "file "+path, "setfacl -m u:ollama-hec:r "+path+" (or let its group read it)", "%v", err)
		return
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		r.bad(Fail, "file "+path, "look at the file system", "%v", err)
		return
	}
	size := humanize.IBytes(uint64(info.Size()))
	log, err := recognise(ctx, s, path, f)
	switch {
	case err != nil:
		r.bad(Fail, "file "+path, "look at the file system", "%v", err)
	case log.None():
		what, hint := recognition.Words(log.Recognition)
		r.bad(Warn, "file "+path, hint, "%s, can be read, but %s", size, what)
	default:
		r.ok("file "+path, "%s, can be read%s", size, described(log))
	}
}

// recognisedBytes is how much of a file is looked at.
const recognisedBytes = 256 << 10

// recognise looks at the beginning of a log. A gzipped one is not looked into.
func recognise(ctx context.Context, s *settings.Settings, path string, f io.Reader) (recognition.Log, error) {
	if filepath.Ext(path) == ".gz" {
		return recognition.Log{}, nil
	}
	frames := framing.Options{Named: framing.NamedForOllama(path), Zone: s.Timezone.Location}
	return recognition.Read(ctx, io.LimitReader(f, recognisedBytes), s.Normalize(), frames)
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
	switch free, ok := freeSpace(there); {
	case ok && free < spaceLeast:
		r.bad(Warn, "STATE_DIR", "make room on that disk", "%s: %s left", dir, humanize.IBytes(free))
	case ok:
		r.ok("STATE_DIR", "%s: can be written, %s left", dir, humanize.IBytes(free))
	default:
		r.ok("STATE_DIR", "%s: can be written", dir)
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
