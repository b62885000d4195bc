package shipper

import (
	"log/slog"
	"path/filepath"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/ship"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/input"
	"ollama-hec/sourcetypes/batch"
)

// Collector is the output to HEC that the settings ask for. failFast: what
// waits for a person is an error. observer may be nil. Wrong settings are a
// *settings.Error.
func Collector(s *settings.Settings, failFast bool, observer hec.Observer, log *slog.Logger) (Output, error) {
	if len(s.URL) == 0 {
		return Output{}, settings.Wrong("URL", "not set: give the base URL of HEC, such as https://splunk:8088")
	}
	for _, u := range s.URL {
		if _, err := hec.ParseURL(u); err != nil {
			return Output{}, settings.Wrong("URL", err.Error())
		}
	}
	token, err := from()
	if err != nil {
		return Output{}, err
	}
	tls, err := s.TLS().Config()
	if err != nil {
		return Output{}, &settings.Error{Problem: err.Error()}
	}
	host, err := s.HostName()
	if err != nil {
		return Output{}, err
	}
	state, err := s.State()
	if err != nil {
		return Output{}, err
	}
	client, err := hec.New(hec.Config{
		URLs: s.URL, Token: token, TLS: tls, Ack: hec.AckMode(s.Ack),
		DeadLetters: deadletter.Open(filepath.Join(state, "dead-letter")),
		FailFast:    failFast, Lanes: ship.DefaultLanes, Observer: observer, Log: log,
	})
	if err != nil {
		return Output{}, err
	}
	return Output{
		Sink: client, Client: client, Gzip: true,
		Encode: func(st input.Stream) batch.Encoder {
			return hec.NewEnvelope(hec.Origin{Host: host, Source: st.Source(), Index: s.Index, Fields: st.Fields()})
		},
	}, nil
}
