package hec_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/hec"
)

// A renewed authority and a renewed certificate of ours are used without a restart, and
// files that are being replaced do no harm.
func TestRenewedCertificatesAreUsed(t *testing.T) {
	inBubble(t, "delivered", func(t *testing.T) {
		old, renewed := newAuthority(t, "old"), newAuthority(t, "renewed")
		var shown atomic.Pointer[tls.Certificate]
		var asked atomic.Value
		shown.Store(old.issue(t, "splunk"))
		url := serveTLS(t, &tls.Config{
			ClientAuth:     tls.RequestClientCert,
			GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return shown.Load(), nil },
		}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Store(r.TLS.PeerCertificates[0].Subject.CommonName)
			w.Write([]byte(`{"text":"Success","code":0}`))
		}))

		files := hec.TLS{CAFile: "ca.pem", CertFile: "our.pem", KeyFile: "our.key"}
		dir := t.TempDir()
		for _, f := range []*string{&files.CAFile, &files.CertFile, &files.KeyFile} {
			*f = filepath.Join(dir, *f)
		}
		replace(t, files.CAFile, old.pem())
		putPair(t, files, old.issue(t, "first"))
		c, l, _ := client(t, func(cfg *hec.Config) {
			trust, err := files.Follow(cfg.Log)
			if err != nil {
				t.Fatal(err)
			}
			cfg.Trust = trust.Config
		}, url)
		deliver := func(as string) {
			t.Helper()
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil {
				t.Fatal(err)
			}
			if got := asked.Load(); got != as {
				t.Errorf("the client's certificate is %v, want %s", got, as)
			}
		}
		deliver("first")

		putPair(t, files, old.issue(t, "second"))
		deliver("second")

		replace(t, files.CertFile, []byte("half a certif"))
		deliver("second")
		deliver("second")
		if n := strings.Count(l.String(), "cannot be read, going on"); n != 1 || !strings.Contains(l.String(), "hint=") {
			t.Errorf("said %d times that the files cannot be read, want once with a hint:\n%s", n, l)
		}

		// The server has a new authority before we are told of it: it is waited for.
		putPair(t, files, old.issue(t, "third"))
		deliver("third")
		shown.Store(renewed.issue(t, "splunk"))
		time.Sleep(time.Minute) // connections that were kept have ended
		done := make(chan error, 1)
		go func() { done <- c.Deliver(t.Context(), events("e", 1)) }()
		eventually(t, "the new authority is not trusted", func() bool {
			return strings.Contains(l.String(), "unknown authority")
		})
		replace(t, files.CAFile, renewed.pem())
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	})
}

// The configuration is the same one while the files are, for connections are kept by it.
func TestTheSameFilesAreTheSameConfiguration(t *testing.T) {
	files := hec.TLS{CAFile: filepath.Join(t.TempDir(), "ca.pem")}
	replace(t, files.CAFile, newAuthority(t, "one").pem())
	trust, err := files.Follow(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	first := trust.Config()
	if trust.Config() != first {
		t.Error("another configuration, and nothing has changed")
	}
	replace(t, files.CAFile, newAuthority(t, "two").pem())
	if trust.Config() == first {
		t.Error("the same configuration, and the file has changed")
	}
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	a := &authority{key: newKey(t)}
	a.cert = a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}, nil, a.key)
	return a
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a *authority) sign(t *testing.T, c, parent *x509.Certificate, key *ecdsa.PrivateKey) *x509.Certificate {
	t.Helper()
	c.SerialNumber = big.NewInt(1)
	c.NotBefore, c.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	if parent == nil {
		parent = c
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// issue makes a certificate for a server on this machine, or for a client.
func (a *authority) issue(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key := newKey(t)
	cert := a.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.cert, key)
	return &tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func (a *authority) pem() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}

func putPair(t *testing.T, files hec.TLS, pair *tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	replace(t, files.KeyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key}))
	replace(t, files.CertFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]}))
}

// replace puts a new file in place of another, as those who renew certificates do.
func replace(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path+".new", data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}
