package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/ship"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input"
	"ollama-hec/input/checkpoint"
	"ollama-hec/input/file"
	"ollama-hec/input/stdin"
	"ollama-hec/sourcetypes/batch"
)

// shipper is what the settings ask for, ready to run.
type shipper struct {
	log      *slog.Logger
	once     bool
	store    *checkpoint.Store // nil for a pipe, of which nothing is remembered
	files    *file.Source      // nil for a pipe
	sources  []input.Source
	client   *hec.Client
	pipeline *ship.Pipeline
}

// newShipper checks the settings and takes the state directory. Wrong settings
// are a *settings.Error.
func newShipper(ctx context.Context, s *settings.Settings, once bool, in io.Reader, log *slog.Logger) (*shipper, error) {
	host, err := s.HostName()
	if err != nil {
		return nil, err
	}
	state, err := s.State()
	if err != nil {
		return nil, err
	}
	client, err := newClient(s, once, state, log)
	if err != nil {
		return nil, err
	}
	sh := &shipper{log: log, once: once, client: client}
	if err := sh.open(ctx, s, in, state); err != nil {
		sh.close()
		return nil, err
	}
	sh.pipeline = ship.New(ship.Config{
		Sources:   sh.sources,
		Normalize: s.Normalize(),
		Encode: func(st input.Stream) batch.Encoder {
			return hec.NewEnvelope(hec.Origin{Host: host, Source: st.Source(), Index: s.Index, Fields: st.Fields()})
		},
		Gzip:    true,
		Sink:    client,
		Suspend: sh.suspend,
		Limits:  batch.Limits{Bytes: int(s.BatchBytes), Events: int(s.BatchEvents)},
		Delay:   time.Duration(s.BatchDelay),
		Drain:   time.Duration(s.DrainTimeout),
		Log:     log,
	})
	return sh, nil
}

func newClient(s *settings.Settings, once bool, state string, log *slog.Logger) (*hec.Client, error) {
	if len(s.URL) == 0 {
		return nil, settings.Wrong("URL", "not set: give the base URL of HEC, such as https://splunk:8088")
	}
	for _, u := range s.URL {
		if _, err := hec.ParseURL(u); err != nil {
			return nil, settings.Wrong("URL", err.Error())
		}
	}
	token, err := s.TokenSource()
	if err != nil {
		return nil, err
	}
	tls, err := s.TLS().Config()
	if err != nil {
		return nil, &settings.Error{Problem: err.Error()}
	}
	return hec.New(hec.Config{
		URLs: s.URL, Token: token, TLS: tls, Ack: hec.AckMode(s.Ack),
		DeadLetters: deadletter.Open(filepath.Join(state, "dead-letter")),
		FailFast:    once, Lanes: ship.DefaultLanes, Log: log,
	})
}

// open opens the state directory and the sources.
func (sh *shipper) open(ctx context.Context, s *settings.Settings, in io.Reader, state string) (err error) {
	if slices.Equal(s.Paths, []string{"-"}) {
		sh.sources = []input.Source{stdin.New(stdin.Options{Reader: in, MaxLine: int(s.MaxLineBytes), Log: sh.log})}
		return nil
	}
	if slices.Contains(s.Paths, "-") {
		return settings.Wrong("PATHS", "- is stdin and stands alone: take the other paths away")
	}
	if sh.store, err = checkpoint.Open(state, sh.log); err != nil {
		return &settings.Error{Problem: err.Error()}
	}
	if err := sh.recall(ctx); err != nil {
		return err
	}
	sh.files, err = file.New(file.Options{
		Patterns: s.Paths, StartAtEnd: s.Start == settings.End, MaxLine: int(s.MaxLineBytes), Once: sh.once,
		Store: sh.store, Log: sh.log,
	})
	if err != nil {
		return settings.Wrong("PATHS", err.Error())
	}
	sh.sources = append(sh.sources, sh.files)
	return nil
}

// recallMost bounds how long a start waits for acknowledgments of the last run.
const recallMost = 30 * time.Second

// suspend keeps the receipts of what was answered and is not acknowledged.
func (sh *shipper) suspend(receipts []hec.Receipt) error {
	if sh.store == nil {
		return errors.New("a pipe cannot be read again")
	}
	condition, err := json.Marshal(receipts)
	if err != nil {
		return err
	}
	return sh.store.Suspend(condition)
}

// recall asks for the acknowledgments that the last run did not wait for. What
// is not acknowledged is read and sent again.
func (sh *shipper) recall(ctx context.Context) error {
	condition := sh.store.Suspended()
	if condition == nil {
		return nil
	}
	var receipts []hec.Receipt
	if err := json.Unmarshal(condition, &receipts); err != nil {
		sh.log.Warn("receipts of the last run cannot be read, sending again", "error", err)
		return sh.store.Resolve(false)
	}
	sh.log.Info("asking for acknowledgments of the last run", "batches", len(receipts))
	waiting, cancel := context.WithTimeout(ctx, recallMost)
	defer cancel()
	came := sh.client.Recall(waiting, receipts)
	if ctx.Err() != nil {
		return nil // stopped meanwhile: the next start asks again
	}
	all := !slices.Contains(came, false)
	if !all {
		sh.log.Warn("batches of the last run were not acknowledged, sending again", "batches", len(receipts))
	}
	return sh.store.Resolve(all)
}

// run ships until ctx ends, or with once until all is delivered.
func (sh *shipper) run(ctx context.Context, w watch) error {
	sh.log.Info("started", "version", version.Version, "once", sh.once)
	stop := w.during(ctx)
	err := sh.pipeline.Run(ctx)
	stop()
	if err = errors.Join(err, sh.close()); err != nil {
		return err
	}
	d := sh.client.Stats().Delivered
	sh.log.Info("stopped", "delivered", d.Events[0]+d.Events[1]+d.Events[2])
	return nil
}

// close writes the last checkpoints and lets go of everything.
func (sh *shipper) close() error {
	var errs []error
	for _, src := range sh.sources {
		errs = append(errs, src.Close())
	}
	sh.client.Close()
	if sh.store != nil {
		errs = append(errs, sh.store.Close())
	}
	return errors.Join(errs...)
}
