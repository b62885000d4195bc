package hec

import (
	"context"
	"net/http"
	"strings"
	"time"
)

// Receipt is an answered batch whose acknowledgment was still to come, in a
// form that survives a restart.
type Receipt struct {
	Endpoint string    `json:"endpoint"`
	Channel  string    `json:"channel"`
	ID       int64     `json:"id"`
	Posted   time.Time `json:"posted"`
	Cookies  []string  `json:"cookies,omitempty"`
	Single   bool      `json:"single,omitempty"` // the only one of its channel: see spread.go
}

func receiptOf(a *ack) Receipt {
	s := a.session
	r := Receipt{Endpoint: s.endpoint.url, Channel: s.channel, ID: a.id, Posted: a.posted, Single: s.single}
	for _, c := range s.link.jar.Cookies(s.endpoint.cookieURL()) {
		r.Cookies = append(r.Cookies, c.Name+"="+c.Value)
	}
	return r
}

// Recall asks for the acknowledgments of an earlier run until all have come,
// ctx ends, or none can be expected any more: each is asked for at least once,
// however old. came reports for each receipt whether its acknowledgment did.
func (c *Client) Recall(ctx context.Context, receipts []Receipt) (came []bool) {
	came = make([]bool, len(receipts))
	sessions, links := map[[2]string]*session{}, map[[2]string]*link{}
	waiting := make([]*ack, len(receipts))
	for i, r := range receipts {
		key := [2]string{r.Endpoint, r.Channel}
		e := c.endpointOf(r.Endpoint)
		if e == nil {
			continue // no longer configured: cannot be asked
		}
		if sessions[key] == nil {
			way := [2]string{r.Endpoint, strings.Join(r.Cookies, "; ")}
			if links[way] == nil {
				links[way] = newLink(e, cookiesOf(r.Cookies))
			}
			sessions[key] = newSession(e, r.Channel, links[way])
			sessions[key].single = r.Single
		}
		waiting[i] = newAck(sessions[key], r.ID, r.Posted)
		sessions[key].expect(waiting[i])
	}
	for i, a := range waiting {
		if a != nil {
			came[i] = c.acknowledged(ctx, a) == nil
			a.cancel()
		}
	}
	for _, l := range links {
		l.close()
	}
	return came
}

func (c *Client) endpointOf(url string) *endpoint {
	for _, e := range c.endpoints {
		if e.url == url {
			return e
		}
	}
	return nil
}

func cookiesOf(pairs []string) (cs []*http.Cookie) {
	for _, p := range pairs {
		parsed, err := http.ParseCookie(p)
		if err == nil {
			cs = append(cs, parsed...)
		}
	}
	return cs
}
