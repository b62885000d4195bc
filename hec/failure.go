package hec

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// failure is why a POST was not accepted.
type failure struct {
	reason string // what the endpoint said
	kind   string // what it is the same by as the one before; empty: by its reason
	hint   string // what a person can do; empty where it heals by itself
	pause  bool   // configuration
	doubt  bool   // it may have been taken
	stop   bool   // and one that time will not fix
	after  time.Duration
}

// signal is what the failure means to the gate.
func (f *failure) signal() signal {
	switch {
	case f.stop:
		return sigFinal
	case f.doubt:
		return sigDoubted
	case f.pause:
		return sigRefused
	}
	return sigFailed
}

// failureOf says why there was no reply.
func failureOf(e *endpoint, err error) failure {
	var token *tokenError
	if errors.As(err, &token) {
		return failure{reason: err.Error(), hint: "make TOKEN_FILE readable", pause: true}
	}
	return failure{reason: plainError(err), hint: hintFor(e, err)}
}

// refusal is the failure that a reply means.
func refusal(r *reply) failure {
	f := failure{reason: r.String(), after: r.retryAfter}
	if r.Code == nil {
		f.kind = r.key() // its text may tell the time
	}
	switch r.verdict() {
	case retry:
	case doubt:
		f.hint, f.pause, f.doubt = r.hint(), true, true
	case stop:
		f.hint, f.pause, f.stop = r.hint(), true, true
	default: // pause, and a code that makes no sense here
		f.hint, f.pause = r.hint(), true
	}
	return f
}

// hintFor is what a person can do about an error that does not heal by itself.
func hintFor(e *endpoint, err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		alert     tls.AlertError
	)
	switch {
	case errors.As(err, &authority):
		return "set OLLAMA_HEC_CA_FILE to the certificate authority of HEC"
	case errors.As(err, &name):
		return "use a name that the certificate holds in OLLAMA_HEC_URL"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the certificate of HEC, or set this host's clock"
	case errors.As(err, &invalid):
		return "replace the certificate of HEC"
	case errors.As(err, &alert):
		return "set OLLAMA_HEC_CERT_FILE and OLLAMA_HEC_KEY_FILE if HEC asks for a certificate of ours"
	case errors.As(err, &record), errors.Is(err, http.ErrSchemeMismatch):
		return "begin OLLAMA_HEC_URL with http, or enable SSL on HEC"
	case e.heard.Load(), strings.HasPrefix(e.url, "https:"):
	case errors.Is(err, io.EOF), strings.Contains(err.Error(), "malformed HTTP response"):
		return "begin OLLAMA_HEC_URL with https if HEC speaks TLS there"
	}
	return ""
}

// plainError says what is wrong without what changes from one time to the next,
// such as local ports, and without the URL, which is logged beside it.
func plainError(err error) string {
	var (
		u       *url.Error
		dns     *net.DNSError
		op      *net.OpError
		invalid x509.CertificateInvalidError
		timeout net.Error
	)
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no reply in time"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "lookup " + dns.Name + ": no such host"
	case errors.As(err, &dns):
		return "lookup " + dns.Name + ": the name server does not answer as it should"
	case errors.As(err, &op) && op.Err != nil:
		return strings.TrimSpace(op.Op+" "+op.Net) + ": " + plainError(op.Err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return "the certificate is valid from " + invalid.Cert.NotBefore.UTC().Format(time.DateTime) +
			" to " + invalid.Cert.NotAfter.UTC().Format(time.DateTime)
	case errors.As(err, &u):
		return plainError(u.Err)
	case errors.Is(err, io.EOF):
		return "the connection was closed without a reply"
	}
	return err.Error()
}
