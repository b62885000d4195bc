//go:build linux

package harness

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// issuer is a certificate authority.
type issuer struct {
	b    *bench
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func (b *bench) issuer(name string) *issuer {
	i := &issuer{b: b}
	pair := i.issue(name)
	i.cert, i.key = pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey)
	return i
}

// issue returns a certificate for 127.0.0.1 and its key; the first signs itself.
func (i *issuer) issue(name string) tls.Certificate {
	i.b.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	i.b.must(err)
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	parent, signer := i.cert, i.key
	if parent == nil {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	i.b.must(err)
	leaf, err := x509.ParseCertificate(der)
	i.b.must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// demands is what a server asks for that has a certificate of the issuer, and wants one of it.
func (i *issuer) demands() *tls.Config {
	pool := x509.NewCertPool()
	pool.AddCert(i.cert)
	return &tls.Config{
		Certificates: []tls.Certificate{i.issue("splunk")}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}
}

// replace puts a file in the place of another, as a tool that renews certificates does.
func (b *bench) replace(path, kind string, der []byte) {
	b.t.Helper()
	fresh := path + ".new"
	b.must(os.WriteFile(fresh, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
	b.must(os.Rename(fresh, path))
}

func (b *bench) replacePair(dir string, c tls.Certificate) {
	b.t.Helper()
	key, err := x509.MarshalECPrivateKey(c.PrivateKey.(*ecdsa.PrivateKey))
	b.must(err)
	b.replace(filepath.Join(dir, "our.pem"), "CERTIFICATE", c.Certificate[0])
	b.replace(filepath.Join(dir, "our.key"), "EC PRIVATE KEY", key)
}

// HEC gets an authority of another name, and with it another certificate, and asks for one of ours by
// it: the shipper waits for its files to be replaced, and goes on without a restart.
func TestRenewedCertificates(t *testing.T) {
	t.Parallel()
	b := bare(t)
	dir := filepath.Dir(b.dir)
	first, second := b.issuer("first"), b.issuer("second")
	var demands atomic.Pointer[tls.Config]
	demands.Store(first.demands())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	b.server = ServeOn(b.ledger, tls.NewListener(l, &tls.Config{
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return demands.Load(), nil },
	}), receiver.Options{})
	t.Cleanup(func() { b.server.Close() })
	ca := filepath.Join(dir, "ca.pem")
	b.replace(ca, "CERTIFICATE", first.cert.Raw)
	b.replacePair(dir, first.issue("shipper"))
	b.env["URL"], b.env["CA_FILE"] = "https://"+l.Addr().String(), ca
	b.env["CERT_FILE"], b.env["KEY_FILE"] = filepath.Join(dir, "our.pem"), filepath.Join(dir, "our.key")
	b.write("a.log", b.lines("a", 0, 10))
	b.start()
	b.arrived()

	said := func(text string) {
		t.Helper()
		b.eventually(text, func() bool { return strings.Contains(b.shipper.Log(), text) })
	}
	demands.Store(second.demands())
	b.server.SetFault(once(receiver.Fault{Status: 503, Reset: true})) // ends the connection that is kept
	b.append("a.log", b.lines("a", 10, 10))
	said("unknown authority")
	b.replace(ca, "CERTIFICATE", second.cert.Raw)
	said("certificates have changed and are used from now on")
	said("one of another authority is not sent")
	b.replacePair(dir, second.issue("shipper"))
	b.arrived()
	b.exactly()
}

// once is a fault of the first submission alone.
func once(f receiver.Fault) receiver.FaultFunc {
	var had atomic.Bool
	return func(r *receiver.Request) receiver.Fault {
		if r.Endpoint != receiver.EndpointEvent || had.Swap(true) {
			return receiver.Fault{}
		}
		return f
	}
}
