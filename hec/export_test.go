package hec

import (
	"context"
	"net"
)

// SetDial replaces the network of a client.
func SetDial(c *Client, dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.dial = dial
}
