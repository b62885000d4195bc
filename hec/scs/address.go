package scs

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

// Address is where the service listens.
type Address struct {
	API  *url.URL // of scheme and host
	Auth *url.URL // of the identity provider, likewise
}

// ParseAddress reads where the service is. A domain, such as scp.splunk.com, stands
// for https://api.DOMAIN and https://auth.DOMAIN; with a scheme, or as an IP address,
// it is the address of the API itself, and of the identity provider unless the name
// has a label api in it. Empty is DefaultHost.
func ParseAddress(text string) (Address, error) {
	text = strings.TrimSpace(text)
	exact := strings.Contains(text, "://")
	text = strings.TrimSuffix(text, "/")
	if text == "" {
		text = DefaultHost
	}
	if !exact {
		text = "https://" + text
	}
	u, err := parseHost(text)
	if err != nil {
		return Address{}, err
	}
	if !exact && !local(u) && net.ParseIP(u.Hostname()) == nil && !hasLabel(u.Host, "api") {
		u.Host = "api." + u.Host
	}
	auth := *u
	auth.Host = replaceLabel(u.Host, "api", "auth")
	return Address{API: u, Auth: &auth}, nil
}

// parseHost keeps what it got out of its errors: there may be a password in it.
func parseHost(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Host == "":
		return nil, errors.New("it takes a domain such as scp.splunk.com, or the API's URL without a path")
	case u.User != nil:
		return nil, errors.New("it must not name a user")
	case u.Path != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(text, "?#"):
		return nil, errors.New("nothing may follow the host and its port")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("it must begin with https://")
	case u.Hostname() == "":
		return nil, errors.New("it names no host")
	case u.Scheme == "http" && !local(u):
		return nil, errors.New("http would send the access token in the clear: use https")
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, fmt.Errorf("there is no port %s", port)
		}
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
}

// local reports whether u leads to this machine.
func local(u *url.URL) bool {
	return net.ParseIP(u.Hostname()).IsLoopback() || strings.EqualFold(u.Hostname(), "localhost")
}

func hasLabel(host, label string) bool { return replaceLabel(host, label, "") != host }

// replaceLabel replaces the first label of that name in host.
func replaceLabel(host, label, with string) string {
	labels := strings.Split(host, ".")
	for i, l := range labels {
		if strings.EqualFold(l, label) {
			labels[i] = with
			return strings.Join(labels, ".")
		}
	}
	return host
}

var tenantName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)

// CheckTenant refuses what is no tenant's name: it becomes a part of each path.
func CheckTenant(name string) error {
	if !tenantName.MatchString(name) {
		return fmt.Errorf("got %q, want a tenant's name: letters, digits, dots and hyphens", name)
	}
	return nil
}
