// Package journald reads what a systemd unit, or a container of the same name, wrote to the
// journal, every entry once and in order. It runs journalctl, so it needs no cgo and no library.
//
// It sees what the journal still holds. What journald's rate limit suppressed or vacuuming
// removed is lost; it is counted and logged. In a journal from elsewhere, entries without
// _HOSTNAME (journald writes none) are not found. Containers' entries have no fields on the
// container, and any process can claim a container's name, unlike a unit's.
package journald

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input"
)

// Store keeps checkpoints (see checkpoint.Store).
type Store interface {
	// Records returns the records of a namespace by id.
	Records(namespace string) map[string]json.RawMessage
	// Set replaces a record. It does not wait for storage.
	Set(namespace, id string, state func() any)
	// Damaged reports whether what earlier runs left cannot be read: then a journal
	// that looks new is not.
	Damaged() bool
	// Flush makes what was set durable.
	Flush() error
}

const namespace = "journald"

// Config says what to read.
type Config struct {
	Unit    string // ollama or ollama.service; a container is ollama
	Dir     string // a journal from elsewhere; empty: this machine's
	FromEnd bool   // of a journal never seen only what comes from now on
	Once    bool   // what is there, then end
	MaxLine int
	Store   Store
	Log     *slog.Logger
}

// Journal is an input.Source: one stream for this machine's journal, one for
// each host in a journal from elsewhere, all with the source journald:<unit>.
type Journal struct {
	Config
	unit    string // ollama.service
	name    string // ollama
	maxLine int
	selects bool // journalctl has --output-fields
	merge   atomic.Bool
	stats   stats
}

var unitName = regexp.MustCompile(`^[A-Za-z0-9:_.\\@-]+$`)

// New returns the journal source for a valid configuration. It starts nothing.
func New(c Config) (*Journal, error) {
	if !unitName.MatchString(c.Unit) {
		return nil, fmt.Errorf("journal unit %q: want the name of a systemd unit, such as ollama or ollama.service", c.Unit)
	}
	name := strings.TrimSuffix(c.Unit, ".service")
	j := &Journal{Config: c, name: name, unit: name + ".service", maxLine: max(c.MaxLine, 1)}
	j.merge.Store(true)
	return j, nil
}

// Stats counts what happened since the start.
type Stats struct {
	Suppressed int64 // messages journald's rate limit dropped
	Lost       int64 // times the journal no longer held what was read last
	Restarts   int64 // times journalctl ended by itself
}

type stats struct{ suppressed, lost, restarts atomic.Int64 }

// Stats may be called at any time.
func (j *Journal) Stats() Stats {
	return Stats{j.stats.suppressed.Load(), j.stats.lost.Load(), j.stats.restarts.Load()}
}

// Run follows the journal until ctx ends, or reads it once. It fails if there
// is no journalctl or if this user may not read the journal.
func (j *Journal) Run(ctx context.Context, ready func(input.Stream)) error {
	if err := j.prepare(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var followers sync.WaitGroup
	failed := make(chan error, 1)
	err := j.eachHost(ctx, func(host string, atStart bool) {
		f := follower{stream: j.open(host), ready: ready, log: j.Log, fromEnd: j.FromEnd && atStart}
		followers.Go(func() {
			if err := f.run(ctx); err != nil {
				select {
				case failed <- err:
				default:
				}
				cancel()
			}
		})
	})
	if err != nil {
		cancel()
	}
	followers.Wait()
	select {
	case err = <-failed:
	default:
	}
	return err
}

// hostsEvery is the time between two searches for new hosts in a journal from elsewhere; at
// first they are more frequent.
const hostsEvery = 15 * time.Second

// eachHost calls follow for each host that has something of the unit to read,
// once, and looks for new ones until ctx ends. atStart: it had so when the
// journal could first be read.
func (j *Journal) eachHost(ctx context.Context, follow func(host string, atStart bool)) error {
	if j.Dir == "" {
		follow("", true)
		if !j.Once {
			<-ctx.Done()
		}
		return nil
	}
	var known []string
	atStart := true
	for pause := time.Second; ; pause = min(2*pause, hostsEvery) {
		hosts, err := j.hosts(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && (j.Once || final(err)):
			return err
		case err != nil:
			j.Log.Warn("journal directory cannot be read, trying again", "dir", j.Dir, "error", err,
				"hint", "let this user read it and what is in it, and look at JOURNAL_DIR")
		}
		for _, host := range hosts {
			if slices.Contains(known, host) {
				continue
			}
			if found, err := j.holds(ctx, host); err == nil && found {
				known = append(known, host)
				follow(host, atStart)
			}
		}
		atStart = atStart && err != nil
		if j.Once {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

func (j *Journal) open(host string) *stream {
	s := &stream{journal: j, host: host, room: make(chan struct{}, 1)}
	if host != "" {
		s.fields = []input.Field{{Name: "journal_host", Value: host}}
	}
	if raw, ok := j.Store.Records(namespace)[s.id()]; ok {
		if err := json.Unmarshal(raw, &s.start); err != nil {
			j.Log.Error("checkpoint of the journal cannot be read, beginning again", "source", s.Source(), "error", err,
				"hint", "events that were delivered come again; nothing is lost")
		}
	}
	s.at, s.safe, s.newest = s.start.Position, s.start.Position, s.start.Position
	s.last = []byte(s.start.Cursor)
	s.prev, s.where = []byte(s.start.Cursor), s.start.run
	return s
}

func (s *stream) id() string {
	return strings.Join([]string{s.journal.unit, s.journal.Dir, s.host}, "\n")
}

func (j *Journal) save(s *stream, c checkpoint) {
	j.Store.Set(namespace, s.id(), func() any { return c })
}

func (j *Journal) suppressed(n int64) {
	if n == 0 {
		return
	}
	total := j.stats.suppressed.Add(n)
	j.Log.Warn(
		"journald's rate limit dropped lines before anyone could read them",
		"unit", j.unit, "lines", n, "total", total, "hint", "to keep them set LogRateLimitIntervalSec=0 in the unit",
	)
}

// Close has the last commits saved. Every journalctl has ended with Run. Whether all is saved in the end, the
// store says when it is closed.
func (j *Journal) Close() error {
	_ = j.Store.Flush()
	return nil
}

var _ input.Source = (*Journal)(nil)
