package hec

import (
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// TLS names the certificates to trust and the one to present.
type TLS struct {
	CAFile            string // certificates to trust instead of the system's
	CertFile, KeyFile string // the client's certificate, to present
	SkipVerify        bool
	// Fingerprint is the SHA-256 of the one certificate to trust, whoever signed it,
	// whatever names it holds and however old it is; zero: certificates are verified.
	Fingerprint Fingerprint
}

// Fingerprint is the SHA-256 of a certificate in DER.
type Fingerprint [sha256.Size]byte

// ParseFingerprint reads a fingerprint in hex, with or without colons, as openssl writes it.
func ParseFingerprint(text string) (f Fingerprint, err error) {
	plain := text
	if i := strings.LastIndexByte(text, '='); i >= 0 { // sha256 Fingerprint=AB:…
		plain = text[i+1:]
	}
	sum, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(plain))
	if err != nil || len(sum) != len(f) || Fingerprint(sum) == f {
		return f, fmt.Errorf("got %q, want a SHA-256 fingerprint: 64 hex digits, with or without colons", text)
	}
	return Fingerprint(sum), nil
}

// FingerprintOf returns the fingerprint of a certificate.
func FingerprintOf(cert *x509.Certificate) Fingerprint { return sha256.Sum256(cert.Raw) }

// String returns the fingerprint as openssl writes it.
func (f Fingerprint) String() string {
	pairs := make([]string, len(f))
	for i, b := range f {
		pairs[i] = fmt.Sprintf("%02X", b)
	}
	return strings.Join(pairs, ":")
}

// fingerprintError says that another certificate came than the pinned one.
type fingerprintError struct{ got Fingerprint }

func (e *fingerprintError) Error() string {
	return "the certificate is not the one that is pinned, its SHA-256 fingerprint is " + e.got.String()
}

// pinned trusts the one certificate with that fingerprint.
func pinned(f Fingerprint) func(tls.ConnectionState) error {
	return func(s tls.ConnectionState) error {
		got := FingerprintOf(s.PeerCertificates[0])
		if subtle.ConstantTimeCompare(got[:], f[:]) != 1 {
			return &fingerprintError{got}
		}
		return nil
	}
}

// Config reads the files. The errors name the setting.
func (t TLS) Config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.SkipVerify}
	if t.Fingerprint != (Fingerprint{}) {
		if t.CAFile != "" || t.SkipVerify {
			return nil, errors.New("OLLAMA_HEC_TLS_FINGERPRINT is set together with OLLAMA_HEC_CA_FILE or " +
				"OLLAMA_HEC_INSECURE_SKIP_VERIFY: the one certificate that is pinned needs neither, take them away")
		}
		// The certificate is compared instead, in every handshake.
		c.InsecureSkipVerify, c.VerifyConnection = true, pinned(t.Fingerprint)
	}
	if t.CAFile != "" {
		pem, err := ReadSmallFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("OLLAMA_HEC_CA_FILE: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("OLLAMA_HEC_CA_FILE: %s holds no PEM certificate", t.CAFile)
		}
	}
	switch {
	case t.CertFile == "" && t.KeyFile == "":
	case t.KeyFile == "":
		return nil, fmt.Errorf("OLLAMA_HEC_KEY_FILE is not set, and OLLAMA_HEC_CERT_FILE is: they go together")
	case t.CertFile == "":
		return nil, fmt.Errorf("OLLAMA_HEC_CERT_FILE is not set, and OLLAMA_HEC_KEY_FILE is: they go together")
	default:
		pair, err := LoadKeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("OLLAMA_HEC_CERT_FILE, OLLAMA_HEC_KEY_FILE: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// LoadKeyPair reads a certificate and its key (PEM).
func LoadKeyPair(certFile, keyFile string) (tls.Certificate, error) {
	cert, err := ReadSmallFile(certFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	key, err := ReadSmallFile(keyFile)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(cert, key)
}
