package file

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"

	"ollama-hec/input/internal/closed"
)

// notices logs each thing about a file once, and again only after it was otherwise.
type notices struct {
	log   *slog.Logger
	begun *atomic.Int64 // files said to be followed

	mu   *sync.Mutex
	said map[string]string // guarded by mu; by path
}

func newNotices(log *slog.Logger) notices {
	return notices{log: log, begun: new(atomic.Int64), mu: new(sync.Mutex), said: make(map[string]string)}
}

// once reports whether what was last logged of path is something else, and notes what.
func (n notices) once(path, what string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.said[path] == what {
		return false
	}
	n.said[path] = what
	return true
}

// tried is a hint on what cannot be read now.
const tried = "it is tried again until it works"

func (n notices) unreadable(path string, err error) {
	if !n.once(path, "unreadable") {
		return
	}
	hint := tried
	if c := closed.Above(path, err); c != nil {
		err, hint = c, c.Hint()+"; "+tried
	}
	n.log.Warn("log file cannot be read", "file", path, "error", err, "hint", hint)
}

// readable logs that a file can be read again, if unreadable was logged of it.
func (n notices) readable(path string) {
	n.mu.Lock()
	was := n.said[path]
	if was == "unreadable" {
		delete(n.said, path)
	}
	n.mu.Unlock()
	if was == "unreadable" {
		n.log.Info("log file can be read again", "file", path)
	}
}

// followedMost is how many files are logged as followed: there may be thousands.
const followedMost = 20

// follows logs that a file is followed, and from where.
func (n notices) follows(path string, from int64) {
	switch begun := n.begun.Add(1); {
	case begun <= followedMost:
		n.log.Info("following", "file", path, "from", from)
	case begun == followedMost+1:
		n.log.Info("further files are followed", "hint", "ollama-hec status lists them")
	}
}

// unread returns the paths that could not be read when they were looked at last.
func (n notices) unread() []string { return n.which("unreadable", "closed") }

// which returns the paths of which one of these things was logged last.
func (n notices) which(whats ...string) (paths []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for path, what := range n.said {
		if slices.Contains(whats, what) {
			paths = append(paths, path)
		}
	}
	return paths
}

// left reports whether a path was last said not to be followed, whatever it holds.
func (n notices) left(path string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch n.said[path] {
	case "directory", "special", "compressed":
		return true
	}
	return false
}

// listed logs which directories and files could not be listed, and which directories can be again.
func (n notices) listed(failed map[string]error) {
	for path, err := range failed {
		c := closed.Above(path, err)
		switch {
		case c == nil || !c.Dir:
			n.unreadable(path, err)
		case n.once(path, "closed"):
			n.log.Warn("log files are not looked for in a directory", "directory", path, "error", c,
				"hint", c.Hint()+"; "+tried)
		}
	}
	for _, path := range n.which("closed") {
		if failed[path] == nil {
			n.log.Info("log files are looked for in the directory again", "directory", path)
			n.forget(path)
		}
	}
}

func (n notices) forget(path string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.said, path)
}

func (n notices) skipped(path string, st stat) {
	switch {
	case st.dir && n.once(path, "directory"):
		n.log.Warn("not followed: "+leftDirectory, "file", path, "hint", hintDirectory(path))
	case !st.dir && n.once(path, "special"):
		n.log.Warn("not followed: "+leftSpecial, "file", path,
			"hint", "name regular files in PATHS; - there is a pipe on stdin")
	}
}

// unmatched logs that no file matches a glob. hint is what to do about it; "": the usual.
func (n notices) unmatched(glob, hint string, once bool) {
	then := "files that appear later are read"
	if once {
		then = "nothing is read of it"
	}
	hint = cmp.Or(hint, "check PATHS, and that this user may look into its directories")
	n.log.Warn("no file matches PATHS: "+then, "glob", glob, "hint", hint)
}

func (n notices) damaged(path string, err error) {
	if n.once(path, "damaged") {
		n.log.Warn("gzipped log file ends early or is damaged: what can be unpacked is read", "file", path, "error", err,
			"hint", "what follows is lost unless the file grows: put a whole copy in its place, if there is one")
	}
}

// framed logs what is removed from the lines of a log, if anything is.
func (n notices) framed(source, removed string) {
	if removed != "" && n.once(source, "framed: "+removed) {
		n.log.Info("something stands before the lines of this log: it is removed", "file", source, "removed", removed)
	}
}

func (n notices) compressed(path string) {
	if n.once(path, "compressed") {
		n.log.Info("not followed: "+leftCompressed, "file", path)
	}
}

// Why a file is not followed.
const (
	leftDirectory  = "a directory"
	leftSpecial    = "a FIFO, socket or device; only regular files are"
	leftCompressed = "compressed"
)

func hintDirectory(path string) string {
	return "to follow the files in it give a glob such as " + path + "/*.log"
}
