package hec

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// proxyError is trouble with a forward proxy rather than with HEC.
type proxyError struct {
	variable string // which named it
	proxy    string // host and port; empty: the variable cannot be read
	value    string // of the variable then, without a password
	status   int    // of its answer to CONNECT; 0: there was none
	err      error
}

func (e *proxyError) Error() string {
	switch {
	case e.proxy == "":
		return fmt.Sprintf("%s: got %q, want the URL of a proxy such as http://proxy:3128", e.variable, e.value)
	case e.status != 0:
		return fmt.Sprintf("the proxy %s answered %d %s", e.proxy, e.status, http.StatusText(e.status))
	}
	return fmt.Sprintf("the proxy %s: %s", e.proxy, plainError(e.err))
}

func (e *proxyError) Unwrap() error { return e.err }

// failure is the trouble as a failure of the endpoint, with a hint. A proxy that cannot
// reach HEC may reach it later; one that refuses does so until somebody changes it.
func (e *proxyError) failure() failure {
	f := failure{reason: e.Error(), hint: proxyHint(e.status, e.variable)}
	switch {
	case e.proxy == "":
		f.pause, f.hint = true, "correct "+e.variable+", or name the host of OLLAMA_HEC_URL in NO_PROXY"
	case e.status != 0:
		f.pause = e.status < 500
	default:
		f.hint = "check " + e.variable + " and the proxy, or name the host of OLLAMA_HEC_URL in NO_PROXY"
	}
	return f
}

// proxyHint is what a person can do about a proxy that answers with that status.
func proxyHint(status int, variable string) string {
	without := ", or name the host of OLLAMA_HEC_URL in NO_PROXY if HEC is reached without " + variable
	switch {
	case status == http.StatusProxyAuthRequired:
		return "give user and password in " + variable + ", as in http://user:password@proxy:3128" + without
	case status >= 500:
		return "check OLLAMA_HEC_URL: the proxy seems not to reach HEC" + without
	}
	return "allow the host and port of OLLAMA_HEC_URL in the proxy" + without
}

// ProxyFor returns the host and port of the forward proxy that the environment
// names for a URL, "" for none, and the variable that does.
func ProxyFor(raw string) (proxy, variable string, err error) {
	u, err := url.Parse(raw)
	if err != nil {
		return "", "", err
	}
	p, err := findProxy(http.ProxyFromEnvironment, &http.Request{URL: u})
	if err != nil || p == nil {
		return "", proxyVariable(u.Scheme), err
	}
	return proxyAddress(p), proxyVariable(u.Scheme), nil
}

// proxyAddress is the host and port of a proxy.
func proxyAddress(p *url.URL) string {
	if p.Port() != "" {
		return p.Host
	}
	port, ok := map[string]string{"https": "443", "socks5": "1080", "socks5h": "1080"}[p.Scheme]
	if !ok {
		port = "80"
	}
	return net.JoinHostPort(p.Hostname(), port)
}

// proxyVariable is the variable of the environment that names the proxy.
func proxyVariable(scheme string) string {
	upper := strings.ToUpper(scheme) + "_PROXY"
	if lower := strings.ToLower(upper); os.Getenv(upper) == "" && os.Getenv(lower) != "" {
		return lower
	}
	return upper
}

// findProxy calls find, and says what is wrong in our words: the value may hold a
// password.
func findProxy(find func(*http.Request) (*url.URL, error), req *http.Request) (*url.URL, error) {
	p, err := find(req)
	if err != nil || p != nil && !usable(p) {
		v := proxyVariable(req.URL.Scheme)
		return nil, &proxyError{variable: v, value: presentable(os.Getenv(v)), err: errors.New("not a URL")}
	}
	return p, nil
}

// usable reports whether a URL can be that of a proxy. What net/http cannot read it
// takes for a host, and then looks for hosts that nobody meant.
func usable(p *url.URL) bool {
	port, err := strconv.ParseUint(cmp.Or(p.Port(), "80"), 10, 16)
	return p.Hostname() != "" && err == nil && port > 0 && (p.Path == "" || p.Path == "/") &&
		slices.Contains([]string{"http", "https", "socks5", "socks5h"}, p.Scheme)
}

// useProxy has a transport use the proxy of the environment, and tell its refusals.
func (e *endpoint) useProxy(t *http.Transport) {
	t.Proxy = func(req *http.Request) (*url.URL, error) { return findProxy(e.client.proxy, req) }
	t.OnProxyConnectResponse = func(_ context.Context, p *url.URL, req *http.Request, res *http.Response) error {
		if res.StatusCode == http.StatusOK {
			return nil
		}
		return &proxyError{
			variable: proxyVariable("https"), proxy: p.Host, status: res.StatusCode, err: errors.New(res.Status),
		}
	}
}

// proxied reports by which proxy requests go in the clear, which can then answer in
// place of HEC; "": none.
func (e *endpoint) proxied(req *http.Request) string {
	if req.URL.Scheme != "http" {
		return ""
	}
	if p, err := e.client.proxy(req); err == nil && p != nil {
		return p.Host
	}
	return ""
}

// asProxyError finds trouble with a proxy in the error of a request.
func (e *endpoint) asProxyError(err error) *proxyError {
	var known *proxyError
	if errors.As(err, &known) {
		return known
	}
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "proxyconnect" || strings.HasPrefix(op.Op, "socks")) {
		err = cmp.Or(op.Err, err)
	} else if !broken(err) {
		return nil
	}
	u := e.cookieURL()
	p, findErr := e.client.proxy(&http.Request{URL: u})
	if findErr != nil || p == nil {
		return nil
	}
	return &proxyError{variable: proxyVariable(u.Scheme), proxy: p.Host, err: err}
}
