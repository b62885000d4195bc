package proxy

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
)

// lookAgain is the least time between two looks at the files of a certificate.
const lookAgain = time.Second

// certificate is read from two files, and again when they change.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu     sync.Mutex
	pair   *tls.Certificate // guarded by mu
	marks  [2]mark          // guarded by mu; of the files that were last read
	looked time.Time        // guarded by mu
}

// mark identifies one version of a file: it changes when the file is written anew.
type mark struct {
	size int64
	at   time.Time
}

// TLS returns what a server needs to show a certificate; nil: no files are given. The errors
// name the setting.
func TLS(certFile, keyFile string, log *slog.Logger) (*tls.Config, error) {
	if certFile == "" && keyFile == "" {
		return nil, nil
	}
	if certFile == "" || keyFile == "" {
		return nil, settings.Invalid("PROXY_CERT_FILE", fmt.Sprintf("got %q, with PROXY_KEY_FILE=%q: "+
			"a certificate and its key belong together: give both or none", certFile, keyFile))
	}
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.readLocked(); err != nil {
		return nil, settings.Invalid("PROXY_CERT_FILE",
			fmt.Sprintf("got %q, with PROXY_KEY_FILE=%q: %v", certFile, keyFile, err))
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.now(time.Now()), nil },
	}, nil
}

// now returns the certificate that the files hold, or the one before if they hold none.
func (c *certificate) now(at time.Time) *tls.Certificate {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.Sub(c.looked) >= lookAgain {
		c.looked = at
		if marks := c.marksNow(); marks != c.marks {
			if err := c.readLocked(); err != nil {
				c.log.Warn("the certificate was changed and cannot be read, the one before is shown",
					"file", c.certFile, "error", err, "hint", "see whether PROXY_CERT_FILE and PROXY_KEY_FILE fit together")
			} else {
				c.log.Info("the certificate was read again", "file", c.certFile)
			}
		}
	}
	return c.pair
}

// readLocked reads both files. If they do not fit, they are not read again until they change.
func (c *certificate) readLocked() error {
	c.marks = c.marksNow()
	pair, err := hec.LoadKeyPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair = &pair
	return nil
}

func (c *certificate) marksNow() (marks [2]mark) {
	for i, file := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(file); err == nil {
			marks[i] = mark{info.Size(), info.ModTime()}
		}
	}
	return marks
}
