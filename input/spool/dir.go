package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"ollama-hec/input/statedir"
)

// cacheTag keeps the directory out of backups (bford.info/cachedir).
const (
	cacheTag     = "CACHEDIR.TAG"
	cacheTagText = "Signature: 8a477f597d28d172789f06886806bc55\n" +
		"# Requests to Ollama on their way to Splunk: deleted once they are there, and not to be kept elsewhere.\n"
)

// openDir opens the spool's directory for its writer, and makes it if it does not exist. The
// state directory may be another user's, if that user has made the spool's directory for this
// one.
func openDir(state string) (*statedir.Dir, error) {
	if err := statedir.CheckAbove(state); err != nil {
		return nil, err
	}
	dir, err := statedir.Open(Path(state))
	if errors.Is(err, fs.ErrNotExist) {
		above, err := statedir.Make(state)
		if err != nil {
			return nil, err
		}
		defer above.Close()
		dir, err = above.MakeSub(Dirname)
		if err != nil {
			return nil, err
		}
		return dir, nil
	}
	return dir, err
}

// tag marks the directory as one that needs no backup.
func tag(dir *statedir.Dir) error {
	if _, err := dir.Lstat(cacheTag); err == nil {
		return nil
	}
	return dir.WriteFile(cacheTag, []byte(cacheTagText))
}

func lockName(writer string) string { return writer + ".lock" }

// lockFor makes this process the writer of that name, until the returned file is closed.
func lockFor(dir *statedir.Dir, writer string) (*os.File, error) {
	f, err := dir.OpenFile(lockName(writer), os.O_RDWR|os.O_CREATE)
	if err != nil {
		return nil, err
	}
	// A process that looks whether there is a writer takes the lock for a moment.
	for range 5 {
		if err = statedir.Lock(f, false); !errors.Is(err, statedir.ErrLocked) {
			break
		}
		<-time.After(20 * time.Millisecond)
	}
	if err != nil {
		f.Close()
	}
	return f, err
}

// Live reports whether a writer of that name runs.
func Live(dir *statedir.Dir, writer string) bool {
	f, err := dir.OpenFile(lockName(writer), os.O_RDONLY)
	if err != nil {
		return false
	}
	defer f.Close()
	return errors.Is(statedir.Lock(f, false), statedir.ErrLocked)
}

// memo is what a writer leaves in its lock's file for the next one of its name.
type memo struct {
	number uint64    // of its last segment
	untold Losses    // what was lost and is not reported
	since  time.Time // of the first one of these
}

// readMemo reads what the writer before has left. If the file holds nothing that can be read it is ignored.
func readMemo(lock *os.File) (m memo) {
	text := make([]byte, 256)
	n, _ := lock.ReadAt(text, 0)
	var since int64
	// Earlier versions wrote the number only.
	_, _ = fmt.Sscan(string(text[:n]), &m.number, &m.untold.Queue, &m.untold.Full, &m.untold.Disk, &since)
	m.since = time.Unix(0, since)
	return m
}

// write stores m in place of what was there, which takes no more room on a full disk. If it fails the next
// writer knows less.
func (m memo) write(lock *os.File) {
	l := m.untold
	text := fmt.Appendf(nil, "%d %d %d %d %d\n", m.number, l.Queue, l.Full, l.Disk, m.since.UnixNano())
	if _, err := lock.WriteAt(text, 0); err == nil {
		_ = lock.Truncate(int64(len(text)))
	}
}

// lastNumber returns the highest number that a segment of the writer has, or kept, the highest that it had.
func lastNumber(dir *statedir.Dir, writer string, kept uint64) (last uint64, err error) {
	names, err := dir.Names()
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		if is, ok := parseSegment(name); ok && is.writer == writer {
			kept = max(kept, is.number)
		}
	}
	return kept, nil
}

// used returns the bytes and the number of the segments of all writers.
func used(dir *statedir.Dir) (bytes int64, segments int, err error) {
	names, err := dir.Names()
	for _, name := range names {
		if _, ok := parseSegment(name); !ok {
			continue
		}
		if info, err := dir.Lstat(name); err == nil {
			bytes, segments = bytes+info.Size(), segments+1
		}
	}
	return bytes, segments, err
}

// sweep deletes the empty segments that a crash has left of this writer.
func sweep(dir *statedir.Dir, writer string) error {
	names, err := dir.Names()
	for _, name := range names {
		is, ok := parseSegment(name)
		if !ok || is.writer != writer {
			continue
		}
		if info, err := dir.Lstat(name); err == nil && info.Size() == 0 {
			if err := dir.Remove(name); err != nil {
				return err
			}
		}
	}
	return err
}
