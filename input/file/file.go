// Package file follows log files: every line once and in order, through
// rotation, truncation, copies and restarts, as long as the bytes are somewhere
// to be found. Polling finds out what happened; notifications only make it soon.
//
// A file is known by its content, not by its name or inode. So a rewrite that leaves
// the first KiB and the 256 bytes before the offset as they were is not seen, and
// what is deleted before it was ever listed is lost. DESIGN.md says how it works.
//
// Files beside a log with a rotated name (app.log.1, app-20260101.log.gz) are matched
// by content: continued where reading stopped, skipped if they were read, otherwise
// read from the start. What lay there before anybody asked for the log stays unread.
// A glob that ends in .gz has all it matches read, once. Nothing else that is
// compressed is read.
package file

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
)

// Options say what to follow and how. Zero means the default.
type Options struct {
	Patterns   []string // globs with **, {a,b} and [a-z]
	Exclude    []string // globs of files to leave alone
	StartAtEnd bool     // begin files never seen before at their end, if they are there at the start
	MaxLine    int      // bytes of a line before it is cut, 1 MiB
	Once       bool     // read what is there and end

	// Namespace is where Store keeps what is known of the files, "file"; sources that share
	// a Store have one each.
	Namespace string
	// Spooled: lines that nothing was put around, in files that somebody deletes once they are
	// delivered. Nothing is remembered of those.
	Spooled bool

	Keep   func(path string) bool          // which of the files to follow; nil: all
	Fields func(path string) []input.Field // HEC fields of a file's events; nil: none
	Zone   *time.Location                  // of stamps in prefixes that lack it; see framing.Options

	Store *checkpoint.Store
	Log   *slog.Logger

	Pace
	MaxOpen        int   // files open at a time; by default half of what the process may open
	HeldDeletedMax int64 // bytes of disk that deleted, unread files may hold, 1 GiB
}

// Pace is how often a source looks at its files, and how long it waits for them.
type Pace struct {
	Poll       time.Duration // how often open files are looked at, 250 ms
	Rescan     time.Duration // how often the globs are expanded, 1 s
	RotateWait time.Duration // how long a rotated file must be quiet to be done with, 6 s
}

func (o Options) withDefaults() Options {
	if o.Namespace == "" {
		o.Namespace = Namespace
	}
	setDefault(&o.MaxLine, 1<<20)
	setDefault(&o.Poll, 250*time.Millisecond)
	setDefault(&o.Rescan, time.Second)
	setDefault(&o.RotateWait, 6*time.Second)
	setDefault(&o.MaxOpen, defaultMaxOpen())
	setDefault(&o.HeldDeletedMax, 1<<30)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func setDefault[T int | int64 | time.Duration](v *T, value T) {
	if *v <= 0 {
		*v = value
	}
}

// Source follows files.
type Source struct {
	shared
	selection
	registry

	// All below is owned by Run.

	series
	verdicts
	memory
	notified
	held     map[fileID]*candidate // perhaps copies
	announce func(input.Stream)
	first    bool // nothing was listed yet
}

// New checks the options and reads the checkpoints. It touches no log file.
func New(o Options) (*Source, error) {
	o = o.withDefaults()
	s := &Source{
		held: make(map[fileID]*candidate), registry: registry{byID: make(map[fileID]*generation)},
		series: newSeries(), verdicts: newVerdicts(), notified: newNotified(), first: true,
	}
	s.options, s.log, s.store, s.notices = o, o.Log, o.Store, newNotices(o.Log)
	s.woken = make(chan struct{}, 1)
	s.descriptors.max, s.descriptors.open = o.MaxOpen, make(map[*generation]bool)
	var err error
	if s.patterns, err = compileAll(o.Patterns); err != nil {
		return nil, err
	}
	if s.exclude, err = compileAll(o.Exclude); err != nil {
		return nil, err
	}
	if s.dormant, err = wakeDormant(o.Store, o.Namespace); err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	for _, r := range s.dormant {
		s.framings.Note(r.Source, r.Framing)
	}
	s.origins = wakeOrigins(o.Store.Get(s.originsDocument()))
	return s, nil
}

// Close implements input.Source. Whether all is saved in the end, the store says when it is closed: until
// then the files of another source may be what fills the disk, deleted and still open.
func (s *Source) Close() error {
	_ = s.store.Flush() // it reads open files, and says itself what goes wrong
	for _, g := range s.all() {
		g.mu.Lock()
		g.becomeLocked(runsOut)
		s.closeFileLocked(g)
		g.mu.Unlock()
	}
	return nil
}

var _ io.Closer = (*Source)(nil)

var _ input.Source = (*Source)(nil)
