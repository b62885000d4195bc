// Package splunkd is a client of splunkd's REST API as far as the add-on needs it:
// passwords, macros, saved searches, their sharing, and HEC tokens.
//
// Every call makes one attempt; the caller retries. No error, log or formatted Client
// shows a key, a token or a password. It was written after splunkd's documentation and not
// tried on a live Splunk.
package splunkd

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// maxAnswer bounds the size of an answer.
const maxAnswer = 16 << 20

// Options hold the address of splunkd and the credentials for it.
type Options struct {
	// URL is the management address, such as https://splunk:8089. Plain http
	// is for loopback only.
	URL string
	// SessionKey is what splunkd hands to a modular input, Token what a user
	// creates. Exactly one is given.
	SessionKey string
	Token      string
	// RootCAs or the PEM certificates of CAFile are trusted besides the system's.
	// Without them splunkd's certificate is not verified on loopback, where
	// nobody else listens on its port; anywhere else it always is.
	RootCAs *x509.CertPool
	CAFile  string
	// Timeout is for one request and its answer; 0 is 30 s.
	Timeout time.Duration
}

// Client is safe for concurrent use.
type Client struct {
	base *url.URL
	auth func() string // a function, so that no formatting shows it
	http *http.Client
}

// New checks o; it does not connect.
func New(o Options) (*Client, error) {
	base, err := baseURL(o.URL)
	if err != nil {
		return nil, err
	}
	scheme, secret := "Bearer ", strings.TrimSpace(o.Token)
	if o.SessionKey != "" {
		scheme, secret = "Splunk ", strings.TrimSpace(o.SessionKey)
	}
	if (o.SessionKey == "") == (o.Token == "") || secret == "" {
		return nil, errors.New("splunkd needs a token or a session key, and only one of them")
	}
	tlsConfig, err := verification(base, o)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.TLSClientConfig = tlsConfig
	return &Client{
		base: base,
		auth: func() string { return scheme + secret },
		http: &http.Client{
			Transport: transport,
			Timeout:   cmp.Or(o.Timeout, 30*time.Second),
			// splunkd does not redirect; what does is not splunkd.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(text, "/"))
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("not splunkd's address: it takes a URL such as https://splunk:8089")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("splunkd's address has more than scheme, host, port and path: credentials go into a token")
	case u.Scheme == "http" && !loopback(u):
		return nil, fmt.Errorf("%s would send the token in the clear: use https", u)
	}
	return u, nil
}

func verification(u *url.URL, o Options) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the certificate authority: %w", err)
		}
		if o.RootCAs != nil {
			config.RootCAs = o.RootCAs.Clone() // the caller's stays as it is
		} else if config.RootCAs, err = x509.SystemCertPool(); err != nil {
			config.RootCAs = x509.NewCertPool()
		}
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the certificate authority: no PEM certificate in %s", o.CAFile)
		}
	}
	config.InsecureSkipVerify = config.RootCAs == nil && loopback(u)
	return config, nil
}

func loopback(u *url.URL) bool {
	ip := net.ParseIP(u.Hostname())
	return ip.IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
}

// entry is one object as splunkd describes it.
type entry struct {
	Name    string         `json:"name"`
	Content map[string]any `json:"content"`
	ACL     struct {
		App       string `json:"app"`
		Owner     string `json:"owner"`
		Sharing   string `json:"sharing"`
		Removable *bool  `json:"removable"`
	} `json:"acl"`
}

// get, post and getOne take a path that [path] returned.
func (c *Client) get(ctx context.Context, path string) ([]entry, error) {
	return c.do(ctx, http.MethodGet, path, nil)
}

func (c *Client) post(ctx context.Context, path string, form url.Values) ([]entry, error) {
	return c.do(ctx, http.MethodPost, path, form)
}

func (c *Client) delete(ctx context.Context, path string) error {
	_, err := c.do(ctx, http.MethodDelete, path, nil)
	return err
}

// getOne returns the only entry at a path.
func (c *Client) getOne(ctx context.Context, path string) (*entry, error) {
	entries, err := c.get(ctx, path)
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, &Error{
			Method:   http.MethodGet,
			Path:     path,
			Status:   http.StatusOK,
			Messages: []string{"the answer has no entry"},
		}
	}
	return &entries[0], nil
}

// do makes one request. A refusal is an *[Error].
func (c *Client) do(ctx context.Context, method, path string, form url.Values) ([]entry, error) {
	entries, err := c.attempt(ctx, method, path, form)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusForbidden && path != currentContext {
		e.explain(c.whoAmI(ctx))
	}
	return entries, err
}

func (c *Client) attempt(ctx context.Context, method, path string, form url.Values) ([]entry, error) {
	// In the query: splunkd answers in XML before it has read a form.
	target := c.base.String() + path + "?output_mode=json"
	if method == http.MethodGet {
		target += "&count=0" // all there are, where there are many
	}
	req, err := http.NewRequestWithContext(ctx, method, target, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("%s %s: not a path", method, path)
	}
	req.Header.Set("Authorization", c.auth())
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, withHint(err))
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s %s: read the answer: %w", method, path, err)
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("%s %s: the answer is longer than %d bytes", method, path, maxAnswer)
	case resp.StatusCode/100 != 2:
		return nil, refusal(method, path, resp.StatusCode, body)
	}
	var answer struct {
		Entry []entry `json:"entry"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return nil, fmt.Errorf(
			"%s %s: the answer is not splunkd's: is this the management port, 8089 by default?",
			method,
			path,
		)
	}
	return answer.Entry, nil
}

// path returns the path of names below a namespace, each of them escaped.
func path(app string, parts ...string) string {
	if app == "" {
		return "/services" + escape(parts)
	}
	return "/servicesNS/nobody" + escape(append([]string{app}, parts...))
}

func escape(parts []string) string {
	var out strings.Builder
	for _, part := range parts {
		out.WriteByte('/')
		out.WriteString(strings.ReplaceAll(url.PathEscape(part), ":", "%3A"))
	}
	return out.String()
}
