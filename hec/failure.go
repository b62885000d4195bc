package hec

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
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
	kind   string // failures of one kind count as the same trouble; empty: those of the same reason do
	hint   string // what a person can do; empty where it heals by itself
	pause  bool   // configuration
	doubt  bool   // it may have been taken
	stop   bool   // as pause, and trying again cannot help
	slow   bool   // a gateway waited in vain for the answer

	unclear bool // there was no answer, and it may have been taken
	after   time.Duration
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

// failureOf says why there was no reply. sent: there was a connection.
func failureOf(e *endpoint, err error, sent bool) failure {
	var token *tokenError
	if errors.As(err, &token) {
		return failure{reason: err.Error(), hint: "make TOKEN_FILE readable", pause: true}
	}
	if p := e.asProxyError(err); p != nil {
		f := p.failure()
		f.unclear = sent
		return f
	}
	reason, hint := Explain(err, strings.HasPrefix(e.url, "https:"))
	if hint == "" && broken(err) && !e.heard.Load() {
		hint = e.hintForSilence(sent)
	}
	// What has the same hint is one cause, whichever sign came first.
	return failure{reason: reason, kind: hint, hint: hint, unclear: sent}
}

// refusal is the failure that a reply means.
func refusal(r *reply) failure {
	// Its text may tell the time: the same code is the same trouble.
	f := failure{reason: r.String(), kind: r.key(), after: r.retryAfter, slow: r.slow()}
	f.unclear = !r.hec() && r.ambiguous()
	if r.asks != "" {
		f.kind = r.asks
	}
	switch r.verdict() {
	case retry:
		if r.proxy != "" && !r.hec() {
			f.hint = proxyHint(r.status, proxyVariable("http"))
		}
	case doubt:
		f.hint, f.pause, f.doubt = r.hint(), true, true
	case stop:
		f.hint, f.pause, f.stop = r.hint(), true, true
	default: // pause, and a code that makes no sense here
		f.hint, f.pause = r.hint(), true
	}
	return f
}

// What a person can do, where several signs mean the same.
const (
	hintHTTPS = "begin OLLAMA_HEC_URL with https if HEC speaks TLS there"
	hintHTTP  = "begin OLLAMA_HEC_URL with http, or enable SSL on HEC"
	hintCert  = "set OLLAMA_HEC_CERT_FILE and OLLAMA_HEC_KEY_FILE: a certificate of ours is asked for, " +
		"by an authority that the other side names (one of another authority is not sent)"
)

// HintClosed is what a person can do where nothing listens: Splunk closes the port of HEC while HEC is
// switched off.
const HintClosed = "enable HEC in Splunk (Settings, Data inputs, HTTP Event Collector, Global Settings, " +
	"All Tokens: Enabled), open the firewall, or correct the port in OLLAMA_HEC_URL"

// HintName is what a person can do where the name of HEC leads nowhere.
const HintName = "correct OLLAMA_HEC_URL, or this host's DNS"

// HintHandshake is what a person can do where a TLS handshake ends without an alert.
const HintHandshake = "look at what ends the TLS handshake there, " +
	"or begin OLLAMA_HEC_URL with http if HEC does not speak TLS"

// hintForSilence is what a person can do about an endpoint that has never answered
// anything and closes each connection.
func (e *endpoint) hintForSilence(sent bool) string {
	switch {
	case strings.HasPrefix(e.url, "http:"):
		return hintHTTPS
	case e.certAsked.Load():
		return hintCert
	case !sent: // in the handshake
		return HintHandshake
	}
	return ""
}

// broken reports whether a connection was closed or reset, whichever way it shows.
func broken(err error) bool {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || isReset(err) {
		return true
	}
	// net/http's own, which it does not export.
	text := err.Error()
	_, cut, _ := strings.Cut(text, `malformed HTTP response "`)
	cut = strings.TrimSuffix(cut, `"`)
	return cut != "" && strings.HasPrefix("HTTP/1.1 ", cut) || strings.Contains(text, "server closed idle connection")
}

// answersInTLS reports whether what came back to plain HTTP is a TLS alert.
func answersInTLS(err error) bool {
	return strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`)
}

// Explain describes in plain words what went wrong with a request, without parts that
// change from one time to the next, and gives a hint where a person can do something.
func Explain(err error, https bool) (reason, hint string) {
	return plainError(err), hintFor(err, https)
}

// hintFor is what a person can do about an error that does not heal by itself.
func hintFor(err error, https bool) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
		pin       *fingerprintError
		dns       *net.DNSError
	)
	switch {
	case isRefused(err):
		return HintClosed
	case errors.As(err, &dns) && dns.IsNotFound:
		return HintName
	case errors.As(err, &pin):
		return "if the certificate of HEC was renewed, set OLLAMA_HEC_TLS_FINGERPRINT to the new fingerprint; " +
			"else somebody stands between"
	case errors.As(err, &authority):
		return "set OLLAMA_HEC_CA_FILE to the certificate authority of HEC" + issuer(authority.Cert) +
			", or OLLAMA_HEC_TLS_FINGERPRINT to the fingerprint of this one certificate"
	case errors.As(err, &name) && nameless(name.Certificate):
		return "the certificate holds no name that can be compared (no subject alternative name), so no CA_FILE makes it " +
			"valid: replace it, or set OLLAMA_HEC_TLS_FINGERPRINT to its fingerprint"
	case errors.As(err, &name):
		return "use a name that the certificate holds in OLLAMA_HEC_URL"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "renew the certificate of HEC, or set this host's clock"
	case errors.As(err, &invalid):
		return "replace the certificate of HEC"
	case https && (errors.As(err, &record) || errors.Is(err, http.ErrSchemeMismatch)):
		return hintHTTP
	case !https && answersInTLS(err):
		return hintHTTPS
	}
	return alertHint(alertOf(err))
}

// issuer names who has signed a certificate.
func issuer(cert *x509.Certificate) string {
	if cert == nil || cert.Issuer.CommonName == "" {
		return ""
	}
	return fmt.Sprintf(", which is %q (if it is set, it holds another)", cert.Issuer.CommonName)
}

// nameless reports whether a certificate has no name that is still compared: the common
// name is not.
func nameless(cert *x509.Certificate) bool {
	return cert != nil && len(cert.DNSNames)+len(cert.IPAddresses) == 0
}

// alertOf is the TLS alert that the other side sent, in words; "": none.
func alertOf(err error) string {
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" || op.Err == nil {
		return ""
	}
	return strings.TrimPrefix(op.Err.Error(), "tls: ")
}

// alertHint is what a person can do about a TLS alert (RFC 8446, section 6).
func alertHint(alert string) string {
	switch alert {
	case "":
		return ""
	case "certificate required", "bad certificate", "no certificate":
		return hintCert
	case "handshake failure":
		return "set OLLAMA_HEC_CERT_FILE and OLLAMA_HEC_KEY_FILE if a certificate of ours is asked for; " +
			"otherwise nothing that both sides support is left: look at HEC's TLS settings"
	case "protocol version not supported":
		return "enable TLS 1.2 or later on HEC"
	case "unrecognized name":
		return "use a name in OLLAMA_HEC_URL that HEC has a certificate for"
	}
	return "look at the certificate in OLLAMA_HEC_CERT_FILE, if one is asked for: the other side does not accept it"
}

// plainError describes an error without parts that change from one time to the next,
// such as local ports, and without the URL, which is logged beside it. A connection
// that ends without a reply is the same trouble however it ends.
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
	case broken(err):
		return "the connection was closed or reset without a reply"
	case answersInTLS(err):
		return "the answer is TLS, not HTTP"
	case alertOf(err) != "":
		return "TLS alert: " + alertOf(err)
	case errors.As(err, &op) && op.Err != nil:
		return strings.TrimSpace(op.Op+" "+op.Net) + ": " + plainError(op.Err)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired && invalid.Cert != nil:
		return "the certificate is valid from " + invalid.Cert.NotBefore.UTC().Format(time.DateTime) +
			" to " + invalid.Cert.NotAfter.UTC().Format(time.DateTime)
	case errors.As(err, &u):
		return plainError(u.Err)
	}
	return strings.TrimPrefix(err.Error(), "net/http: HTTP/1.x transport connection broken: ")
}
