package hec

import (
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The same trouble reads the same each time, or it would be logged each time.
func TestErrorsWithoutWhatChanges(t *testing.T) {
	here := func(port int) net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port} }
	post := func(err error) error { return &url.Error{Op: "Post", URL: "https://splunk:8088/services", Err: err} }
	reset := func(port int) error {
		return &net.OpError{
			Op:     "read",
			Net:    "tcp",
			Source: here(port),
			Addr:   here(8088),
			Err:    os.NewSyscallError("read", syscall.ECONNRESET),
		}
	}
	expired := func(now string) error {
		cert := &x509.Certificate{
			NotBefore: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC),
			NotAfter:  time.Date(2025, 2, 1, 0, 0, 0, 0, time.UTC),
		}
		return x509.CertificateInvalidError{Cert: cert, Reason: x509.Expired, Detail: "current time " + now}
	}
	lookup := func(port int) error {
		return &net.OpError{
			Op:  "dial",
			Net: "tcp",
			Err: &net.DNSError{Err: fmt.Sprintf("read udp 127.0.0.1:%d->127.0.0.53:53: refused", port), Name: "splunk"},
		}
	}
	for _, tt := range []struct {
		one, other error
		says       string
	}{
		{post(reset(40001)), post(reset(40002)), "closed or reset"},
		{fmt.Errorf("read the reply: %w", reset(40001)), fmt.Errorf("read the reply: %w", reset(40002)), "closed or reset"},
		{post(expired("2026-01-01T00:00:01Z")), post(expired("2026-01-01T00:00:02Z")), "to 2025-02-01"},
		{post(lookup(40001)), post(lookup(40002)), "lookup splunk"},
		{post(io.EOF), post(io.EOF), "closed or reset"},
		{post(os.ErrDeadlineExceeded), fmt.Errorf("read: %w", os.ErrDeadlineExceeded), "no reply in time"},
	} {
		one, other := plainError(tt.one), plainError(tt.other)
		if one != other || !strings.Contains(one, tt.says) || strings.Contains(one, "splunk:8088") {
			t.Errorf("%q and %q", one, other)
		}
	}
}

// What a person can do about an endpoint that is not there is said, also while it is waited for: HEC that
// is switched off closes its port.
func TestHintsOnWhatIsNotThere(t *testing.T) {
	for want, err := range map[string]error{
		HintClosed: &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)},
		HintName:   &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "splunk", IsNotFound: true}},
		"":         &net.OpError{Op: "dial", Net: "tcp", Err: os.ErrDeadlineExceeded},
	} {
		if _, hint := Explain(&url.Error{Op: "Post", URL: "https://splunk:8088", Err: err}, true); hint != want {
			t.Errorf("%v: %q, want %q", err, hint, want)
		}
	}
}
