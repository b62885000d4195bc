package scs

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
)

// hintOf is what a person can do about an error that does not heal by itself.
func hintOf(err error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		dns       *net.DNSError
	)
	switch {
	case errors.As(err, &authority):
		return "set OLLAMA_HEC_CA_FILE to the certificate authority, such as that of a proxy which opens TLS"
	case errors.As(err, &name), errors.As(err, &invalid):
		return "check SCS_HOST, the proxy in front of the service, and this host's clock"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "check SCS_HOST and this host's DNS"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "check SCS_HOST: that address does not speak TLS"
	}
	return ""
}
