package destination

import (
	"crypto/tls"
	"log/slog"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/cmd/internal/version"
	"ollama-hec/hec"
	"ollama-hec/hec/scs"
	"ollama-hec/input"
	"ollama-hec/sourcetypes/batch"
)

// maxLine leaves room in a request for what an event has besides its line, and for a
// tenth more in escapes. One that has more escapes becomes a dead letter.
const maxLine = scs.MaxBytes * 9 / 10

// tenant is the output to a tenant of Splunk Cloud Services.
func tenant(s *settings.Settings, d app.Delivery) (app.Output, error) {
	client, err := Tenant(s, d)
	if err != nil {
		return app.Output{}, err
	}
	host, err := d.Host(s)
	if err != nil {
		return app.Output{}, err
	}
	d.Log.Info("events go to Splunk Cloud Services", "tenant", s.SCSTenant, "url", client.Destination())
	return app.Output{
		Sink: client, Remote: client,
		Limits: batch.Limits{Bytes: scs.MaxBytes, Events: scs.MaxEvents}, MaxLine: maxLine,
		Adopt:  scs.FromCollector,
		Encode: func(st input.Stream) batch.Encoder { return scs.NewEnvelope(app.Origin(s, host, st)) },
	}, nil
}

// Tenant is a client of the tenant that the settings name. Wrong settings are a
// *settings.Error.
func Tenant(s *settings.Settings, d app.Delivery) (*scs.Client, error) {
	if err := scs.CheckTenant(s.SCSTenant); err != nil {
		return nil, settings.Invalid("SCS_TENANT", err.Error())
	}
	address, err := scs.ParseAddress(s.SCSHost)
	if err != nil {
		return nil, settings.Invalid("SCS_HOST", err.Error())
	}
	credentials, err := credentialsOf(s, address)
	if err != nil {
		return nil, err
	}
	trust, err := trustOf(s, d.Log)
	if err != nil {
		return nil, err
	}
	letters, err := d.Letters(s)
	if err != nil {
		return nil, err
	}
	return scs.New(scs.Config{
		Tenant: s.SCSTenant, Address: address, Credentials: credentials, Trust: trust,
		Timeout: time.Duration(s.ReplyTimeout), DeadLetters: letters, FailFast: d.FailFast, Lanes: pipeline.DefaultLanes,
		Observer: d.Observer, Log: d.Log, Version: "ollama-hec/" + version.Version,
	})
}

func trustOf(s *settings.Settings, log *slog.Logger) (func() *tls.Config, error) {
	trust, err := s.TLS().Follow(log)
	if err != nil {
		return nil, &settings.Error{Problem: err.Error()}
	}
	return trust.Config, nil
}

// credentialsOf returns the one kind of credentials that is given.
func credentialsOf(s *settings.Settings, a scs.Address) (scs.Credentials, error) {
	given := 0
	for _, is := range []bool{s.SCSToken != "", s.SCSTokenFile != "", s.SCSPrincipal != ""} {
		if is {
			given++
		}
	}
	const choice = "OLLAMA_HEC_SCS_TOKEN_FILE, OLLAMA_HEC_SCS_TOKEN or OLLAMA_HEC_SCS_PRINCIPAL"
	switch {
	case given > 1:
		return nil, &settings.Error{Problem: "more than one of " + choice + " is set: take all but one away"}
	case s.SCSToken != "":
		return scs.AccessToken{Source: hec.StaticToken(s.SCSToken)}, nil
	case s.SCSTokenFile != "":
		file, err := hec.NewTokenFile(s.SCSTokenFile)
		if err != nil {
			return nil, settings.Invalid("SCS_TOKEN_FILE", err.Error())
		}
		return scs.AccessToken{Source: file}, nil
	case s.SCSPrincipal != "" && s.SCSPrincipalSecretFile == "":
		return nil, settings.Invalid("SCS_PRINCIPAL_SECRET_FILE",
			"not set: give the file with the secret of OLLAMA_HEC_SCS_PRINCIPAL")
	case s.SCSPrincipal != "":
		secret, err := hec.NewTokenFile(s.SCSPrincipalSecretFile)
		if err != nil {
			return nil, settings.Invalid("SCS_PRINCIPAL_SECRET_FILE", err.Error())
		}
		return scs.NewPrincipal(s.SCSPrincipal, secret, s.SCSPrincipalScope, a), nil
	}
	return nil, settings.Invalid("SCS_TOKEN_FILE", "not set: OLLAMA_HEC_SCS_TENANT needs one of "+choice)
}
