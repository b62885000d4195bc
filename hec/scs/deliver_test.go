package scs

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/scs/scstest"
)

// The service refuses what is beyond its limits: that nothing is split says that no
// request was.
func TestRequestsStayWithinTheLimits(t *testing.T) {
	for name, texts := range map[string][]string{
		"many": lines(2*MaxEvents+1, 10), "long": lines(40, 100_000), "both": lines(1200, 2000),
		"escapes": {strings.Repeat("\x01", 170_000), strings.Repeat("\x01", 170_000)}, "none": nil,
	} {
		t.Run(name, func(t *testing.T) {
			s := scstest.Start(t)
			c, kept := open(t, s, nil)
			deliver(t, c, batchOf(texts...))
			arrived(t, s, texts)
			for _, r := range s.Requests("postEvents") {
				if len(r.Body) > MaxBytes {
					t.Errorf("a request has %d bytes", len(r.Body))
				}
			}
			if replies := c.Stats().Replies; replies["http_200"] != int64(len(s.Requests("postEvents"))) ||
				kept.count() > 0 {
				t.Errorf("replies %v, dead letters %d", replies, kept.count())
			}
		})
	}
}

// What heals by itself, and what a person corrects, is sent until it is accepted, each
// event once.
func TestNothingIsLost(t *testing.T) {
	const events = "postEvents"
	for name, f := range map[string]scstest.Fault{
		"busy":                         {Status: 503},
		"too many requests":            {Status: 429},
		"internal error":               {Status: 500},
		"taken, and an internal error": {Status: 500, Take: true},
		"gateway":                      {Status: 502, Body: "<html>bad gateway</html>"},
		"gateway timeout, taken":       {Status: 504, Body: "", Take: true},
		"cut before":                   {Drop: true},
		"cut after":                    {Drop: true, Take: true},
		"no reply":                     {Hang: true},
		"no reply, taken":              {Hang: true, Take: true},
		"too large for a proxy":        {Status: 413, Body: "<html>too large</html>"},
		"not authorized":               {Status: 401},
		"forbidden":                    {Status: 403},
		"no such tenant":               {Status: 404},
		"a page":                       {Status: 200, Body: "<html>welcome</html>"},
		"a page, taken":                {Status: 200, Body: "<html>welcome</html>", Take: true},
		"nothing":                      {Status: 204, Body: " "},
		"another object":               {Status: 200, Body: `{"status":"ok"}`},
		"an array":                     {Status: 200, Body: `[]`},
		"text":                         {Status: 200, Body: `OK`},
		"not all":                      {Status: 200, Code: "SUCCESS", Details: map[string]any{"failedEvents": []any{map[string]any{"index": 1}}}},
		"a redirect":                   {Status: 307, Header: http.Header{"Location": {"/elsewhere"}}},
		"a redirect to GET":            {Status: 302, Header: http.Header{"Location": {"/elsewhere"}}},
		"a proxy's own 400":            {Status: 400, Body: "<html>plain HTTP to TLS port</html>"},
		"an unknown status":            {Status: 418},
		"not acceptable":               {Status: 422},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scstest.Start(t)
			s.SetFault(scstest.First(1, events, f))
			c, kept := open(t, s, func(cfg *Config) { cfg.Timeout = 2 * time.Second })
			texts := lines(10, 10)
			deliver(t, c, batchOf(texts...))
			arrived(t, s, texts)
			if kept.count() > 0 {
				t.Errorf("%d dead letters: %+v", kept.count(), kept.kept[0].Reason)
			}
			if len(s.Requests(events)) < 2 {
				t.Error("the fault did not come to pass")
			}
		})
	}
}

// A reply that the specification allows, all of whose members may be missing, is one.
func TestAnEmptyReplyOfTheServiceIsASuccess(t *testing.T) {
	for _, body := range []string{`{}`, `{"details":{}}`, `{"code":"SUCCESS"}`, `{"message":"ok","requestId":"7"}`, "{\"code\":1017}\n"} {
		s := scstest.Start(t)
		s.SetFault(scstest.First(1, "postEvents", scstest.Fault{Status: 200, Body: body, Take: true}))
		c, _ := open(t, s, nil)
		deliver(t, c, batchOf("one"))
		if n := len(s.Requests("postEvents")); n != 1 {
			t.Errorf("%s: %d requests", body, n)
		}
	}
}

func TestRetryAfterIsHeeded(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.First(1, "postEvents", scstest.Fault{Status: 429, Header: http.Header{"Retry-After": {"2"}}}))
	c, _ := open(t, s, nil)
	began := time.Now()
	deliver(t, c, batchOf("one"))
	if waited := time.Since(began); waited < 2*time.Second {
		t.Errorf("waited %v", waited)
	}
}

func TestFailFastEndsWhereAPersonIsNeeded(t *testing.T) {
	for name, tt := range map[string]struct {
		fault scstest.Fault
		hint  string
	}{
		"token":           {scstest.Fault{Status: 401}, "SCS_TOKEN_FILE"},
		"permission":      {scstest.Fault{Status: 403}, "ingest.events.write"},
		"tenant":          {scstest.Fault{Status: 404}, "SCS_TENANT"},
		"not the service": {scstest.Fault{Status: 200, Body: "<html>"}, "SCS_HOST"},
		"redirect":        {scstest.Fault{Status: 302, Body: " ", Header: http.Header{"Location": {"https://127.0.0.1:1/"}}}, "SCS_HOST"},
	} {
		s := scstest.Start(t)
		s.SetFault(scstest.Always("postEvents", tt.fault))
		c, _ := open(t, s, func(cfg *Config) { cfg.FailFast = true })
		var config *hec.ConfigError
		if err := c.Deliver(t.Context(), batchOf("one")); !errors.As(err, &config) ||
			!strings.Contains(config.Hint, tt.hint) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A batch that is given up while the request is out may have arrived; sent again, its
// events are dropped by their ids.
func TestABatchGivenUpIsSentAgainWithItsIDs(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.First(1, "postEvents", scstest.Fault{Hang: true, Take: true}))
	c, _ := open(t, s, nil)
	b := batchOf(lines(10, 10)...)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Deliver(ctx, b) }()
	for len(s.Requests("postEvents")) == 0 {
		<-time.After(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	deliver(t, c, b)
	arrived(t, s, lines(10, 10))
}

// A redirect could lead anywhere: neither events nor token follow it.
func TestARedirectIsNotFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		s, other := scstest.Start(t), scstest.Start(t)
		to := other.URL + "/" + scstest.Tenant + "/ingest/v1beta2/events"
		s.SetFault(scstest.Always("postEvents", scstest.Fault{Status: status, Header: http.Header{"Location": {to}}}))
		c, _ := open(t, s, func(cfg *Config) { cfg.FailFast = true })
		var config *hec.ConfigError
		if err := c.Deliver(t.Context(), batchOf("one")); !errors.As(err, &config) {
			t.Errorf("%d: got %v", status, err)
		}
		if n := len(other.Requests("postEvents")); n > 0 {
			t.Errorf("%d: %d requests went elsewhere", status, n)
		}
	}
}

// One who tries whether the tenant takes events again, and is told to stop, leaves it
// to the next.
func TestAStopWhileTrying(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(func(r *scstest.Request) *scstest.Fault {
		switch r.N {
		case 0:
			return &scstest.Fault{Status: 503}
		case 1:
			return &scstest.Fault{Hang: true}
		}
		return nil
	})
	c, _ := open(t, s, nil)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Deliver(ctx, batchOf("one")) }()
	for len(s.Requests("postEvents")) < 2 {
		<-time.After(time.Millisecond)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	deliver(t, c, batchOf("two"))
	arrived(t, s, []string{"two"})
}
