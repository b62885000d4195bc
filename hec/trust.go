package hec

import (
	"crypto/tls"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"sync"
)

// Trust is a TLS configuration whose files are read again when they change: a renewed
// certificate is used without a restart. While what they hold cannot be used, as in the
// middle of being replaced, the last configuration stays.
type Trust struct {
	tls TLS
	log *slog.Logger

	mu     sync.Mutex
	config *tls.Config   // guarded by mu
	read   []os.FileInfo // guarded by mu; the files when config was read
	failed bool          // guarded by mu; what they hold now cannot be used
}

// Follow reads the files. The errors name the setting.
func (t TLS) Follow(log *slog.Logger) (*Trust, error) {
	f := &Trust{tls: t, log: log, read: t.stat()}
	config, err := t.Config()
	if err != nil {
		return nil, err
	}
	f.config = config
	return f, nil
}

// Config returns the configuration that the files give now: the same one until they change.
func (f *Trust) Config() *tls.Config {
	now := f.tls.stat()
	f.mu.Lock()
	defer f.mu.Unlock()
	if slices.EqualFunc(now, f.read, unchanged) {
		return f.config
	}
	config, err := f.tls.Config()
	switch {
	case err == nil:
		f.config, f.read, f.failed = config, now, false
		f.log.Info("certificates have changed and are used from now on")
	case !f.failed:
		f.failed = true
		f.log.Warn("certificates have changed and cannot be read, going on with those before", "error", err,
			"hint", "make the files readable PEM, and the key that of the certificate; it is tried again")
	}
	return f.config
}

// stat describes the files that are set; nil stands for one that is not there.
func (t TLS) stat() (files []os.FileInfo) {
	for _, path := range []string{t.CAFile, t.CertFile, t.KeyFile} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err != nil {
			info = nil
		}
		files = append(files, info)
	}
	return files
}

// unchanged reports whether two descriptions are of one file as it was.
func unchanged(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// Connections are connections with the TLS configuration as it is now: when that changes
// the next request goes on a new one, and those before end as soon as they are idle.
type Connections struct {
	now  func() *tls.Config
	make func(*tls.Config) *http.Transport

	mu      sync.Mutex
	of      *tls.Config     // guarded by mu
	current *http.Transport // guarded by mu
}

// NewConnections returns connections as make makes them. now returns the TLS configuration,
// the same one while it does not change.
func NewConnections(now func() *tls.Config, make func(*tls.Config) *http.Transport) *Connections {
	return &Connections{now: now, make: make}
}

// RoundTrip implements http.RoundTripper.
func (c *Connections) RoundTrip(req *http.Request) (*http.Response, error) {
	return c.transport().RoundTrip(req)
}

func (c *Connections) transport() *http.Transport {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil || now != c.of {
		if c.current != nil {
			c.current.CloseIdleConnections()
		}
		c.of, c.current = now, c.make(now)
	}
	return c.current
}

// CloseIdleConnections closes those that nothing is sent on.
func (c *Connections) CloseIdleConnections() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil {
		c.current.CloseIdleConnections()
	}
}
