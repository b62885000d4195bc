package check

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/destination"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/hec/scs"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// tenant checks a tenant of Splunk Cloud Services: the credentials, and with a real event
// whether they may write to the tenant.
func (r *report) tenant(ctx context.Context, s *settings.Settings) {
	why := new(firstRejected)
	out, err := destination.Open(s, app.Delivery{
		FailFast: true, DeadLetters: why, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		r.bad(Fail, "settings", "correct the setting named", "%v", err)
		return
	}
	client, ok := out.Remote.(*scs.Client)
	if !ok {
		return // the settings name no tenant
	}
	defer client.Close()
	if s.InsecureSkipVerify {
		r.bad(Warn, "TLS", "set OLLAMA_HEC_CA_FILE instead of OLLAMA_HEC_INSECURE_SKIP_VERIFY",
			"the certificate is not verified")
	}
	if !r.credentials(ctx, client, s) {
		return
	}
	name := "event " + client.Destination()
	b, err := tenantEvent(s)
	if err != nil {
		r.bad(Fail, name, "set OLLAMA_HEC_HOST", "%v", err)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	err = client.Deliver(ctx, b)
	var config *hec.ConfigError
	switch {
	case err == nil && why.reason != "":
		r.bad(Fail, name, "the service does not take what this program sends", "the test event was rejected: %s", why.reason)
	case err == nil:
		r.ok(name, "tenant and credentials are accepted, the test event is taken")
	case errors.As(err, &config):
		r.bad(Fail, name, config.Hint, "%s", config.Reason)
	default:
		_, said := client.Ready()
		if said == "" {
			said = "no reply in time"
		}
		r.bad(Fail, name, "check OLLAMA_HEC_SCS_HOST, and what stands between here and the service", "not accepted: %s", said)
	}
}

// credentials checks that an access token can be had, and reports whether it can.
func (r *report) credentials(ctx context.Context, client *scs.Client, s *settings.Settings) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	if err := client.Authorize(ctx); err != nil {
		r.bad(Fail, "credentials", "check OLLAMA_HEC_SCS_PRINCIPAL, or the file with the access token", "%v", err)
		return false
	}
	if s.SCSPrincipal != "" {
		r.ok("credentials", "the principal %s got an access token", s.SCSPrincipal)
	} else {
		r.ok("credentials", "there is an access token")
	}
	return true
}

// firstRejected keeps the reason why the test event was rejected.
type firstRejected struct{ reason string }

func (f *firstRejected) Put(l hec.DeadLetter) error {
	f.reason = l.Reason
	return nil
}

// tenantEvent returns a batch of one event, whose text says that it is a test.
func tenantEvent(s *settings.Settings) (*batch.Batch, error) {
	host, err := s.HostName()
	if err != nil {
		return nil, err
	}
	b := batch.NewBuilder(batch.Limits{}, false)
	b.Add(scs.NewEnvelope(hec.Origin{Host: host, Source: "ollama-hec:check", Index: s.Index}), &sourcetypes.Event{
		Time: sourcetypes.Stamp{Nanos: time.Now().UnixNano(), Digits: 3},
		Body: []byte("ollama-hec check: this event shows that events arrive"),
	})
	return b.Take(), nil
}
