// Package heartbeat sends Splunk an event on the shipper's own state at a fixed interval:
// what /metrics shows, for those without Prometheus.
//
// These events do not go through the pipeline. They have a client of their own: they
// delay no line, move no checkpoint, are in no count and never become dead letters. One
// that cannot be sent before the next is due is dropped.
package heartbeat

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/destination"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/sourcetypes/batch"
)

const (
	// Sourcetype is the sourcetype of the events. No detection searches it.
	Sourcetype = "ollama:hec:health"
	// Source is the source of the events.
	Source = "ollama-hec"
)

// Sender sends the events.
type Sender struct {
	every  time.Duration
	origin envelope
	client app.Remote
	adopt  func([]byte) ([]byte, error) // converts into the form of the destination; nil: that of HEC
	refuse *refused
	log    *slog.Logger
	said   string // why the last event did not arrive, as logged
}

// New returns the sender that the settings ask for. Wrong settings are a *settings.Error.
func New(s *settings.Settings, log *slog.Logger) (*Sender, error) {
	host, err := s.HostName()
	if err != nil {
		return nil, err
	}
	h := &Sender{
		every:  time.Duration(s.HealthEvents),
		origin: envelope{Host: host, Source: Source, Sourcetype: Sourcetype, Index: s.HealthIndex},
		refuse: new(refused), log: log,
	}
	if h.origin.Index == "" {
		h.origin.Index = s.Index
	}
	// The next event replaces this one: no acknowledgment is waited for.
	once := *s
	once.Ack = settings.AckMode(hec.AckOff)
	out, err := destination.Open(&once, app.Delivery{
		FailFast: true, DeadLetters: h.refuse,
		// Trouble of the destination is logged by the client that sends the lines.
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	h.client, h.adopt = out.Remote, out.Adopt
	return h, nil
}

// Run sends what tell returns, at once and then at every interval, until ctx ends. While
// tell returns false nothing is sent.
func (h *Sender) Run(ctx context.Context, tell func() (Report, bool)) {
	defer h.client.Close()
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		if r, ok := tell(); ok {
			h.logOnce(h.send(ctx, r))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// send sends one event, and tries until the next one is due.
func (h *Sender) send(ctx context.Context, r Report) error {
	event := h.origin
	event.Time = json.Number(fmt.Sprintf("%.3f", float64(time.Now().UnixMilli())/1e3))
	event.Event = r
	text, err := json.Marshal(event)
	if err != nil {
		return err
	}
	if h.adopt != nil {
		if text, err = h.adopt(text); err != nil {
			return err
		}
	}
	b := batch.NewBuilder(batch.Limits{}, false)
	b.AddEncoded(text)
	trying, cancel := context.WithTimeout(ctx, h.every)
	defer cancel()
	*h.refuse = refused{}
	if err := h.client.Deliver(trying, b.Take()); err != nil {
		if ctx.Err() != nil {
			return nil // told to stop
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			return err
		}
		if _, why := h.client.Ready(); why != "" {
			return errors.New(why)
		}
		return fmt.Errorf("no reply within %v", h.every)
	}
	return h.refuse.err
}

// logOnce logs why events do not arrive when that changes, and that they do again.
func (h *Sender) logOnce(err error) {
	switch {
	case err == nil && h.said != "":
		h.log.Info("health events are accepted again")
		h.said = ""
	case err != nil && err.Error() != h.said:
		h.log.Warn("health event was not accepted", "error", err,
			"hint", "allow the index OLLAMA_HEC_HEALTH_INDEX for the token, or turn OLLAMA_HEC_HEALTH_EVENTS off")
		h.said = err.Error()
	}
}

// envelope is one event in the form of HEC.
type envelope struct {
	Time       json.Number `json:"time"`
	Host       string      `json:"host"`
	Source     string      `json:"source"`
	Sourcetype string      `json:"sourcetype"`
	Index      string      `json:"index,omitempty"`
	Event      Report      `json:"event"`
}

// refused takes the place of dead letters: it keeps why an event was rejected, not the event.
type refused struct{ err error }

func (r *refused) Put(l hec.DeadLetter) error {
	r.err = fmt.Errorf("%s answered %s", l.Endpoint, l.Reason)
	return nil
}
