package splunkd

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// ErrNotFound matches the [Error] about an object that does not exist or is not visible.
var ErrNotFound = errors.New("not found")

// Error is a request that splunkd has refused. Its text names the path, the status and
// splunkd's messages.
type Error struct {
	Method, Path string
	Status       int
	Messages     []string
	// Hint says what to do about it; empty: not known.
	Hint string
}

func (e *Error) Error() string {
	text := fmt.Sprintf("%s %s: %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status))
	if len(e.Messages) > 0 {
		text += ": " + strings.Join(e.Messages, "; ")
	}
	if e.Hint != "" {
		text += "; " + e.Hint
	}
	return text
}

// Is reports whether target is ErrNotFound and the object was not found.
func (e *Error) Is(target error) bool {
	return target == ErrNotFound && e.Status == http.StatusNotFound
}

// refusal returns the error for an answer of splunkd. Its messages are in JSON, or in XML if
// splunkd failed before it read which form was asked for. Anything else comes from a proxy
// or another server and is not repeated.
func refusal(method, path string, status int, body []byte) *Error {
	e := &Error{Method: method, Path: path, Status: status}
	var answer struct {
		Messages []struct {
			Text string `json:"text" xml:",chardata"`
		} `json:"messages" xml:"messages>msg"`
	}
	if json.Unmarshal(body, &answer) == nil || xml.Unmarshal(body, &answer) == nil {
		for _, m := range answer.Messages {
			e.Messages = append(e.Messages, strings.Join(strings.Fields(m.Text), " "))
		}
	}
	switch {
	case status == http.StatusUnauthorized:
		e.Hint = "the token is wrong, expired or disabled, or token authentication is off on this Splunk"
	case status/100 == 3:
		e.Hint = "splunkd does not redirect: is this the management port, 8089 by default?"
	case status == http.StatusPaymentRequired:
		e.Hint = "the licence of this Splunk does not allow it"
	}
	return e
}

// capabilities lists what a role needs for the objects below a path, according to splunkd's
// documentation.
var capabilities = []struct{ below, read, write string }{
	{"/storage/passwords", "list_storage_passwords", "edit_storage_passwords or admin_all_objects"},
	{"/data/inputs/http", "list_inputs or edit_token_http", "edit_token_http"},
	{"/saved/searches", "", "schedule_search, and write access to the app"},
	{"/configs/conf-macros", "", "write access to the app"},
}

// explain sets the hint: who was refused, and what their role lacks if that is known.
func (e *Error) explain(who *identity) {
	subject := "the token's user"
	if who != nil {
		subject = fmt.Sprintf("user %s (roles: %s)", who.user, strings.Join(who.roles, ", "))
	}
	need := ""
	if strings.HasSuffix(e.Path, "/acl") {
		need = "ownership of the object or admin_all_objects"
	} else {
		for _, c := range capabilities {
			if strings.Contains(e.Path, c.below) {
				need = c.write
				if e.Method == http.MethodGet {
					need = c.read
				}
			}
		}
	}
	if need == "" {
		e.Hint = subject + " may not do this"
		return
	}
	e.Hint = subject + " needs " + need
}

// identity is the user that splunkd takes us for.
type identity struct {
	user  string
	roles []string
}

const currentContext = "/services/authentication/current-context"

// whoAmI returns the user of the client's credentials, or nil if splunkd does not tell.
func (c *Client) whoAmI(ctx context.Context) *identity {
	e, err := c.getOne(ctx, currentContext)
	if err != nil {
		return nil
	}
	who := &identity{user: text(e.Content["username"])}
	roles, _ := e.Content["roles"].([]any)
	for _, role := range roles {
		who.roles = append(who.roles, text(role))
	}
	slices.Sort(who.roles)
	return who
}

// withHint adds to the error of a failed connection what to do about it. The URL is not
// repeated.
func withHint(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w: give the certificate authority that signed splunkd's certificate", err)
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return fmt.Errorf("%w: it does not speak TLS; is this the management port, 8089 by default?", err)
	}
	return err
}
