package proxy_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/proxy"
)

var discard = slog.New(slog.DiscardHandler)

// writeCertificate writes a certificate of that name and its key.
func writeCertificate(t *testing.T, certFile, keyFile, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for file, block := range map[string]*pem.Block{
		certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// What is said under TLS is told as if it were plain, and a changed certificate is shown
// without a restart.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, certFile, keyFile, "first")
	s := newStand(t, ollama(), func(o *proxy.Options) {
		config, err := proxy.TLS(certFile, keyFile, o.Log)
		if err != nil {
			t.Fatal(err)
		}
		o.TLS = config
	})
	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true, DisableKeepAlives: true,
	}}
	ask := func() (name string) {
		t.Helper()
		resp, err := client.Post("https://"+s.addr()+"/api/chat", "application/json", strings.NewReader(`{"model":"m"}`))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(body), `"done":true`) || resp.ProtoMajor != 1 {
			t.Errorf("%s %s, %v", resp.Proto, body, err)
		}
		return resp.TLS.PeerCertificates[0].Subject.CommonName
	}
	if name := ask(); name != "first" {
		t.Errorf("the certificate is of %q", name)
	}
	if event := s.event(); event["completion_tokens"] != 5.0 || event["cut"] != nil {
		t.Error(event)
	}

	plain := exchangeRaw(t, s.addr(), request("GET / HTTP/1.1", ""))
	if !strings.HasPrefix(plain, "HTTP/1.0 400 ") || !strings.Contains(plain, "https only") {
		t.Errorf("a client without TLS gets %q", plain)
	}
	c := dial(t, s.addr())
	c.Close() // says nothing

	writeCertificate(t, certFile, keyFile, "the second")
	for ask() != "the second" { // it is looked at once a second
		<-time.After(50 * time.Millisecond)
	}
	if err := os.WriteFile(keyFile, []byte("no key"), 0o600); err != nil {
		t.Fatal(err)
	}
	for !strings.Contains(s.log.String(), "cannot be read, the one before is shown") {
		if name := ask(); name != "the second" {
			t.Fatalf("the certificate is of %q", name)
		}
		<-time.After(50 * time.Millisecond)
	}
	for _, event := range s.events("ollama:api", 2) {
		if event["status"] != 200.0 {
			t.Error(event)
		}
	}
}

// Files that hold no certificate are refused at once.
func TestNoCertificate(t *testing.T) {
	t.Parallel()
	if config, err := proxy.TLS("", "", discard); config != nil || err != nil {
		t.Error(config, err)
	}
	file := filepath.Join(t.TempDir(), "missing.pem")
	if _, err := proxy.TLS(file, file, discard); err == nil || !strings.Contains(err.Error(), "PROXY_CERT_FILE") {
		t.Error(err)
	}
}
