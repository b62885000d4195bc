package hec

import (
	"context"
	"fmt"
	"time"
)

// Health is an endpoint's answer to a health check. It shows nothing about the token.
type Health struct {
	OK   bool
	Text string
	Hint string    // what a person can do, where it is not HEC that answers
	Date time.Time // the endpoint's clock; zero: not in the answer
}

// Health asks one of the client's endpoints.
func (c *Client) Health(ctx context.Context, url string) (Health, error) {
	e := c.endpointOf(url)
	if e == nil {
		return Health{}, fmt.Errorf("%s is not an endpoint of this client", url)
	}
	r, err := e.current().health(ctx)
	if err != nil {
		return Health{}, fmt.Errorf("ask for health: %s", e.explain(err))
	}
	h := Health{OK: r.healthVerdict() == accept, Text: r.String(), Date: r.date}
	if !r.hec() || r.token() {
		h.Hint = r.hint()
	}
	return h, nil
}

// explain describes what went wrong with a request.
func (e *endpoint) explain(err error) string {
	if p := e.asProxyError(err); p != nil {
		return p.Error()
	}
	return plainError(err)
}

// Acknowledges reports whether an endpoint gives acknowledgments.
func (c *Client) Acknowledges() bool {
	for _, e := range c.endpoints {
		if e.acks.Load() {
			return true
		}
	}
	return false
}
