package hec

import (
	"context"
	"net"
	"net/http"
	"net/url"
)

// SetProxy replaces the proxies of the environment.
func SetProxy(c *Client, proxy func(*http.Request) (*url.URL, error)) { c.proxy = proxy }

// SetDial replaces the network of a client.
func SetDial(c *Client, dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.dial = dial
}
