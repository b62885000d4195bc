package scs

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"

	"github.com/splunk/splunk-cloud-sdk-go/services/ingest"

	"ollama-hec/hec"
)

// CollectorToken is a token of the tenant's own HTTP Event Collector, as far as it is
// ours to set. Empty values are the service's default.
type CollectorToken struct {
	Name  string
	Index string
	Ack   bool // indexer acknowledgment
}

// tokenName is what the specification takes as the name of a collector token.
var tokenName = regexp.MustCompile(`^[a-z][a-z0-9]{3,35}$`)

// CheckTokenName refuses what the service does not take.
func CheckTokenName(name string) error {
	if !tokenName.MatchString(name) {
		return fmt.Errorf("got %q, want 4 to 36 small letters and digits, a letter first", name)
	}
	return nil
}

// ErrExists means that there is a token of that name already.
var ErrExists = errors.New("there is a collector token of that name")

// Found is a collector token that is there.
type Found struct {
	CollectorToken
	Disabled bool
	Indexes  []string // the only ones it may send to; empty: the service's default
}

// CollectorToken returns the token of that name; nil: there is none.
func (c *Client) CollectorToken(ctx context.Context, name string) (found *Found, err error) {
	err = c.manage(ctx, "find the collector token", func(s *ingest.Service) error {
		t, err := s.GetCollectorToken(name)
		if err != nil {
			return err
		}
		set := CollectorToken{Name: name, Index: or(t.Index), Ack: or(t.AckEnabled)}
		found = &Found{CollectorToken: set, Disabled: or(t.Disabled), Indexes: t.Indexes}
		return nil
	})
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	return found, err
}

// CreateCollectorToken creates a token and returns its value, which the service tells
// only now. ErrExists: somebody has created one of that name.
func (c *Client) CreateCollectorToken(
	ctx context.Context, t CollectorToken, description string,
) (value string, err error) {
	create := ingest.HecTokenCreateRequest{Name: t.Name, Description: &description, AckEnabled: &t.Ack}
	if t.Index != "" {
		create.Index, create.Indexes = &t.Index, []string{t.Index}
	}
	err = c.manage(ctx, "create the collector token", func(s *ingest.Service) error {
		created, err := s.PostCollectorTokens(create)
		if err == nil {
			value = or(created.Token)
		}
		return err
	})
	switch {
	case status(err) == http.StatusConflict:
		return "", ErrExists
	case err == nil && hec.CheckToken(value) != nil:
		return "", errors.New("create the collector token: the reply holds no token")
	}
	return value, err
}

// UpdateCollectorToken has the token that was found be as t says, where t says
// something, and leaves the rest as it is.
func (c *Client) UpdateCollectorToken(ctx context.Context, found *Found, t CollectorToken) error {
	var change ingest.HecTokenUpdateRequest
	if t.Index != "" {
		change.Index = &t.Index
		if len(found.Indexes) > 0 && !slices.Contains(found.Indexes, t.Index) {
			change.Indexes = append(slices.Clone(found.Indexes), t.Index)
		}
	}
	if t.Ack {
		change.AckEnabled = &t.Ack
	}
	return c.manage(ctx, "update the collector token", func(s *ingest.Service) error {
		_, err := s.PutCollectorToken(t.Name, change)
		return err
	})
}

// RemoveCollectorToken removes the token of that name and reports whether there was one.
func (c *Client) RemoveCollectorToken(ctx context.Context, name string) (was bool, err error) {
	err = c.manage(ctx, "remove the collector token", func(s *ingest.Service) error {
		_, err := s.DeleteCollectorToken(name)
		return err
	})
	if status(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil, err
}

// manageError is a request about a collector token that failed.
type manageError struct {
	what, reason, hint string
	status             int // 0: there was no reply
}

func (e *manageError) Error() string {
	text := e.what + ": " + e.reason
	if e.hint != "" {
		text += ": " + e.hint
	}
	return text
}

func status(err error) int {
	var failed *manageError
	if errors.As(err, &failed) {
		return failed.status
	}
	return 0
}

// manage makes one request about collector tokens, again if the access token was
// refused and another one is to be had.
func (c *Client) manage(ctx context.Context, what string, call func(*ingest.Service) error) error {
	with := <-c.callers
	defer func() { c.callers <- with }()
	for renewed := false; ; renewed = true {
		token, err := c.token(ctx)
		if err != nil {
			f := failureOf(err)
			return &manageError{what: what, reason: f.reason, hint: f.hint}
		}
		var said error
		done, err := with.do(ctx, c.cfg.Timeout, token, nil, func(s *ingest.Service) error {
			said = call(s)
			return said
		})
		if err != nil {
			return &manageError{what: what, reason: c.Destination() + ": " + hec.PlainError(err), hint: hintOf(err)}
		}
		r := done.reply
		switch {
		case r.status == http.StatusUnauthorized && !renewed && c.cfg.Credentials.Rejected(token):
		case r.status/100 == 2 && said == nil:
			return nil
		default:
			said := c.Destination() + " answered " + r.String()
			return &manageError{what: what, reason: said, hint: manageHint(r), status: r.status}
		}
	}
}

// manageHint is what a person can do about a refused request.
func manageHint(r *reply) string {
	switch {
	case r.status == http.StatusUnauthorized:
		return checkToken
	case r.status == http.StatusForbidden:
		return "give the access token's owner the permissions ingest.collector.tokens.read, .write and .delete"
	case r.status == http.StatusNotFound:
		return "check SCS_TENANT and SCS_HOST: there is no such tenant there"
	case transient(r.status):
		return "try again"
	case r.status/100 == 3 || r.page || !r.ours && r.status/100 == 2:
		return checkHost
	}
	return ""
}

// or is what a pointer leads to; nil: the zero value.
func or[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
