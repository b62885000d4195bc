//go:build linux

package proxies

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// papers are a certificate authority and what it has certified, as files in dir:
// ca.pem, server.pem, client.pem, client.key, and server.pem with its key.
type papers struct {
	dir string
	t   *testing.T
	ca  *x509.Certificate
	key *ecdsa.PrivateKey
}

func newPapers(t *testing.T) *papers {
	t.Helper()
	p := &papers{dir: t.TempDir(), t: t}
	p.ca, p.key = p.certify("ca", &x509.Certificate{
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	p.certify("server", &x509.Certificate{
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost", "127.1"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	p.certify("client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return p
}

// certify writes NAME.pem, NAME.key and NAME.both. Without an authority yet it
// signs itself.
func (p *papers) certify(name string, c *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	p.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	p.must(err)
	c.SerialNumber = big.NewInt(time.Now().UnixNano())
	c.Subject = pkix.Name{CommonName: name}
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := p.ca, p.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	p.must(err)
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	p.must(err)
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	private := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: raw})
	p.must(os.WriteFile(p.file(name+".pem"), cert, 0o600))
	p.must(os.WriteFile(p.file(name+".key"), private, 0o600))
	p.must(os.WriteFile(p.file(name+".both"), append(cert, private...), 0o600))
	parsed, err := x509.ParseCertificate(der)
	p.must(err)
	return parsed, key
}

func (p *papers) file(name string) string { return filepath.Join(p.dir, name) }

func (p *papers) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// listen is how a program listens with TLS, and with certs asks for ours.
func (p *papers) listen(by *program, certs bool) string {
	words := map[*program][2]string{
		nginx: {"ssl_certificate DIR/server.pem; ssl_certificate_key DIR/server.key;",
			" ssl_client_certificate DIR/ca.pem; ssl_verify_client on;"},
		haproxy: {"ssl crt DIR/server.both", " ca-file DIR/ca.pem verify required"},
		caddy: {"tls DIR/server.pem DIR/server.key {\n",
			"client_auth {\nmode require_and_verify\ntrust_pool file DIR/ca.pem\n}\n"},
	}[by]
	text := words[0]
	if certs {
		text += words[1]
	}
	if by == caddy {
		text += "}"
	}
	return strings.ReplaceAll(text, "DIR", p.dir)
}

func TestTLSAtTheFrontEnd(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		r, papers := newRig(t, receiver.Options{Tokens: acking}), newPapers(t)
		f := r.frontTLS(p, papers.listen(p, false), body)
		r.env["URL"], r.env["CA_FILE"] = f.url(), papers.file("ca.pem")
		r.write(1000, 0)
		r.start()
		r.delivered(1)
	})
}

// http to a port that speaks TLS, and the reverse: the hint says how URL begins.
func TestTheOtherScheme(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		for _, tt := range []struct{ name, speaks, given, hint string }{
			{"http to an https port", "https", "http", "OLLAMA_HEC_URL with https"},
			{"https to an http port", "http", "https", "OLLAMA_HEC_URL with http"},
		} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				r, papers := newRig(t, receiver.Options{}), newPapers(t)
				listen := ""
				if tt.speaks == "https" {
					listen = papers.listen(p, false)
				}
				f := r.frontTLS(p, listen, body)
				r.env["URL"], r.env["CA_FILE"] = tt.given+"://"+f.addr, papers.file("ca.pem")
				r.write(1000, 0)
				r.hasty()
				r.start()
				r.says("hint=", tt.hint)
				if r.copies() > 0 {
					t.Error("events came all the same")
				}
				r.env["URL"] = f.url()
				r.restart()
				r.delivered(1)
			})
		}
	})
}

func TestClientCertificateMissing(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		r, papers := newRig(t, receiver.Options{}), newPapers(t)
		f := r.frontTLS(p, papers.listen(p, true), body)
		r.env["URL"], r.env["CA_FILE"] = f.url(), papers.file("ca.pem")
		r.write(1000, 0)
		r.hasty()
		r.start()
		r.says("hint=", "CERT_FILE")
		r.env["CERT_FILE"], r.env["KEY_FILE"] = papers.file("client.pem"), papers.file("client.key")
		r.restart()
		r.delivered(1)
	})
}

var redirecting = map[*program]string{
	nginx:   `location / { return 301 https://splunk.example:8088$request_uri; }`,
	haproxy: `http-request redirect prefix https://splunk.example:8088 code 302`,
	caddy:   `redir https://splunk.example:8088{uri} 308`,
}

// A redirect is not followed: where to is said.
func TestRedirects(t *testing.T) {
	t.Parallel()
	each(t, redirecting, func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{})
		f := r.front(p, body)
		r.write(1000, 0)
		r.start()
		r.says("paused", "https://splunk.example:8088", "hint=")
		f.reload(p.bodyFor)
		r.delivered(1)
	})
}
