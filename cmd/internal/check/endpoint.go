package check

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"ollama-hec/cmd/internal/app"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

const (
	timeout  = 5 * time.Second
	ackPause = 40 * time.Second // an indexer takes up to half a minute
	skewMost = 5 * time.Minute
	certSoon = 14 * 24 * time.Hour
)

// endpoints checks each URL, from its name up to the delivery of a real event. Without a token, or
// the certificates that the settings name, it goes as far as it can.
func (r *report) endpoints(ctx context.Context, s *settings.Settings) {
	_, noToken := s.TokenSource()
	if noToken != nil {
		r.bad(Fail, "token", hintToken(s.TokenFile), "%v", noToken)
	}
	trust, noTrust := s.TLS().Config()
	if noTrust != nil {
		r.bad(Fail, "TLS", "correct the setting named", "%v", noTrust)
	}
	if len(s.URL) == 0 {
		r.bad(Fail, "URL", "set OLLAMA_HEC_URL to the base URL of HEC, such as https://splunk:8088", "not set")
		return
	}
	for _, raw := range s.URL {
		base, err := hec.ParseURL(raw)
		if err != nil {
			r.bad(Fail, "URL", "correct OLLAMA_HEC_URL", "%v", err)
			continue
		}
		u, err := url.Parse(base)
		if err != nil {
			continue // ParseURL has parsed it
		}
		if proxy, variable, err := hec.ProxyFor(base); err != nil || proxy != "" {
			if !r.proxy(ctx, proxy, variable, err) {
				continue
			}
		} else if !r.reach(ctx, s, u, trust) {
			continue
		}
		if noToken == nil && noTrust == nil {
			r.collector(ctx, s, base)
		}
	}
}

// hintToken is what to do about a token that cannot be had, be it that its file is closed.
func hintToken(file string) string {
	info, err := os.Stat(file)
	if err == nil && info.Mode().IsRegular() { // or it could hang
		var f *os.File
		if f, err = os.Open(file); err == nil {
			f.Close()
		}
	}
	if errors.Is(err, fs.ErrPermission) {
		who := "this user"
		if u, err := user.Current(); err == nil {
			who = "the user " + u.Username
		}
		return "let " + who + " read it: give it to a group of that user (chgrp), mode 0640"
	}
	return "correct the setting named"
}

// proxy checks the forward proxy through which HEC is reached. Name and port of HEC are
// then for the proxy to resolve.
func (r *report) proxy(ctx context.Context, proxy, variable string, err error) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	name, hint := strings.TrimSpace("proxy "+proxy), "correct "+variable+", or name the host of OLLAMA_HEC_URL in NO_PROXY"
	if err != nil {
		r.bad(Fail, name, hint, "%v", err)
		return false
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", proxy)
	if err != nil {
		reason, _ := hec.Explain(err, false)
		r.bad(Fail, name, hint, "%s", reason)
		return false
	}
	conn.Close()
	r.ok(name, "HEC is reached through it, as %s says", variable)
	return true
}

// reach checks the name, port and TLS of an endpoint; trust is nil where the settings are wrong.
func (r *report) reach(ctx context.Context, s *settings.Settings, u *url.URL, trust *tls.Config) bool {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	addrs, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		r.bad(Fail, "name "+u.Hostname(), hec.HintName, "%v", err)
		return false
	}
	r.ok("name "+u.Hostname(), "%s", addrs[0])
	if hec.InTheClear(u.String()) && !slices.ContainsFunc(addrs, loopback) {
		r.bad(Warn, "TLS "+u.Hostname(), "enable SSL on HEC and begin the URL with https",
			"http sends token and events in the clear")
	}
	host := u.Host
	if u.Port() == "" {
		host = net.JoinHostPort(u.Hostname(), map[string]string{"http": "80", "https": "443"}[u.Scheme])
	}
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", host)
	if err != nil {
		r.bad(Fail, "port "+host, hec.HintClosed, "%v", err)
		return false
	}
	defer conn.Close()
	r.ok("port "+host, "open")
	if u.Scheme == "https" && trust != nil {
		return r.tls(ctx, s, conn, u.Hostname(), trust)
	}
	return true
}

func loopback(addr string) bool {
	ip := net.ParseIP(addr)
	return ip != nil && ip.IsLoopback()
}

// shown returns the fingerprint of the certificate that an endpoint shows, for people to
// compare; empty: it shows none. Nothing is sent to it.
func shown(ctx context.Context, addr string, cfg *tls.Config) string {
	trusting := cfg.Clone()
	trusting.InsecureSkipVerify, trusting.VerifyConnection = true, nil
	conn, err := (&tls.Dialer{Config: trusting}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return ""
	}
	defer conn.Close()
	certs := conn.(*tls.Conn).ConnectionState().PeerCertificates
	return "; the certificate shown has the SHA-256 fingerprint " + hec.FingerprintOf(certs[0]).String() +
		": compare it with that on the Splunk host before you trust it"
}

func (r *report) tls(ctx context.Context, s *settings.Settings, conn net.Conn, name string, trust *tls.Config) bool {
	cfg := trust.Clone()
	cfg.ServerName = name
	c := tls.Client(conn, cfg)
	if err := c.HandshakeContext(ctx); err != nil {
		reason, hint := hec.Explain(err, true)
		r.bad(Fail, "TLS "+name, cmp.Or(hint, hec.HintHandshake), "%s%s", reason, shown(ctx, conn.RemoteAddr().String(), cfg))
		return false
	}
	cert := c.ConnectionState().PeerCertificates[0]
	left := time.Until(cert.NotAfter)
	switch {
	case bool(s.InsecureSkipVerify):
		r.bad(Warn, "TLS "+name, "set OLLAMA_HEC_CA_FILE, or OLLAMA_HEC_TLS_FINGERPRINT="+hec.FingerprintOf(cert).String()+
			" once you have compared that with the certificate on the Splunk host, instead of OLLAMA_HEC_INSECURE_SKIP_VERIFY",
			"the certificate is not verified")
	case s.TLSFingerprint != (settings.Pin{}):
		r.ok("TLS "+name, "the certificate is the one that is pinned")
	case left < certSoon:
		r.bad(
			Warn,
			"TLS "+name,
			"renew the certificate of HEC",
			"the certificate ends on %s",
			cert.NotAfter.Format(time.DateOnly),
		)
	default:
		r.ok("TLS "+name, "the certificate is trusted until %s", cert.NotAfter.Format(time.DateOnly))
	}
	return true
}

// collector checks HEC's health and clock, and with real events the token, the indexes and
// acknowledgment.
func (r *report) collector(ctx context.Context, s *settings.Settings, base string) {
	one := *s
	one.URL = settings.List{base}
	out, err := app.Collector(&one, app.Delivery{FailFast: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		r.bad(Fail, "settings", "correct the setting named", "%v", err)
		return
	}
	defer out.Client.Close()
	r.health(ctx, out.Client, base)
	if !r.event(ctx, out, &one, "event "+base, "") {
		return
	}
	if one.HealthEvents > 0 && one.HealthIndex != "" {
		one.Index = one.HealthIndex
		r.event(ctx, out, &one, "health event "+base,
			"set HEALTH_INDEX to an index that the token allows, or allow it in Splunk")
	}
	if one.PromptsIndex != "" && sourcetypes.PromptMode(one.Prompts) != sourcetypes.Off {
		one.Index = one.PromptsIndex
		r.event(ctx, out, &one, "prompts event "+base,
			"set PROMPTS_INDEX to an index that the token allows, or allow it in Splunk")
	}
}

// leaves says what a check leaves in Splunk.
const leaves = "; it leaves a test event there (source ollama-hec:check)"

// event sends a real event. hint is what to do about a wrong index; empty: what the
// client suggests.
func (r *report) event(ctx context.Context, out app.Output, s *settings.Settings, name, hint string) (arrived bool) {
	ctx, cancel := context.WithTimeout(ctx, ackPause)
	defer cancel()
	err := out.Sink.Deliver(ctx, testEvent(s))
	var config *hec.ConfigError
	var pending *hec.PendingError
	switch {
	case err == nil && out.Client.Stats().DeadLetters > 0:
		r.bad(Fail, name, "ollama-hec dead-letter list says why", "the test event was rejected")
		return false
	case err == nil && out.Client.Acknowledges():
		r.ok(name, "token and index are accepted, the test event is acknowledged"+leaves)
	case err == nil && out.Client.Stats().WithoutCode > 0:
		r.bad(Warn, name, "take ACCEPT_WITHOUT_CODE away once HEC's replies come through",
			"the answer has no HEC code and counts as delivered, as ACCEPT_WITHOUT_CODE says: nothing shows that events arrive")
	case err == nil && hec.AckMode(s.Ack) == hec.AckOff:
		r.ok(name, "token and index are accepted"+leaves)
	case err == nil:
		r.bad(Warn, name, "enable indexer acknowledgment on the token, if the stack has it",
			"token and index are accepted"+leaves+", but without acknowledgment: Splunk does not confirm that it was indexed")
	case errors.As(err, &config):
		r.bad(Fail, name, cmp.Or(hint, config.Hint), "%s", config.Reason)
	case errors.As(err, &pending):
		r.bad(
			Warn,
			name,
			"look at the indexing queues in Splunk",
			"the test event was accepted, and not acknowledged within %v",
			ackPause,
		)
	default:
		_, why := out.Client.Ready()
		r.bad(Fail, name, cmp.Or(out.Client.Hint(), "look at HEC and what stands in front of it"), "not accepted: %s", why)
	}
	return err == nil
}

func (r *report) health(ctx context.Context, c *hec.Client, base string) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	h, err := c.Health(ctx, base)
	switch {
	case err != nil:
		r.bad(Fail, "health "+base, "look at HEC and what stands in front of it", "%v", err)
		return
	case !h.OK:
		r.bad(Warn, "health "+base, cmp.Or(h.Hint, "look at the queues of HEC"), "%s", h.Text)
	default:
		r.ok("health "+base, "%s", h.Text)
	}
	if skew := time.Since(h.Date).Abs(); !h.Date.IsZero() && skew > skewMost {
		r.bad(Warn, "clock", "set this host's clock, or Splunk's", "%v apart from %s", skew.Round(time.Second), base)
	} else if !h.Date.IsZero() {
		r.ok("clock", "agrees with %s", base)
	}
}

// testEvent returns a batch of one event, whose text says that it is a test.
func testEvent(s *settings.Settings) *batch.Batch {
	host, _ := s.HostName() // without a name Collector has failed before
	b := batch.NewBuilder(batch.Limits{}, s.GzipLevel != 0)
	b.Add(hec.NewEnvelope(hec.Origin{Host: host, Source: "ollama-hec:check", Index: s.Index}), &sourcetypes.Event{
		Time: sourcetypes.Stamp{Nanos: time.Now().UnixNano(), Digits: 3},
		Body: []byte("ollama-hec check: this event shows that events arrive"),
	})
	return b.Take()
}
