package hec

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
)

// TLS says whom to trust and who to be.
type TLS struct {
	CAFile            string // certificates to trust instead of the system's
	CertFile, KeyFile string // our own certificate
	SkipVerify        bool
}

// Config reads the files. The errors name the setting.
func (t TLS) Config() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: t.SkipVerify}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
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
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("OLLAMA_HEC_CERT_FILE, OLLAMA_HEC_KEY_FILE: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
