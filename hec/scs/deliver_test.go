package scs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/scs/scstest"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// letters keeps dead letters in memory.
type letters struct {
	mu   sync.Mutex
	full bool
	kept []hec.DeadLetter
}

func (l *letters) Put(letter hec.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return errors.New("no space left on device")
	}
	l.kept = append(l.kept, letter)
	return nil
}

func (l *letters) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept)
}

// open returns a client of s, changed as asked for, and its dead letters.
func open(t testing.TB, s *scstest.Service, change func(*Config)) (*Client, *letters) {
	t.Helper()
	address, err := ParseAddress(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	kept := new(letters)
	cfg := Config{
		Tenant: scstest.Tenant, Address: address, Credentials: AccessToken{hec.StaticToken(scstest.AccessToken)},
		DeadLetters: kept, Log: slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&cfg)
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, kept
}

func lines(n, size int) (texts []string) {
	for i := range n {
		texts = append(texts, fmt.Sprintf("%d %s", i, strings.Repeat("x", size)))
	}
	return texts
}

func batchOf(texts ...string) *batch.Batch {
	enc := NewEnvelope(hec.Origin{Host: "h", Source: "s"})
	b := batch.NewBuilder(batch.Limits{}, true)
	for _, text := range texts {
		b.Add(enc, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e18}, Body: []byte(text)})
	}
	return b.Take()
}

// deliver fails the test if delivery does or does not end in an error.
func deliver(t *testing.T, c *Client, b *batch.Batch) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := c.Deliver(ctx, b); err != nil {
		t.Fatal(err)
	}
}

// arrived compares what the service kept with texts, in their order.
func arrived(t *testing.T, s *scstest.Service, want []string) {
	t.Helper()
	kept, _ := s.Events()
	if got := scstest.Texts(kept); !slices.Equal(got, want) {
		t.Errorf("%d events came, want %d, or they are not the same", len(got), len(want))
	}
}

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

// An event that is too large by itself becomes a dead letter; its neighbours arrive.
func TestTooLargeAnEvent(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, nil)
	deliver(t, c, batchOf("before", strings.Repeat("x", MaxBytes+1), "after"))
	arrived(t, s, []string{"before", "after"})
	if kept.count() != 1 ||
		!strings.HasPrefix(
			string(kept.kept[0].Event),
			`{"time":1000000000,"host":"h","source":"s","sourcetype":"ollama:server","event":"xxx`,
		) {
		t.Errorf("%d dead letters", kept.count())
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

// Events that the service names become dead letters, with its reason; the others arrive
// in order.
func TestEventsThatAreNamedAreRejected(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, nil)
	texts := lines(500, 10)
	texts[0], texts[123], texts[124], texts[499] = "", "", "", "" // the service takes no empty body
	deliver(t, c, batchOf(texts...))
	arrived(t, s, slices.DeleteFunc(slices.Clone(texts), func(s string) bool { return s == "" }))
	if kept.count() != 4 || !strings.Contains(kept.kept[1].Reason, "Event body cannot be empty") ||
		kept.kept[1].Code != 400 {
		t.Errorf("%d dead letters: %+v", kept.count(), kept.kept)
	}
	if n := len(s.Requests("postEvents")); n > 5 {
		t.Errorf("%d requests", n)
	}
}

// A bad event that nobody names is found by halves.
func TestABadEventIsFound(t *testing.T) {
	for name, details := range map[string]any{
		"no details": nil,
		"not one of ours": map[string]any{"failedEvents": []any{
			map[string]any{"index": 1000, "message": "?"}, map[string]any{"index": -1, "message": "?"}}},
		"no list": map[string]any{"failedEvents": "all"},
	} {
		t.Run(name, func(t *testing.T) {
			s := scstest.Start(t)
			s.SetFault(func(r *scstest.Request) *scstest.Fault {
				if strings.Contains(string(r.Body), "poison") {
					return &scstest.Fault{Status: 400, Code: "INVALID_DATA", Details: details}
				}
				return nil
			})
			c, kept := open(t, s, nil)
			texts := lines(300, 10)
			deliver(t, c, batchOf(slices.Insert(slices.Clone(texts), 200, "poison")...))
			arrived(t, s, texts)
			if kept.count() != 1 || !strings.Contains(string(kept.kept[0].Event), "poison") {
				t.Errorf("%d dead letters", kept.count())
			}
		})
	}
}

// So many rejections in a row mean that something else is wrong: delivery waits.
func TestNotEverythingBecomesADeadLetter(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.Always("postEvents", scstest.Fault{Status: 400, Code: "INVALID_DATA"}))
	c, kept := open(t, s, func(cfg *Config) { cfg.FailFast = true })
	texts := lines(300, 10)
	var config *hec.ConfigError
	if err := c.Deliver(t.Context(), batchOf(texts...)); !errors.As(err, &config) ||
		!strings.Contains(config.Reason, "100 events in a row") {
		t.Errorf("got %v", err)
	}
	if kept.count() != streakMax {
		t.Errorf("%d dead letters", kept.count())
	}
}

// An event that cannot be kept as a dead letter is not forgotten.
func TestARejectedEventThatCannotBeKept(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, nil)
	kept.full = true
	done := make(chan error, 1)
	go func() { done <- c.Deliver(t.Context(), batchOf("one", "", "two")) }()
	for {
		if ok, why := c.Ready(); !ok {
			if !strings.Contains(why, "no space left") || !strings.Contains(why, "cannot be kept") {
				t.Errorf("it is not ready because %s", why)
			}
			break
		}
		<-time.After(time.Millisecond)
	}
	kept.mu.Lock()
	kept.full = false
	kept.mu.Unlock()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	arrived(t, s, []string{"one", "two"})
	if kept.count() != 1 {
		t.Errorf("%d dead letters", kept.count())
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

// Redeliver hands back what is rejected again, and says how far it came.
func TestRedeliver(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, func(cfg *Config) { cfg.FailFast = true })
	var again []int
	refused := func(i int, l hec.DeadLetter) { again = append(again, i) }
	settled, err := c.Redeliver(t.Context(), batchOf("a", "", "b", ""), refused)
	if settled != 4 || err != nil || !slices.Equal(again, []int{1, 3}) || kept.count() > 0 {
		t.Errorf("settled %d, %v, again %v", settled, err, again)
	}
	s.SetFault(func(r *scstest.Request) *scstest.Fault {
		if r.N == 0 {
			return nil
		}
		return &scstest.Fault{Status: 403}
	})
	settled, err = c.Redeliver(t.Context(), batchOf(lines(700, 10)...), refused)
	if settled != MaxEvents || err == nil {
		t.Errorf("settled %d, %v", settled, err)
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

// What a proxy answers says nothing of an event, even if it was the only one.
func TestAProxyRejectsNoEvent(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.First(1, "postEvents", scstest.Fault{Status: 400, Body: "<html>plain HTTP to TLS port</html>"}))
	c, kept := open(t, s, nil)
	deliver(t, c, batchOf("one"))
	arrived(t, s, []string{"one"})
	if kept.count() > 0 {
		t.Errorf("%d dead letters", kept.count())
	}
}

// However many bad events there are, delivery goes on while others are accepted.
func TestBadEventsAmongGoodOnes(t *testing.T) {
	s := scstest.Start(t)
	c, kept := open(t, s, func(cfg *Config) { cfg.FailFast = true })
	var good []string
	for i := range 3 {
		texts := append(lines(10, i), slices.Repeat([]string{""}, 60)...)
		good = append(good, lines(10, i)...)
		deliver(t, c, batchOf(texts...))
	}
	arrived(t, s, good)
	if kept.count() != 180 {
		t.Errorf("%d dead letters", kept.count())
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
