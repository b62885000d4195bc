package hec_test

import (
	"context"
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// What a person has to mend is said with the way out, and still tried again: a
// certificate may be renewed meanwhile.
func TestTLSTroubleIsSaidWithTheWayOut(t *testing.T) {
	t.Parallel()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	// As splunkd does with a request that is not TLS.
	silent := serve(t, &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })})
	trusting := secure.Client().Transport.(*http.Transport).TLSClientConfig
	elsewhere := trusting.Clone()
	elsewhere.ServerName = "elsewhere"
	for _, tt := range []struct {
		name string
		url  string
		cfg  *tls.Config
		says string
		sent bool
	}{
		{"untrusted", secure.URL, nil, "OLLAMA_HEC_CA_FILE", false},
		{"another name", secure.URL, elsewhere, "a name that the certificate holds in OLLAMA_HEC_URL", false},
		{"https to a plain port", "https" + strings.TrimPrefix(start(t, receiver.Options{}).URL(), "http"), nil, "begin OLLAMA_HEC_URL with http, ", false},
		{"http to a TLS port", "http" + strings.TrimPrefix(secure.URL, "https"), nil, "begin OLLAMA_HEC_URL with https", true},
		{"http to a TLS port that says nothing", silent, nil, "begin OLLAMA_HEC_URL with https", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.TLS = tt.cfg }, tt.url)
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- c.Deliver(ctx, events("e", 1)) }()
			eventually(t, "it is tried again", func() bool { return c.Stats().Posts > 1 })
			if ok, why := c.Ready(); ok || !strings.HasPrefix(why, tt.url+": ") || strings.Contains(why, "http_") {
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
