package app

import (
	"cmp"
	"errors"
	"log/slog"
	"strings"
	"time"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// Delivery holds what an output over the network needs besides the settings.
type Delivery struct {
	FailFast bool                            // what only a person can fix is an error, instead of waited for
	Token    func() (hec.TokenSource, error) // nil: the settings' token
	Observer hec.Observer                    // nil: none
	Machine  string                          // the name of this machine; empty: the system's
	// DeadLetters keep the events that are rejected for good; nil: those of STATE_DIR.
	DeadLetters hec.DeadLetters
	Log         *slog.Logger
}

// Host returns the host of the events whose lines name none.
func (d *Delivery) Host(s *settings.Settings) (string, error) {
	if host := cmp.Or(s.Host, d.Machine); host != "" {
		return host, nil
	}
	return s.HostName()
}

// Origin returns what the events of a stream have in common. host is the host of lines
// that name none.
func Origin(s *settings.Settings, host string, st input.Stream) hec.Origin {
	return hec.Origin{
		Host: host, Always: s.Host != "", Source: sourceOf(s, st), Index: s.Index, Fields: st.Fields(),
		Apart: map[sourcetypes.Sourcetype]string{
			sourcetypes.Prompts: s.PromptsIndex, sourcetypes.Health: s.HealthIndex,
		},
	}
}

// Letters returns the store for events that are rejected for good; nil where SPOOL=off says
// that no text may touch the disk.
func (d *Delivery) Letters(s *settings.Settings) (hec.DeadLetters, error) {
	if d.DeadLetters != nil {
		return d.DeadLetters, nil
	}
	if !bool(s.Spool) {
		return nil, nil
	}
	state, err := s.State()
	if err != nil {
		return nil, err
	}
	return DeadLetters(state)
}

// Collector returns the output to HEC that the settings ask for. Wrong settings are a
// *settings.Error.
func Collector(s *settings.Settings, d Delivery) (Output, error) {
	token, trust, err := d.access(s)
	if err != nil {
		return Output{}, err
	}
	host, err := d.Host(s)
	if err != nil {
		return Output{}, err
	}
	letters, err := d.Letters(s)
	if err != nil {
		return Output{}, err
	}
	client, err := hec.New(hec.Config{
		URLs: s.URL, Token: token, Trust: trust.Config, Ack: hec.AckMode(s.Ack),
		AcceptWithoutCode: bool(s.AcceptWithoutCode),
		Timeout:           time.Duration(s.ReplyTimeout),
		DeadLetters:       letters,
		FailFast:          d.FailFast, Lanes: pipeline.DefaultLanes, Observer: d.Observer, Log: d.Log,
	})
	if err != nil {
		return Output{}, err
	}
	return Output{
		Sink: client, Remote: client, Client: client, Gzip: true,
		Encode: func(st input.Stream) batch.Encoder { return hec.NewEnvelope(Origin(s, host, st)) },
	}, nil
}

// access returns the token and the certificates for HEC. Its error says all that is wrong with the
// settings, and not only what comes first.
func (d *Delivery) access(s *settings.Settings) (hec.TokenSource, *hec.Trust, error) {
	wrong := d.urls(s)
	trust, err := s.TLS().Follow(d.Log)
	if err != nil {
		wrong = append(wrong, &settings.Error{Problem: err.Error()})
	}
	from := d.Token
	switch {
	case from == nil:
		from = s.TokenSource
	case len(wrong) > 0: // before somebody else is asked
		return nil, nil, errors.Join(wrong...)
	}
	token, err := from()
	if err != nil {
		wrong = append(wrong, err)
	}
	return token, trust, errors.Join(wrong...)
}

// urls returns what is wrong with URL, and warns where it has the token sent in the clear.
func (d *Delivery) urls(s *settings.Settings) (wrong []error) {
	if len(s.URL) == 0 {
		hint := "not set: give the base URL of HEC, such as https://splunk:8088"
		if d.Token == nil {
			hint += ", or a tenant of Splunk Cloud Services in SCS_TENANT"
		}
		return []error{settings.Invalid("URL", hint)}
	}
	var inTheClear []string
	for _, u := range s.URL {
		base, err := hec.ParseURL(u)
		switch {
		case err != nil:
			wrong = append(wrong, settings.Invalid("URL", err.Error()))
		case hec.InTheClear(base):
			inTheClear = append(inTheClear, base)
		}
	}
	if len(inTheClear) > 0 {
		d.Log.Warn("the token and all events are sent in the clear: anyone on the way can read them",
			"url", strings.Join(inTheClear, ","), "hint", "enable SSL on HEC and begin OLLAMA_HEC_URL with https")
	}
	return wrong
}
