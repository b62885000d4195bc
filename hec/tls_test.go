package hec_test

import (
	"context"
	"crypto/tls"
	"io"
	stdlog "log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// What a person has to fix is said with a hint, and still tried again: a
// certificate may be renewed meanwhile.
func TestTLSTroubleIsSaidWithTheWayOut(t *testing.T) {
	// The certificate of the servers, and who trusts it.
	pattern := httptest.NewUnstartedServer(nil)
	pattern.StartTLS()
	pattern.Close()
	trusting := pattern.Client().Transport.(*http.Transport).TLSClientConfig
	elsewhere := trusting.Clone()
	elsewhere.ServerName = "elsewhere"
	secure := func(t *testing.T) string { return serveTLS(t, pattern.TLS, http.NotFoundHandler()) }
	plain := func(t *testing.T) string { return start(t, receiver.Options{}).URL() }
	// As splunkd does with a request that is not TLS.
	silent := func(t *testing.T) string {
		return serve(
			t,
			&http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })},
		)
	}
	for _, tt := range []struct {
		name   string
		server func(*testing.T) string
		scheme string
		cfg    *tls.Config
		says   string
		sent   bool
	}{
		{"untrusted", secure, "https", nil, "OLLAMA_HEC_CA_FILE", false},
		{"another name", secure, "https", elsewhere, "a name that the certificate holds in OLLAMA_HEC_URL", false},
		{"https to a plain port", plain, "https", nil, "begin OLLAMA_HEC_URL with http, ", false},
		{"http to a TLS port", secure, "http", nil, "begin OLLAMA_HEC_URL with https", true},
		{"http to a TLS port that says nothing", silent, "http", nil, "begin OLLAMA_HEC_URL with https", true},
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			_, address, _ := strings.Cut(tt.server(t), "://")
			url := tt.scheme + "://" + address
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.TLS = tt.cfg }, url)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- c.Deliver(ctx, events("e", 1)) }()
			eventually(t, "it is tried again", func() bool { return c.Stats().Posts > 1 })
			if ok, why := c.Ready(); ok || !strings.HasPrefix(why, url+": ") || strings.Contains(why, "http_") {
				t.Errorf("ready: %v, %s", ok, why)
			}
			cancel()
			<-done
			if !strings.Contains(l.String(), tt.says) || strings.Count(l.String(), "\n") != 1 {
				t.Errorf("the log does not say %q once:\n%s", tt.says, l)
			}
			if n := c.Stats().Ambiguous; n > 0 && !tt.sent {
				t.Errorf("%d requests count as ambiguous that were never sent", n)
			}
		})
	}
}

// serveTLS runs an HTTPS server.
func serveTLS(t *testing.T, cfg *tls.Config, h http.Handler) string {
	t.Helper()
	l := memory.listen()
	srv := &http.Server{Handler: h, ErrorLog: stdlog.New(io.Discard, "", 0)}
	go srv.Serve(tls.NewListener(l, cfg))
	t.Cleanup(func() { srv.Close() })
	return "https://" + l.Addr().String()
}

func TestTLSFilesAreNamed(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for _, tt := range []struct {
		tls  hec.TLS
		says string
	}{
		{hec.TLS{CAFile: missing}, "OLLAMA_HEC_CA_FILE: open"},
		{hec.TLS{CertFile: missing}, "OLLAMA_HEC_KEY_FILE is not set"},
		{hec.TLS{KeyFile: missing}, "OLLAMA_HEC_CERT_FILE is not set"},
		{hec.TLS{CertFile: missing, KeyFile: missing}, "OLLAMA_HEC_CERT_FILE, OLLAMA_HEC_KEY_FILE: open"},
	} {
		if _, err := tt.tls.Config(); err == nil || !strings.HasPrefix(err.Error(), tt.says) {
			t.Errorf("%+v: %v", tt.tls, err)
		}
	}
}
