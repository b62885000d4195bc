package hec

import (
	"context"
	"errors"
	"net/http"
	"net/url"
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
}

func pendingError(waiting []answered) *PendingError {
	e := new(PendingError)
	for _, a := range waiting {
		s := a.ack.session
		r := Receipt{Endpoint: s.endpoint.url, Channel: s.channel, ID: a.ack.id, Posted: a.ack.posted}
		for _, c := range s.jar.Cookies(s.endpoint.cookieURL()) {
			r.Cookies = append(r.Cookies, c.Name+"="+c.Value)
		}
		e.Receipts = append(e.Receipts, r)
	}
	return e
}

// Recall asks for the acknowledgments of an earlier run until all have come,
// ctx ends, or none can be expected any more: each is asked for at least once,
// however old. came reports for each receipt whether its acknowledgment did.
func (c *Client) Recall(ctx context.Context, receipts []Receipt) (came []bool) {
	came = make([]bool, len(receipts))
	sessions := map[[2]string]*session{}
	waiting := make([]*ack, len(receipts))
	for i, r := range receipts {
		key := [2]string{r.Endpoint, r.Channel}
		e := c.endpointOf(r.Endpoint)
		if e == nil {
			continue // no longer configured: cannot be asked
		}
		if sessions[key] == nil {
			sessions[key] = newSession(e, r.Channel, cookiesOf(r.Cookies))
		}
		waiting[i] = sessions[key].expect(r.ID)
		waiting[i].posted = r.Posted
	}
	for i, a := range waiting {
		if a != nil {
			came[i] = c.recall(ctx, a)
			a.forget()
		}
	}
	for _, s := range sessions {
		s.close()
	}
	return came
}

// recall waits for one acknowledgment as long as it can be expected.
func (c *Client) recall(ctx context.Context, a *ack) (came bool) {
	timeout := time.NewTimer(time.Until(a.posted.Add(c.cfg.AckTimeout)))
	defer timeout.Stop()
	var hopeless <-chan struct{} // once it is too old
	for {
		select {
		case <-a.done:
			return true
		case <-timeout.C:
			hopeless = a.asked
		case <-hopeless:
			return false
		case <-ctx.Done():
			select {
			case <-a.done:
				return true
			default:
				return false
			}
		}
	}
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

// plainError takes the URL out of an HTTP error: it is logged beside it.
func plainError(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		if u.Timeout() {
			return "no reply in time"
		}
		err = u.Err
	}
	return err.Error()
}
