package file

import (
	"errors"
	"io/fs"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	stormRate  = 2000            // notifications in a second that are too many to listen to
	stormPause = 5 * time.Second // how long then not to
)

// notified is who is meant by notifications.
type notified struct {
	watch *watch
	names map[string]*generation // by the paths notifications name
	dirty map[*generation]bool   // named since the last look
}

func newNotified() notified {
	return notified{names: make(map[string]*generation), dirty: make(map[*generation]bool)}
}

// watch has the directories of the files followed watched, as far as the system
// lets it. It is owned by Run.
type watch struct {
	log      *slog.Logger
	counters *counters
	watcher  *fsnotify.Watcher // nil: none to be had
	dirs     map[string]bool   // watched
	warned   bool
	failing  bool // some directory is not watched

	resumes time.Time // no notification is taken before
	storm   time.Time // when the last one ends
	second  time.Time // counted from here
	counted int
}

func newWatch(log *slog.Logger, c *counters) *watch {
	return &watch{log: log, counters: c, dirs: make(map[string]bool)}
}

func (w *watch) close() {
	if w.watcher != nil {
		w.watcher.Close()
	}
}

// channels are what to wait on; nil while there is to be quiet. What is not
// taken is merged or dropped by the system, which costs less than taking it.
func (w *watch) channels(now time.Time) (<-chan fsnotify.Event, <-chan error) {
	if w.watcher == nil || now.Before(w.resumes) {
		return nil, nil
	}
	return w.watcher.Events, w.watcher.Errors
}

// helps reports whether notifications tell of changes earlier than polling does.
func (w *watch) helps(now time.Time) bool {
	return w.watcher != nil && !w.failing && !now.Before(w.storm)
}

// count notes that n notifications were taken.
func (w *watch) count(n int, now time.Time) {
	if now.Sub(w.second) > time.Second {
		w.second, w.counted = now, 0
	}
	w.counted += n
	if w.counted > stormRate {
		w.storm = now.Add(stormPause)
		w.resumes = w.storm
		w.counters.storms.Add(1)
	}
}

// failed notes an error of the watcher, such as too many notifications.
func (w *watch) failed(err error) {
	w.counters.fallbacks.Add(1)
	if !errors.Is(err, fsnotify.ErrEventOverflow) {
		w.log.Debug("notifications of changes failed, polling finds them", "error", err)
	}
}

// follow watches dirs and no others, and reports whether any is new: what was made
// in it before is not told.
func (w *watch) follow(dirs map[string]bool) (added bool) {
	if w.watcher == nil {
		watcher, err := fsnotify.NewWatcher()
		if err != nil {
			w.lacking("", err)
			return false
		}
		w.watcher = watcher
	}
	w.failing = false
	for dir := range dirs {
		// again each time: a directory may have been replaced
		if err := w.watcher.Add(dir); err != nil {
			delete(w.dirs, dir)
			w.lacking(dir, err)
			continue
		}
		added = added || !w.dirs[dir]
		w.dirs[dir] = true
	}
	for dir := range w.dirs {
		if !dirs[dir] {
			_ = w.watcher.Remove(dir) // gone by itself if the directory is
			delete(w.dirs, dir)
		}
	}
	return added
}

// lacking notes that changes in dir are found by polling only.
func (w *watch) lacking(dir string, err error) {
	w.failing = true
	w.counters.fallbacks.Add(1)
	if !w.warned {
		w.warned = true
		hint := "raise fs.inotify.max_user_watches or fs.inotify.max_user_instances"
		if errors.Is(err, fs.ErrPermission) {
			hint = "let this user read the directory"
		}
		w.log.Warn("changes cannot be watched for and are found by polling, a little later", "directory", dir, "error", err,
			"hint", hint)
	}
}
