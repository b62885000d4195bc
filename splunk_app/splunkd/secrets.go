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

// Password returns the password that storage/passwords of app holds for a user of a realm.
// If it holds none the error matches [ErrNotFound].
func (c *Client) Password(ctx context.Context, app, realm, user string) (string, error) {
	e, err := c.getOne(ctx, passwordPath(app, realm, user))
	if err != nil {
		return "", err
	}
	clear, ok := e.Content["clear_password"].(string)
	if !ok || clear == "" {
		return "", fmt.Errorf(
			"GET %s: the answer has no password: the role needs list_storage_passwords",
			passwordPath(app, realm, user),
		)
	}
	return clear, nil
}

// SetPassword stores a password, in place of the one that was there.
func (c *Client) SetPassword(ctx context.Context, app, realm, user, password string) error {
	form := url.Values{"name": {user}, "realm": {realm}, "password": {password}}
	_, err := c.post(ctx, path(app, "storage", "passwords"), form)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusConflict {
		_, err = c.post(ctx, passwordPath(app, realm, user), url.Values{"password": {password}})
	}
	return err
}

// passwordPath returns the path of a password, which splunkd names realm:user: with the
// colons of realm and user escaped.
func passwordPath(app, realm, user string) string {
	colon := strings.NewReplacer(`\`, `\\`, ":", `\:`)
	return path(app, "storage", "passwords", colon.Replace(realm)+":"+colon.Replace(user)+":")
}

// HECToken is an input of the HTTP Event Collector.
type HECToken struct {
	Name     string
	Token    string // the secret
	Index    string
	ACK      bool
	Disabled bool
	Created  bool // by this call
}

// HECToken returns the token of that name, creating it if there is none. An
// existing one stays as it is, whatever index and ack say. It is a token of this
// instance: for a cluster it is made on the deployer or on each of its members.
func (c *Client) HECToken(ctx context.Context, app, name, index string, ack bool) (*HECToken, error) {
	inputs := path(app, "data", "inputs", "http")
	if t, err := c.FindHECToken(ctx, name); t != nil || err != nil {
		return t, err
	}
	form := url.Values{"name": {name}, "useACK": {"0"}}
	if ack {
		form.Set("useACK", "1")
	}
	if index != "" {
		form.Set("index", index)
	}
	if _, err := c.post(ctx, inputs, form); err != nil {
		return nil, err
	}
	t, err := c.FindHECToken(ctx, name)
	if err != nil {
		return nil, err
	}
	if t == nil || t.Token == "" {
		return nil, fmt.Errorf("POST %s: created, but splunkd does not show the token", inputs)
	}
	t.Created = true
	return t, nil
}

// FindHECToken returns nil if there is no token of that name. It looks through all
// of them, since their names are escaped differently in different releases.
func (c *Client) FindHECToken(ctx context.Context, name string) (*HECToken, error) {
	entries, err := c.get(ctx, path("", "data", "inputs", "http"))
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if strings.TrimPrefix(e.Name, "http://") == name {
			return &HECToken{
				Name:     name,
				Token:    text(e.Content["token"]),
				Index:    text(e.Content["index"]),
				ACK:      truth(e.Content["useACK"]),
				Disabled: truth(e.Content["disabled"]),
			}, nil
		}
	}
	return nil, nil
}

// Collector holds the global settings of the HTTP Event Collector.
type Collector struct {
	Disabled bool
	Port     int
	TLS      bool
}

// Collector returns whether and where HEC listens. While it is disabled no token works.
func (c *Client) Collector(ctx context.Context) (*Collector, error) {
	e, err := c.getOne(ctx, path("", "data", "inputs", "http", "http"))
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(text(e.Content["port"]))
	if err != nil {
		return nil, fmt.Errorf("read the settings of HEC: port is not a number")
	}
	return &Collector{
		Disabled: truth(e.Content["disabled"]),
		Port:     port,
		TLS:      truth(e.Content["enableSSL"]),
	}, nil
}
