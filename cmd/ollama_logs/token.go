package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"ollama-hec/hec"
	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/splunkd"
)

// tokenTimeout bounds one request to splunkd, which is on this host.
const tokenTimeout = 10 * time.Second

// token is the HEC token in splunkd's storage/passwords. It is read again after HEC has
// refused it, so that a new one is used without a restart.
type token struct {
	read func(context.Context) (string, error)
	log  *slog.Logger

	mu      sync.Mutex
	last    string
	refused bool // by HEC, since it was read
}

// openToken reads the token for the one stanza of d.
func openToken(ctx context.Context, d *modinput.Definition, log *slog.Logger) (*token, error) {
	if d.SessionKey == "" || d.ServerURI == "" {
		return nil, errors.New("splunkd gave no session key to read the HEC token with: use output = splunkd")
	}
	c, err := splunkd.New(splunkd.Options{URL: d.ServerURI, SessionKey: d.SessionKey.Reveal(), Timeout: tokenTimeout})
	if err != nil {
		return nil, err
	}
	users := modinput.TokenUsers(&d.Stanzas[0])
	t := &token{log: log, read: func(ctx context.Context) (string, error) { return find(ctx, c, users) }}
	if t.last, err = t.read(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// find returns the token of the first user that has one.
func find(ctx context.Context, c *splunkd.Client, users []string) (string, error) {
	for _, user := range users {
		text, err := c.Password(ctx, modinput.App, modinput.TokenRealm, user)
		if errors.Is(err, splunkd.ErrNotFound) {
			continue
		}
		if err != nil {
			return "", fmt.Errorf("read the HEC token: %w", err)
		}
		text = strings.TrimSpace(text)
		if err := hec.CheckToken(text); err != nil {
			return "", fmt.Errorf("read the HEC token of user %s: %w", user, err)
		}
		return text, nil
	}
	return "", fmt.Errorf("no HEC token: store it in storage/passwords of the app %s, realm %s, user %s",
		modinput.App, modinput.TokenRealm, strings.Join(users, " or "))
}

// Token implements hec.TokenSource. If the token cannot be read again it returns the last
// one. The log counts the repeats of a message, so it may be called often.
func (t *token) Token() (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.refused {
		return t.last, nil
	}
	text, err := t.read(context.Background()) // bounded by the client
	switch {
	case err != nil:
		t.log.Error("the HEC token cannot be read again", "error", err.Error(), "hint", "disable and enable the input")
	case text == t.last:
		t.log.Error("HEC refuses the token", "app", modinput.App, "realm", modinput.TokenRealm,
			"hint", "store a valid one in storage/passwords")
	default:
		t.last, t.refused = text, false
		t.log.Info("HEC token read again")
	}
	return t.last, nil
}

// Rejected notes that HEC has refused the token.
func (t *token) Rejected() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.refused = true
}
