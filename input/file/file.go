// Package file follows log files: every line once and in order, through
// rotation, truncation, copies and restarts, as long as the bytes are somewhere
// to be found. Polling finds out what happened; notifications only make it soon.
//
// A file is known by what it says, not by its name or inode. So it cannot see
// through a rewrite that leaves the first KiB and the 256 bytes before the
// offset as they were, and what is deleted before it was ever listed is lost.
//
// What lies beside a file under a name that rotation gives, gzipped or not, is
// followed, or known to say nothing new, or read. What lay there before anybody
// asked for the file stays unread. A glob that ends in .gz has all it matches read,
// once. Nothing else that is compressed is.
package file

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/framing"
)

// Options say what to follow and how. Zero means the default.
type Options struct {
	Patterns   []string // globs with **, {a,b} and [a-z]
	Exclude    []string // globs of files to leave alone
	StartAtEnd bool     // begin files never seen before at their end, if they are there at the start
	MaxLine    int      // bytes of a line before it is cut, 1 MiB
	Once       bool     // read what is there and end

	Keep   func(path string) bool          // which of the files to follow; nil: all
	Fields func(path string) []input.Field // HEC fields of a file's events; nil: none
	Zone   *time.Location                  // of stamps in prefixes that lack it; see framing.Options

	Store *checkpoint.Store
	Log   *slog.Logger

	Poll           time.Duration // how often open files are looked at, 250 ms
	Rescan         time.Duration // how often the globs are expanded, 1 s
	RotateWait     time.Duration // how long a rotated file must be quiet to be done with, 6 s
	MaxOpen        int           // files open at a time; by default half of what the process may open
	HeldDeletedMax int64         // bytes of disk that deleted, unread files may hold, 1 GiB
}

func (o Options) withDefaults() Options {
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
	options  Options
	patterns []pattern
	exclude  []pattern
	log      *slog.Logger
	store    *checkpoint.Store

	framings    framing.Memory
	descriptors descriptors
	counters    counters
	woken       chan struct{} // capacity 1: something happened that Run wants to know
	scanWanted  atomic.Bool   // and it is about names
	scans       atomic.Uint64 // listings so far

	mu          sync.Mutex
	generations []*generation // guarded by mu; changed by Run only

	// All below is owned by Run.

	announce func(input.Stream)
	byID     map[fileID]*generation
	line     map[string][]*generation   // of a source, in the order in which they are read
	waiting  map[*generation]bool       // for those before it in line to be read to their ends
	held     map[fileID]*candidate      // perhaps copies
	ignored  map[name]int64             // compressed files, with their sizes
	passed   map[fileID]stat            // gzipped files that say nothing new
	settled  map[string]map[fileID]stat // by directory: files beside sources that are accounted for as they are
	swept    map[string]int64           // the mtimes of directories when all in them were
	aside    map[*generation]sighting   // those just seen beside their sources
	origins  origins
	dormant  dormant
	notices  notices
	watch    *watch
	names    map[string]*generation // by the paths notifications name
	dirty    map[*generation]bool   // named since the last look
	left     []string               // sources whose generation departed in this scan
	first    bool                   // nothing was listed yet
}

// New checks the options and reads the checkpoints. It touches no log file.
func New(o Options) (*Source, error) {
	o = o.withDefaults()
	s := &Source{
		options: o, log: o.Log, store: o.Store,
		woken:   make(chan struct{}, 1),
		byID:    make(map[fileID]*generation),
		line:    make(map[string][]*generation),
		waiting: make(map[*generation]bool),
		held:    make(map[fileID]*candidate),
		dirty:   make(map[*generation]bool),
		ignored: make(map[name]int64),
		passed:  make(map[fileID]stat),
		names:   make(map[string]*generation),
		settled: make(map[string]map[fileID]stat),
		swept:   make(map[string]int64),
		aside:   make(map[*generation]sighting),
		notices: newNotices(o.Log),
		first:   true,
	}
	s.descriptors.max, s.descriptors.open = o.MaxOpen, make(map[*generation]bool)
	var err error
	if s.patterns, err = compileAll(o.Patterns); err != nil {
		return nil, err
	}
	if s.exclude, err = compileAll(o.Exclude); err != nil {
		return nil, err
	}
	if s.dormant, err = wakeDormant(o.Store); err != nil {
		return nil, fmt.Errorf("read checkpoints: %w", err)
	}
	for _, r := range s.dormant {
		s.framings.Note(r.Source, r.Framing)
	}
	s.origins = wakeOrigins(o.Store.Get(originsDocument))
	return s, nil
}

// Close implements input.Source.
func (s *Source) Close() error {
	err := s.store.Flush()
	for _, g := range s.all() {
		g.mu.Lock()
		g.over = true
		s.closeFile(g)
		g.mu.Unlock()
	}
	return err
}

// all returns the generations there are now.
func (s *Source) all() []*generation {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.generations
}

// drop ends following g.
func (s *Source) drop(g *generation) {
	g.mu.Lock()
	g.dropped = true
	g.mu.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.generations = slices.DeleteFunc(slices.Clone(s.generations), func(other *generation) bool { return other == g })
}

// wakeUp makes Run look at everything soon.
func (s *Source) wakeUp() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}

// keep has g's state written with the next checkpoint.
func (s *Source) keep(g *generation) { s.store.Set(namespace, g.key, g.state) }

// Run implements input.Source.
func (s *Source) Run(ctx context.Context, ready func(input.Stream)) error {
	s.announce = ready
	if s.options.Once {
		return s.runOnce(ctx)
	}
	return s.follow(ctx)
}

// start lists for the first time. What is found, and where it ended, must be
// known even if the next thing is a crash.
func (s *Source) start() {
	s.scan(time.Now())
	_ = s.store.Flush() // the store says why not, and tries again
}

var _ io.Closer = (*Source)(nil)
var _ input.Source = (*Source)(nil)
