package sources

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/file"
	"ollama-hec/input/spool"
)

// SpoolNamespace is the namespace of the store's records about segments.
const SpoolNamespace = "spool"

// spoolLine is the longest line of a segment that is not cut, longer than any that is written.
const spoolLine = 16 << 20

// lookAtSpoolEvery is how often the spool is looked at: what can be deleted, which processes
// write it.
const lookAtSpoolEvery = time.Second

// Spool is the spool of the state directory as a source: the ordinary source of files
// follows its segments, and what is delivered is deleted.
type Spool struct {
	*file.Source
	path   string // of its directory
	reader *spool.Reader
	seen   atomic.Pointer[spool.Inspection] // nil: there is none
	last   atomic.Pointer[Writing]

	mu     sync.Mutex
	ports  []int // guarded by mu; those that Ollama's log has named
	untold bool  // guarded by mu; ports has one that the writers were not told of
}

// Listens notes a port that Ollama's log names, for the processes that write the spool.
func (s *Spool) Listens(port int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.ports) < spool.MaxPorts && !slices.Contains(s.ports, port) {
		s.ports, s.untold = append(s.ports, port), true
	}
}

// tell tells the writers of ports, once there is a spool.
func (s *Spool) tell() {
	if !s.there() {
		return
	}
	s.mu.Lock()
	ports, untold := slices.Clone(s.ports), s.untold
	s.untold = false
	s.mu.Unlock()
	if untold && s.reader.AddPorts(ports) != nil {
		s.mu.Lock()
		s.untold = true // again at the next look; why is said where a segment is looked at
		s.mu.Unlock()
	}
}

// Writing says what the processes that write the spool capture.
type Writing struct {
	Requests bool      // requests are captured
	Prompts  []int     // of these ports with their prompts
	Since    time.Time // from then on
	until    time.Time // they may still arrive
}

// arriveLate is how long after its writer's end events of a spool may still arrive.
const arriveLate = 5 * time.Second

// openSpool opens the spool, which need not be there yet.
func (s *Set) openSpool(c Config) error {
	if c.State == "" {
		return nil
	}
	state, err := filepath.Abs(c.State)
	if err != nil {
		return err
	}
	reader := spool.NewReader(state, c.Log)
	files, err := file.New(file.Options{
		Patterns: []string{filepath.Join(file.Quote(spool.Path(state)), filepath.Base(spool.Glob(state)))},
		Keep:     reader.Trusts, Namespace: SpoolNamespace, Spooled: true,
		MaxLine: spoolLine, Once: c.Once, Pace: file.Pace{RotateWait: time.Second}, Store: c.Store, Log: c.Log,
	})
	if err != nil {
		return err
	}
	s.Spool = &Spool{Source: files, path: spool.Path(state), reader: reader}
	s.Spool.look(time.Now())
	s.All = append(s.All, s.Spool)
	return nil
}

// there reports whether there is a spool.
func (s *Spool) there() bool { return s != nil && s.seen.Load() != nil }

// segments returns globs of the segments, which are no logs.
func (s *Spool) segments() []string {
	if s == nil {
		return nil
	}
	return []string{filepath.Join(file.Quote(s.path), "*")}
}

// Holds reports whether a stream is one of the spool's.
func (s *Spool) Holds(st input.Stream) bool {
	return s != nil && filepath.Dir(st.Source()) == s.path && spool.WriterOf(st.Source()) != ""
}

// Seen returns the spool as it was when last looked at; nil: there is none.
func (s *Spool) Seen() *spool.Inspection { return s.seen.Load() }

// Writing returns what the processes capture that write the spool now, or did a moment ago.
func (s *Spool) Writing() Writing {
	if w := s.last.Load(); w != nil && time.Now().Before(w.until) {
		return *w
	}
	return Writing{}
}

// Run implements input.Source.
func (s *Spool) Run(ctx context.Context, ready func(input.Stream)) error {
	ended := make(chan struct{})
	looking := make(chan struct{})
	go func() {
		defer close(looking)
		tick := time.NewTicker(lookAtSpoolEvery)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case now := <-tick.C:
				s.reap()
				s.look(now)
				s.tell()
			}
		}
	}()
	err := s.Source.Run(ctx, ready)
	close(ended)
	<-looking
	return err
}

// Close implements input.Source. What the last commits say is delivered goes at once.
func (s *Spool) Close() error {
	err := s.Source.Close()
	s.reap()
	return err
}

// reap deletes the segments that are delivered.
func (s *Spool) reap() {
	var delivered []spool.Delivered
	for _, f := range s.Files() {
		if !f.Deleted {
			delivered = append(delivered, spool.Delivered{Path: f.Path, Size: f.Size, Whole: f.Whole, Committed: f.Committed})
		}
	}
	s.reader.Reap(delivered)
}

// look finds out which processes write the spool.
func (s *Spool) look(now time.Time) {
	in, err := s.reader.Inspect()
	if err != nil {
		in = nil // why is said where a segment is looked at
	}
	s.seen.Store(in)
	if in == nil {
		return
	}
	if w := writing(in.Writers); w.Requests {
		w.until = now.Add(arriveLate)
		s.last.Store(&w)
	}
}

// writing returns what the writers of a spool capture. A port that both name counts for the
// proxy alone: capture leaves it out.
func writing(writers map[string]spool.Seen) (w Writing) {
	capturesRequests := func(by spool.Seen) bool { return by.Live && slices.Contains(by.Captures, "requests") }
	for name, by := range writers {
		if !capturesRequests(by) {
			continue
		}
		w.Requests = true
		if w.Since.IsZero() || by.Started.Before(w.Since) {
			w.Since = by.Started
		}
		if by.Prompts == "off" {
			continue
		}
		for _, port := range by.Ports {
			if name == "proxy" || !capturesRequests(writers["proxy"]) || !slices.Contains(writers["proxy"].Ports, port) {
				w.Prompts = append(w.Prompts, port)
			}
		}
	}
	return w
}
