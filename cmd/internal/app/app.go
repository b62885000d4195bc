// Package app assembles a shipper from the settings: sources, pipeline, state directory
// and the output that the events go to. Both executables run one.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"strings"
	"time"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/cmd/internal/recognition"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/sources"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
	"ollama-hec/sourcetypes/captured"
)

// Output is where events go, and the form they have there.
type Output struct {
	Sink   pipeline.Sink
	Gzip   bool // compressed, as hard as the settings say
	Encode func(input.Stream) batch.Encoder
	// Limits are the receiver's limits of a batch, and MaxLine its limit of a line; zero:
	// it has none.
	Limits  batch.Limits
	MaxLine int
	// Adopt converts an event from the form of HEC into the form of the sink; nil: the
	// sink takes the form of HEC.
	Adopt func(event []byte) ([]byte, error)
	// Remote is the Sink if it is a receiver over the network, else nil.
	Remote Remote
	// Client is the Sink if it is HEC, which can be asked for the acknowledgments of an
	// earlier run, else nil.
	Client *hec.Client
}

// Remote is a receiver over the network: HEC, or a tenant of Splunk Cloud Services.
type Remote interface {
	pipeline.Sink
	// Redeliver sends events again that were rejected before. See [hec.Client.Redeliver].
	Redeliver(ctx context.Context, b *batch.Batch, refused func(int, hec.DeadLetter)) (settled int, err error)
	Stats() hec.Stats
	// Ready reports whether it takes events, as far as is known, and if not, why.
	Ready() (ok bool, reason string)
	// Close ends its background work. Call it when no delivery is running any more.
	Close()
}

// BatchLimits returns the limits of a batch for this output: the settings', or the receiver's if
// they are smaller.
func (o *Output) BatchLimits(s *settings.Settings) batch.Limits {
	l := batch.Limits{Bytes: int(s.BatchBytes), Events: int(s.BatchEvents)}
	if o.Limits.Bytes > 0 {
		l.Bytes = min(l.Bytes, o.Limits.Bytes)
	}
	if o.Limits.Events > 0 {
		l.Events = min(l.Events, o.Limits.Events)
	}
	return l
}

// maxLine returns the length at which a line is cut for this output.
func (o *Output) maxLine(s *settings.Settings) int {
	if o.MaxLine > 0 {
		return min(int(s.MaxLineBytes), o.MaxLine)
	}
	return int(s.MaxLineBytes)
}

// Options are the parts of a shipper that are no settings.
type Options struct {
	Once   bool          // end once everything that is there now is shipped
	Stdin  io.Reader     // for PATHS=-
	Memory *spool.Memory // what this process captures itself; nil: nothing
	Ports  func() []int  // the ports whose requests this process captures; nil: none
	Log    *slog.Logger
}

// Shipper ships the events of its sources to its output. It runs once.
type Shipper struct {
	log      *slog.Logger
	once     bool
	store    *checkpoint.Store // nil for a pipe, which cannot be read again
	sources  *sources.Set
	captured *captured.Options
	remote   Remote      // nil if the output is not remote
	client   *hec.Client // nil if the output is not HEC
	pipeline *pipeline.Pipeline
}

// New opens and locks the state directory, and opens the sources. Wrong settings are a
// *settings.Error. The shipper owns the output from now on, and closes it.
func New(ctx context.Context, s *settings.Settings, out Output, o Options) (*Shipper, error) {
	sh := &Shipper{log: o.Log, once: o.Once, remote: out.Remote, client: out.Client, sources: new(sources.Set)}
	if err := sh.open(ctx, s, out.maxLine(s), o); err != nil {
		return nil, errors.Join(err, sh.close())
	}
	var suspend func([]hec.Receipt, func()) error
	if sh.store != nil {
		suspend = sh.suspend
	}
	sh.captured = s.Captured()
	sh.captured.MaxEvent = out.maxLine(s)
	sh.pipeline = pipeline.New(pipeline.Config{
		Sources:    sh.sources.All,
		Normalizer: sh.normalizer(s, o.Ports),
		Encode:     out.Encode,
		Compress:   compression(s, out.Gzip),
		Sink:       out.Sink,
		Suspend:    suspend,
		Strange:    sh.strange,
		Limits:     out.BatchLimits(s),
		Delay:      time.Duration(s.BatchDelay),
		Drain:      time.Duration(s.DrainTimeout),
		Log:        o.Log,
	})
	return sh, nil
}

func compression(s *settings.Settings, gzip bool) pipeline.Compression {
	switch {
	case !gzip:
		return pipeline.Compression(batch.Plain)
	case s.GzipLevel == settings.AutoLevel:
		return pipeline.Adapt
	}
	return pipeline.Compression(s.GzipLevel)
}

func (sh *Shipper) open(ctx context.Context, s *settings.Settings, maxLine int, o Options) error {
	var state string
	if !sources.Pipe(s.Paths) {
		var err error
		if state, err = s.State(); err != nil {
			return err
		}
		if sh.store, err = checkpoint.Open(state, o.Log); err != nil {
			return &settings.Error{Problem: err.Error()}
		}
		if err := sh.recall(ctx); err != nil {
			return err
		}
	}
	set, err := sources.Open(ctx, sources.Config{
		Paths: s.Paths, JournalUnit: s.JournalUnit, JournalDir: s.JournalDir,
		FromEnd: s.Start == settings.End, MaxLine: maxLine, Once: o.Once,
		Zone: s.Timezone.Location, State: state, Memory: o.Memory, Stdin: o.Stdin, Store: sh.store, Log: o.Log,
	})
	if err != nil {
		return &settings.Error{Problem: err.Error()}
	}
	sh.sources = set
	return nil
}

// Run ships until ctx ends, or with Once until everything is delivered. Then it closes the
// shipper.
func (sh *Shipper) Run(ctx context.Context) error {
	sh.log.Info("started", "version", version.Version, "once", sh.once)
	for _, line := range sh.sources.Found {
		sh.log.Info(line)
	}
	began := time.Now()
	err := sh.pipeline.Run(ctx)
	unread := sh.sources.Unread()
	if err = errors.Join(err, sh.close()); err != nil {
		return err
	}
	read := sh.pipeline.Stats()
	switch {
	case read.Undelivered == 0:
	case sh.store == nil:
		sh.log.Error("stopped before everything was delivered, and a pipe cannot be read again",
			"lost_events", read.Undelivered, "hint", "give delivery more time after a stop: DRAIN_TIMEOUT")
	default:
		sh.log.Warn(
			"stopped before everything was delivered",
			"events",
			read.Undelivered,
			"hint",
			"start again: that sends the rest",
		)
	}
	if read.Omitted > 0 {
		sh.log.Info("lines of other programs in the same logs were left out", "lines", read.Omitted)
	}
	sh.log.Info("stopped", sh.sum(read, time.Since(began))...)
	if sh.once && len(unread) > 0 && ctx.Err() == nil {
		return fmt.Errorf(
			"not read, missing or not allowed: PATHS %s; everything else is delivered",
			strings.Join(unread, ", "),
		)
	}
	return nil
}

// sum returns what a run did, as attributes of a log record.
func (sh *Shipper) sum(read pipeline.Stats, took time.Duration) []any {
	seconds := took.Seconds()
	said := []any{
		"lines", read.Lines, "bytes", read.Bytes,
		"seconds", math.Round(seconds*10) / 10, "lines_per_second", math.Round(float64(read.Lines) / max(seconds, 0.001)),
	}
	if sh.remote == nil {
		return said
	}
	sent := sh.remote.Stats()
	return append(said, "events", sent.Delivered.Total(), "sent_bytes", sent.WireBytes, "dead_letters", sent.DeadLetters)
}

// strange warns that nothing in a source looks like Ollama's log.
func (sh *Shipper) strange(source string, r sourcetypes.Recognition) {
	what, hint := recognition.Words(r)
	sh.log.Warn(what, "source", source, "hint", hint)
}

// close writes the last checkpoints and closes sources, output and state directory.
func (sh *Shipper) close() error {
	err := sh.sources.Close()
	if sh.remote != nil {
		sh.remote.Close()
	}
	if sh.store != nil {
		err = errors.Join(err, sh.store.Close())
	}
	return err
}
