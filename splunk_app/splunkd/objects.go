package splunkd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Kind is the kind of an entity.
type Kind uint8

// The kinds.
const (
	Macro Kind = iota
	SavedSearch
)

func (k Kind) String() string {
	return [...]string{"macro", "saved search"}[k]
}

func (k Kind) collection(app string) string {
	if k == Macro {
		return path(app, "configs", "conf-macros")
	}
	return path(app, "saved", "searches")
}

func (k Kind) object(app, name string) string {
	return k.collection(app) + escape([]string{name})
}

// Upsert creates an entity in app or, where it exists, sets the given values and
// leaves the others as they are.
func (c *Client) Upsert(ctx context.Context, app string, k Kind, name string, values url.Values) error {
	form := url.Values{"name": {name}}
	for key, v := range values {
		form[key] = v
	}
	_, err := c.post(ctx, k.collection(app), form)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusConflict {
		_, err = c.post(ctx, k.object(app, name), values)
	}
	return err
}

// Delete deletes an entity. It is no error if there is none.
func (c *Client) Delete(ctx context.Context, app string, k Kind, name string) error {
	err := c.delete(ctx, k.object(app, name))
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// SetEnabled enables or disables a saved search.
func (c *Client) SetEnabled(ctx context.Context, app, name string, on bool) error {
	disabled := "1"
	if on {
		disabled = "0"
	}
	_, err := c.post(ctx, SavedSearch.object(app, name), url.Values{"disabled": {disabled}})
	return err
}

// ACL is how an entity is shared. An empty Sharing leaves it unchanged.
type ACL struct {
	Sharing     string // app or global
	Read, Write []string
}

// SetACL shares an entity that belongs to nobody.
func (c *Client) SetACL(ctx context.Context, app string, k Kind, name string, acl ACL) error {
	_, err := c.post(ctx, k.object(app, name)+"/acl", url.Values{
		"owner":       {"nobody"},
		"sharing":     {acl.Sharing},
		"perms.read":  {strings.Join(acl.Read, ",")},
		"perms.write": {strings.Join(acl.Write, ",")},
	})
	return err
}

// CheckApp returns why entities cannot be stored in app, or nil.
func (c *Client) CheckApp(ctx context.Context, app string) error {
	e, err := c.getOne(ctx, path("", "apps", "local", app))
	switch {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("there is no app %s on this Splunk: install it first or name another, such as search", app)
	case err != nil:
		return err
	case truth(e.Content["disabled"]):
		return fmt.Errorf("the app %s is disabled on this Splunk: enable it first or name another, such as search", app)
	}
	return nil
}

// text returns a JSON value in the form that splunkd takes in a request.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if v {
			return "1"
		}
		return "0"
	case string:
		return v
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		return fmt.Sprint(v)
	}
}

func truth(v any) bool {
	on, _ := boolean(text(v))
	return on
}

// boolean parses the values that splunkd takes for a boolean.
func boolean(s string) (on, ok bool) {
	switch strings.ToLower(s) {
	case "1", "t", "true", "yes", "on":
		return true, true
	case "0", "f", "false", "no", "off":
		return false, true
	}
	return false, false
}
