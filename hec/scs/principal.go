package scs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/splunk/splunk-cloud-sdk-go/idp"

	"ollama-hec/hec"
)

const (
	// tokenPath is that of the SDK's identity client (defaultTokenPath in idp/idp.go).
	tokenPath = "/token"
	// renewBefore is how long before its end a token is replaced, as the SDK does it.
	renewBefore = time.Minute
	// tokenReplyMax is more than any reply with a token has.
	tokenReplyMax = 64 << 10
)

// Principal is a service principal: it gets an access token from the identity provider
// by its secret (the client credentials flow of OAuth 2.0, RFC 6749, section 4.4) and
// a new one before that ends, or once it is refused.
//
// It sends what ClientFlow of the SDK's package idp sends, over connections of ours:
// those of the SDK have no timeout, know no proxy and trust no authority but the
// system's.
type Principal struct {
	id, scope string
	secret    hec.TokenSource
	address   string // of the identity provider

	turn  chan struct{} // holds one while a token is asked for; guards what follows
	token string        // empty: none
	until time.Time     // replaced from then on; zero: not before it is refused
}

// NewPrincipal returns the principal of that id. The secret is read whenever a token is
// needed, so that it can be rotated.
func NewPrincipal(id string, secret hec.TokenSource, scope string, a Address) *Principal {
	return &Principal{id: id, secret: secret, scope: scope, address: a.Auth.String(), turn: make(chan struct{}, 1)}
}

// Token returns the token there is, or a new one. One caller asks, the others wait.
func (p *Principal) Token(ctx context.Context, t http.RoundTripper) (string, error) {
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if p.token != "" && (p.until.IsZero() || time.Now().Before(p.until)) {
		return p.token, nil
	}
	granted, err := p.ask(ctx, t)
	if err != nil {
		return "", err
	}
	p.token, p.until = granted.AccessToken, renewal(time.Now(), granted.ExpiresIn)
	return p.token, nil
}

// Rejected forgets the token, if it is still in use.
func (p *Principal) Rejected(token string) bool {
	p.turn <- struct{}{} // asking is over in time: it has the timeout of a request
	defer func() { <-p.turn }()
	if p.token == token {
		p.token = ""
	}
	return true
}

// renewal is when to replace a token that is valid for so many seconds; zero: not
// before it is refused.
func renewal(now time.Time, seconds int) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	valid := time.Duration(seconds) * time.Second
	return now.Add(max(valid-renewBefore, valid/2))
}

// ask gets a new token.
func (p *Principal) ask(ctx context.Context, t http.RoundTripper) (*idp.Context, error) {
	secret, err := p.secret.Token()
	if err != nil {
		return nil, &credentialsError{reason: err.Error(), hint: "make SCS_PRINCIPAL_SECRET_FILE readable", pause: true}
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {p.scope}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.address+tokenPath, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(p.id, secret)
	resp, err := t.RoundTrip(req) // without a client: a redirect is not followed
	if err != nil {
		if ctx.Err() != nil && errors.Is(context.Cause(ctx), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, &credentialsError{reason: p.unanswered(err), hint: hintOf(err)}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(io.LimitReader(resp.Body, tokenReplyMax))
	if err != nil {
		return nil, &credentialsError{reason: p.unanswered(err)}
	}
	return p.granted(resp.StatusCode, text, secret)
}

func (p *Principal) unanswered(err error) string {
	return "ask " + p.address + " for an access token: " + hec.PlainError(err)
}

// granted judges the identity provider's answer.
func (p *Principal) granted(status int, text []byte, secret string) (*idp.Context, error) {
	granted := new(idp.Context)
	parsed := json.Unmarshal(text, granted) == nil
	switch {
	case status == http.StatusOK && parsed && hec.CheckToken(granted.AccessToken) == nil:
		return granted, nil
	case status == http.StatusOK:
		return nil, &credentialsError{
			reason: p.address + " answered 200 without an access token", hint: "check SCS_HOST", pause: true,
		}
	}
	var said struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	_ = json.Unmarshal(text, &said) // what is no JSON says nothing
	failed := &credentialsError{reason: fmt.Sprintf("%s answered %d %s", p.address, status, http.StatusText(status))}
	for _, more := range []string{said.Error, said.Description} {
		if more != "" {
			failed.reason += ", " + hec.Excerpt(more, secret)
		}
	}
	if !transient(status) {
		failed.pause, failed.hint = true, "check SCS_PRINCIPAL, SCS_PRINCIPAL_SECRET_FILE and SCS_HOST"
	}
	return nil, failed
}

// transient reports whether a status means that the same may succeed later.
func transient(status int) bool {
	return status == http.StatusRequestTimeout || status == http.StatusTooManyRequests || status >= 500
}
