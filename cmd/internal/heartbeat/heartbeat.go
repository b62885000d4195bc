// Package heartbeat tells Splunk how the shipper itself is, by one event from time
// to time: what is on /metrics, for who has no Prometheus.
//
// These events are no part of the pipeline. They have a client of their own, so
// that they delay no line, move no checkpoint, are in no count and never become
// dead letters. One that cannot be sent before the next is due is forgotten.
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
	// Sourcetype is that of the events. The detections and the dashboard know nothing of it.
	Sourcetype = "ollama:hec:health"
	// Source is the source of the events.
	Source = "ollama-hec"
)

// Sender sends the events.
type Sender struct {
	every  time.Duration
	origin envelope
	client app.Remote
	adopt  func([]byte) ([]byte, error) // into the form of the destination; nil: it is that
	refuse *refused
	log    *slog.Logger
	said   string // why the last event did not arrive
}

// New returns what sends as the settings say. Wrong settings are a *settings.Error.
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
	// The next event says the same and more: nothing to wait for.
	once := *s
	once.Ack = settings.AckMode(hec.AckOff)
	out, err := destination.Open(&once, app.Delivery{
		FailFast: true, DeadLetters: h.refuse,
		// Why a destination takes nothing is said by the client of the lines.
		Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, err
	}
	h.client, h.adopt = out.Remote, out.Adopt
	return h, nil
}

// Run sends until ctx ends: at once, and then from time to time, what tell
// returns. While tell returns false nothing is sent.
func (h *Sender) Run(ctx context.Context, tell func() (Report, bool)) {
	defer h.client.Close()
	tick := time.NewTicker(h.every)
	defer tick.Stop()
	for {
		if r, ok := tell(); ok {
			h.say(h.send(ctx, r))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// send tries until the next event is due.
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

// say tells once why events do not arrive, and once that they do again.
func (h *Sender) say(err error) {
	switch {
	case err == nil && h.said != "":
		h.log.Info("health events are taken again")
		h.said = ""
	case err != nil && err.Error() != h.said:
		h.log.Warn("health event is not taken, see OLLAMA_HEC_HEALTH_EVENTS and OLLAMA_HEC_HEALTH_INDEX", "error", err)
		h.said = err.Error()
	}
}

// envelope is one event as HEC takes it.
type envelope struct {
	Time       json.Number `json:"time"`
	Host       string      `json:"host"`
	Source     string      `json:"source"`
	Sourcetype string      `json:"sourcetype"`
	Index      string      `json:"index,omitempty"`
	Event      Report      `json:"event"`
}

// refused stands in for dead letters: what is refused is forgotten, but for why.
type refused struct{ err error }

func (r *refused) Put(l hec.DeadLetter) error {
	r.err = fmt.Errorf("%s answered %s", l.Endpoint, l.Reason)
	return nil
}
