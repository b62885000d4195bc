//go:build linux

package realollama

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// request is one request as the access line is to have it.
type request struct {
	Src, Method, Path, Query string
	Status                   int
	API, Operation           string
}

// ask is what a client is to do, and what is to become of it.
type ask struct {
	method, target, body string
	header               map[string]string
	api, operation       string // as ollama:api says
	status               int    // 0: whatever the server answers
	src, query           string // as logged, if not what was sent
	unlogged             bool   // Ollama writes no access line for it
	prompts              []string
}

// client is one user of the server, with an address of its own on loopback and
// one connection, so that its requests are logged in the order in which it made
// them. It is for one goroutine.
type client struct {
	src  string
	base string
	http *http.Client

	made    []request
	prompts []string // texts that the server was to log
	answers []answer
}

// answer is what a client got.
type answer struct {
	ask
	url    *url.URL
	status int
	header http.Header
	body   []byte
}

func newClient(base, src string) *client {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(src)}}
	return &client{src: src, base: base, http: &http.Client{
		Transport:     &http.Transport{DialContext: dialer.DialContext, MaxConnsPerHost: 1, DisableCompression: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       patience,
	}}
}

// do makes the requests in turn and reads the answers to their ends.
func (c *client) do(ctx context.Context, asks ...ask) error {
	for _, a := range asks {
		got, err := c.send(ctx, a)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil {
			return fmt.Errorf("%s %s: %w", a.method, a.target, err)
		}
		if a.status != 0 && a.status != got.StatusCode {
			return fmt.Errorf("%s %s: status %d, want %d: %s", a.method, a.target, got.StatusCode, a.status, body)
		}
		c.answers = append(c.answers, answer{a, got.Request.URL, got.StatusCode, got.Header, body})
	}
	return nil
}

// abort makes a request that is answered in lines, reads some and hangs up.
func (c *client) abort(ctx context.Context, a ask, lines int) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	answer, err := c.send(ctx, a)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	said := bufio.NewScanner(answer.Body)
	for range lines {
		if !said.Scan() {
			return fmt.Errorf("%s %s: ended before it could be aborted: %w", a.method, a.target, said.Err())
		}
	}
	return nil
}

// send makes one request and notes it.
func (c *client) send(ctx context.Context, a ask) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, a.method, c.base+a.target, strings.NewReader(a.body))
	if err != nil {
		return nil, err
	}
	for name, value := range a.header {
		if name == "Host" {
			req.Host = value
		}
		req.Header.Set(name, value)
	}
	answer, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	if !a.unlogged {
		c.made = append(c.made, c.logged(a, req.URL, answer.StatusCode))
	}
	c.prompts = append(c.prompts, a.prompts...)
	return answer, nil
}

func (c *client) logged(a ask, u *url.URL, status int) request {
	r := request{
		Src:       c.src,
		Method:    a.method,
		Path:      u.Path,
		Query:     u.RawQuery,
		Status:    status,
		API:       a.api,
		Operation: a.operation,
	}
	if a.src != "" {
		r.Src = a.src
	}
	if a.query != "" {
		r.Query = a.query
	}
	if r.API == "" {
		r.API, r.Operation = "other", "unknown"
	}
	return r
}
