// Package sources opens what the settings ask to be read: named files, a pipe, a journal,
// or with no setting at all the usual places of this system.
//
// Whether files or a journal are read is decided at the start, with one exception: a
// journal without an entry of Ollama is followed once it has one. Files that appear later
// are found by the file source.
package sources

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/discover"
	"ollama-hec/input/file"
	"ollama-hec/input/framing"
	"ollama-hec/input/journald"
	"ollama-hec/input/spool"
	"ollama-hec/input/stdin"
)

// Config holds the settings of sources.
type Config struct {
	Paths       []string
	JournalUnit string
	JournalDir  string
	FromEnd     bool
	MaxLine     int
	Once        bool
	Zone        *time.Location // of stamps that lack it; nil: not set

	State  string            // the state directory, which may have a spool
	Memory *spool.Memory     // what this process captures; nil: nothing
	Stdin  io.Reader         // read if Paths is -
	Store  *checkpoint.Store // not used for a pipe
	Log    *slog.Logger
}

// Pipe reports whether paths ask for standard input. It cannot be read again, so no Store
// is needed.
func Pipe(paths []string) bool { return slices.Equal(paths, []string{"-"}) }

// Set holds the opened sources. Files, Journal, Spool and Memory are nil if they were not asked
// for.
type Set struct {
	All     []input.Source
	Files   *file.Source
	Journal *journald.Journal
	Spool   *Spool
	Memory  *spool.Memory
	Found   []string // what was found and why it is read, for people
	named   bool     // Files are those that PATHS names
}

// Open opens the sources. Its errors name the setting and say how to fix it.
func Open(ctx context.Context, c Config) (*Set, error) {
	if Pipe(c.Paths) {
		return &Set{All: []input.Source{stdin.New(stdin.Options{
			Reader: c.Stdin, MaxLine: c.MaxLine, Frames: framing.Options{Zone: c.Zone}, Log: c.Log,
		})}}, nil
	}
	if slices.Contains(c.Paths, "-") {
		return nil, errors.New("PATHS: - is standard input and stands alone: take the other paths away")
	}
	s := new(Set)
	if err := s.openSpool(c); err != nil {
		return nil, err
	}
	if c.Memory != nil {
		s.Memory = c.Memory
		s.All = append(s.All, c.Memory)
	}
	if len(c.Paths) > 0 {
		s.named = true
		if err := s.openFiles(c, c.Paths, nil); err != nil {
			return nil, err
		}
		if named(c) {
			return s, s.openJournal(c, c.JournalUnit)
		}
		return s, nil
	}
	return s, s.discover(ctx, c)
}

// named reports whether the settings ask for a journal by name.
func named(c Config) bool {
	return c.JournalUnit != "" && c.JournalUnit != "off" || c.JournalUnit == "" && c.JournalDir != ""
}

// discover opens the usual places of this system.
func (s *Set) discover(ctx context.Context, c Config) error {
	d, err := Find(ctx, c.JournalUnit, c.JournalDir)
	if err != nil && c.Once && !s.Spool.there() {
		return err
	}
	if err != nil {
		said, hint, _ := strings.Cut(err.Error(), "\n")
		hint = strings.Join(strings.FieldsFunc(hint, func(r rune) bool { return r == '\n' }), "; ")
		c.Log.Warn("nothing to read yet, waiting: "+said, "hint", strings.Join(strings.Fields(hint), " "))
	}
	s.Found = d.Explain()
	if err := s.openFiles(c, d.globs(), d.filter.Ollama); err != nil {
		return err
	}
	switch {
	case d.journal.Unit != "":
		return s.openJournal(c, d.journal.Unit)
	case d.journal.MayAppear && !c.Once:
		// In an empty journal every entry is new, whatever START says.
		c.FromEnd = c.FromEnd && d.journal.Err != nil
		return s.awaitJournal(c, d.again)
	}
	return nil
}

// awaitJournal opens a journal that is followed once look finds something in it.
func (s *Set) awaitJournal(c Config, look func(context.Context) discover.Journal) error {
	if err := s.newJournal(c, ""); err != nil {
		return err
	}
	s.All = append(s.All, later{Journal: s.Journal, look: look, log: c.Log})
	return nil
}

func (s *Set) openFiles(c Config, globs []string, keep func(path string) bool) (err error) {
	s.Files, err = file.New(file.Options{
		Patterns: globs, Exclude: s.Spool.segments(), Keep: keep, Fields: discover.Fields,
		StartAtEnd: c.FromEnd, MaxLine: c.MaxLine, Once: c.Once, Zone: c.Zone, Store: c.Store, Log: c.Log,
	})
	if err != nil {
		return fmt.Errorf("PATHS: %w", err)
	}
	s.All = append(s.All, s.Files)
	return nil
}

func (s *Set) openJournal(c Config, unit string) error {
	if err := s.newJournal(c, unit); err != nil {
		return err
	}
	s.All = append(s.All, s.Journal)
	return nil
}

func (s *Set) newJournal(c Config, unit string) (err error) {
	if unit == "" {
		unit = "ollama"
	}
	s.Journal, err = journald.New(journald.Config{
		Unit: unit, Dir: c.JournalDir, FromEnd: c.FromEnd, Once: c.Once, MaxLine: c.MaxLine, Store: c.Store, Log: c.Log,
	})
	return err
}

// Close closes all sources, which makes their last commits durable.
func (s *Set) Close() error {
	var errs []error
	for _, src := range s.All {
		errs = append(errs, src.Close())
	}
	return errors.Join(errs...)
}

// Unread returns the files of PATHS that could not be read when last looked at.
func (s *Set) Unread() []string {
	if !s.named {
		return nil
	}
	return s.Files.Unread()
}
