package capture

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/input/spool"
)

// Spooled is a spool that a process writes, with the status of that process.
type Spooled struct {
	*spool.Writer
	settings *settings.Settings
	captures []string
	log      *slog.Logger
	started  time.Time
}

// OpenSpool opens the spool for a writer and writes its first record. captures names what it
// will hold. Wrong settings are a *settings.Error.
func OpenSpool(
	s *settings.Settings,
	writer string,
	captures []string,
	ports []int,
	log *slog.Logger,
) (*Spooled, error) {
	o, err := s.SpoolWriter(writer)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	o.Started, o.Log = Started(writer, captures, ports, now), log
	w, err := spool.Open(o)
	if err != nil {
		return nil, &settings.Error{Problem: err.Error()}
	}
	return &Spooled{Writer: w, settings: s, captures: captures, log: log, started: now}, nil
}

// Started returns the first record of a process. It makes visible that nothing was captured
// before it.
func Started(writer string, captures []string, ports []int, now time.Time) spool.Record {
	event, err := json.Marshal(struct {
		Origin   string `json:"origin"`
		Started  bool   `json:"capture_started"`
		BootID   string `json:"boot_id,omitempty"`
		PID      int    `json:"pid"`
		Version  string `json:"version"`
		Captures string `json:"captures"`
		Ports    []int  `json:"ports,omitempty"`
	}{writer, true, bootID(), os.Getpid(), version.Version, strings.Join(captures, ","), ports})
	if err != nil { // of texts and numbers: never
		event = []byte("{}")
	}
	return spool.Record{Time: now, Sourcetype: spool.HealthSourcetype, Event: event}
}

// bootID returns the system's id for the time since its last start; empty: unknown.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// statusEvery is how often a process writes its status.
const statusEvery = 5 * time.Second

// Report writes the status of the process at an interval until ctx ends, and then once more: that
// it was stopped, or the cause that ended it.
func (s *Spooled) Report(ctx context.Context, ports func() []int, counts func() Counts) {
	tick := time.NewTicker(statusEvery)
	defer tick.Stop()
	for {
		s.report(ports(), counts(), nil)
		select {
		case <-ctx.Done():
			s.report(ports(), counts(), context.Cause(ctx))
			return
		case <-tick.C:
		}
	}
}

// report writes the status. ended is why the process ends; nil: it goes on.
func (s *Spooled) report(ports []int, counts Counts, ended error) {
	st := s.Stats()
	problem, stopped := cmp.Or(st.Problem, counts.problem()), errors.Is(ended, context.Canceled)
	if ended != nil && !stopped {
		problem = ended.Error()
	}
	counts["records"], counts["spool_bytes"] = st.Records, st.Held
	counts["spool_lost_queue"], counts["spool_lost_full"] = st.Lost.Queue, st.Lost.Full
	counts["spool_lost_disk"] = st.Lost.Disk
	prompts := s.settings.Normalize().Prompts.String()
	err := s.WriteStatus(spool.Status{
		Started: s.started, At: time.Now(), Captures: s.captures, Prompts: prompts,
		Ports: ports, Counts: counts, Problem: problem, Stopped: stopped,
	})
	if err != nil {
		s.log.Debug("the status cannot be written", "error", err)
	}
}

// Proxied returns the ports of a proxy that writes to the same spool.
func (s *Spooled) Proxied() []int { return s.PortsOf("proxy") }

// Run captures into the spool until ctx ends. Wrong settings are a *settings.Error.
func Run(ctx context.Context, s *settings.Settings, log *slog.Logger) (err error) {
	// Checked first: the spool's first record says that something is captured.
	if _, err := s.SpoolWriter("capture"); err != nil {
		return err
	}
	if err := Able(s); err != nil {
		return err
	}
	sink, err := OpenSpool(s, "capture", s.Capture.Names(), s.CapturePorts, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, sink.Close()) }()
	e := New(s, sink, log)
	if err := e.Open(); err != nil {
		return err
	}
	log.Info("what is captured goes to the spool", "spool", sink.Path())
	reporting, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	reported := make(chan struct{})
	go func() {
		defer close(reported)
		sink.Report(reporting, e.Ports, e.Counts)
	}()
	err = e.Run(ctx)
	stop(err)
	<-reported
	c := e.Counts()
	log.Info("stopped", "requests", c["requests"], "connections", c["connections"], "lost_bytes", c["lost_bytes"],
		"lost_records", sink.Stats().Lost.Sum())
	return err
}

// Ports returns the ports of Ollama that are known.
func (e *Engine) Ports() (ports []int) {
	for _, port := range e.ports.all() {
		ports = append(ports, int(port))
	}
	slices.Sort(ports)
	return ports
}

// Path returns the directory of the spool.
func (s *Spooled) Path() string {
	state, err := s.settings.StateForCapture()
	if err != nil { // it has worked before
		return ""
	}
	return spool.Path(state)
}
