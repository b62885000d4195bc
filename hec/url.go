package hec

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// ParseURL checks the base URL of an endpoint. What people paste along with it,
// /services/collector and below, is taken off.
func ParseURL(raw string) (string, error) {
	u, err := parseURL(strings.TrimSpace(raw))
	if err != nil {
		return "", fmt.Errorf("%q is not an HEC base URL such as https://splunk:8088: %w", presentable(raw), err)
	}
	path, _, _ := strings.Cut(u.Path, "/services/collector")
	u.Path = strings.TrimSuffix(path, "/")
	u.RawPath, u.Fragment = "", ""
	return u.String(), nil
}

// InTheClear reports whether what is sent to a base URL can be read on the way: it
// begins with http, and its host is not known to be this machine.
func InTheClear(base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return false
	}
	addr, err := netip.ParseAddr(host)
	return err != nil || !addr.Unmap().IsLoopback()
}

// parseURL keeps what it got out of its errors: there may be a password in it.
func parseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case strings.Contains(raw, "?"):
		return nil, errors.New("nothing may follow a ?")
	case err == nil && u.User != nil, err != nil && strings.Contains(raw, "@"):
		return nil, errors.New("it must not name a user")
	case strings.ContainsAny(strings.TrimSpace(raw), " \t\r\n;"):
		return nil, errors.New("several are separated by commas")
	case err != nil:
		return nil, errors.New("it cannot be read as a URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("it must begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("there is no port %s", port)
		}
	}
	return u, nil
}

// presentable keeps a password or a token in a wrong URL out of the message.
func presentable(raw string) string {
	if i := strings.LastIndexByte(raw, '@'); i >= 0 {
		if scheme, _, ok := strings.Cut(raw[:i], "://"); ok && !strings.ContainsAny(scheme, "@:?") {
			return scheme + "://…"
		}
		return "…"
	}
	if i := strings.IndexAny(raw, "?#"); i >= 0 {
		raw = raw[:i]
	}
	return raw
}
