package hec_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

func ptr[T any](v T) *T { return &v }

// One row for each code a receiver can answer: what arrives, what is put away,
// how many requests it takes.
func TestEveryCode(t *testing.T) {
	const all, n = "e1 e2 e3 e4 e5", 5
	type row struct {
		fault receiver.Fault
		posts uint64
		taken string
		grave string
		fatal bool
		says  string
	}
	rows := map[int]row{
		0:  {posts: 1, taken: all},
		1:  {posts: 2, taken: all, says: "TOKEN"},
		2:  {posts: 2, taken: all, says: "TOKEN"},
		3:  {posts: 2, taken: all, says: "TOKEN"},
		4:  {posts: 2, taken: all, says: "TOKEN"},
		5:  {posts: 2, taken: all},
		6:  {fault: receiver.Fault{Invalid: ptr(2)}, posts: 2, taken: "e1 e2 e4 e5", grave: "e3"},
		7:  {fault: receiver.Fault{Invalid: ptr(2)}, posts: 2, taken: "e1 e2 e1 e2 e3 e4 e5", says: "INDEX"},
		8:  {posts: 2, taken: all},
		9:  {posts: 2, taken: all},
		10: {fatal: true},
		11: {fatal: true},
		12: {fault: receiver.Fault{Invalid: ptr(0)}, posts: 2, taken: "e2 e3 e4 e5", grave: "e1"},
		13: {fault: receiver.Fault{Invalid: ptr(4)}, posts: 1, taken: "e1 e2 e3 e4", grave: "e5"},
		14: {posts: 2, taken: all},
		15: {fault: receiver.Fault{Invalid: ptr(1)}, posts: 2, taken: "e1 e3 e4 e5", grave: "e2"},
		16: {fatal: true},
		17: {posts: 3, taken: all, says: "ACCEPT_WITHOUT_CODE"}, // the second carries one event
		18: {posts: 2, taken: all},
		19: {posts: 2, taken: all},
		20: {posts: 2, taken: all},
		21: {posts: 2, taken: all, says: "TOKEN"},
		22: {posts: 2, taken: all, says: "TOKEN"},
		23: {posts: 2, taken: all},
		24: {posts: 1, taken: all},
		25: {posts: 1, taken: all},
		26: {posts: 2, taken: all},
		27: {posts: 2, taken: all},
		28: {fatal: true},
	}
	for code := range 29 {
		tt, ok := rows[code]
		if !ok {
			t.Fatalf("code %d has no row", code)
		}
		inBubble(t, fmt.Sprint(code), func(t *testing.T) {
			f := tt.fault
			f.Code = code
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(f))})
			c, l, g := client(t, nil, s.URL())
			err := c.Deliver(t.Context(), events("e", n))
			var config *hec.ConfigError
			if tt.fatal {
				if !errors.As(err, &config) {
					t.Fatalf("got %v, want a ConfigError", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := s.taken(); got != tt.taken {
				t.Errorf("taken: %s, want %s", got, tt.taken)
			}
			if got := g.texts(); got != tt.grave {
				t.Errorf("buried: %s, want %s", got, tt.grave)
			}
			if got := c.Stats().Posts; uint64(got) != tt.posts {
				t.Errorf("%d posts, want %d", got, tt.posts)
			}
			if !strings.Contains(l.String(), tt.says) {
				t.Errorf("the log does not say %q:\n%s", tt.says, l)
			}
		})
	}
}

// Replies that are no HEC replies, as proxies and wrong URLs give them.
func TestRepliesWithoutACode(t *testing.T) {
	for _, tt := range []struct {
		status int
		body   string
		says   string
	}{
		{status: 408, body: "slow"}, {status: 429, body: "slow"}, {status: 500, body: "<html>"}, {status: 502, body: "<html>"},
		{status: 503, body: " "}, {status: 504, body: "timeout"},
		{status: 301, body: "moved", says: "check URL"}, {status: 307, body: "moved", says: "check URL"},
		{status: 404, body: "<html>", says: "check URL"}, {status: 400, body: "<html>", says: "check URL"},
		{status: 401, body: "who", says: "check TOKEN"}, {status: 403, body: "<html>", says: "check TOKEN"},
		{status: 200, body: "<html>sign in</html>", says: "web page"},
		{status: 200, body: "you sent Splunk " + secret, says: "you sent Splunk [token]"},
		{status: 200, says: "ACCEPT_WITHOUT_CODE"}, {status: 204, says: "204 No Content without a HEC code"},
		{status: 200, body: " ", says: "ACCEPT_WITHOUT_CODE"}, {status: 200, body: "OK", says: "ACCEPT_WITHOUT_CODE"},
		{status: 200, body: `{"status":"Success"}`, says: "ACCEPT_WITHOUT_CODE"},
		{status: 200, body: `{"text":"gone","code":404}`, says: "none of HEC's"},
		{status: 200, body: `{"text":"new","code":29}`, says: "none of HEC's"},
		{status: 404, body: `{"text":"gone","code":404}`, says: "check URL"},
	} {
		inBubble(t, fmt.Sprint(tt.status, " ", tt.body), func(t *testing.T) {
			f := receiver.Fault{
				Status: tt.status,
				Body:   tt.body,
				Blank:  tt.body == "",
				Header: http.Header{"Location": {"http://127.0.0.1:1/"}},
			}
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(f))})
			c, l, g := client(t, nil, s.URL())
			if err := c.Deliver(t.Context(), events("e", 3)); err != nil {
				t.Fatal(err)
			}
			if s.taken() != "e1 e2 e3" || g.texts() != "" {
				t.Errorf("taken %s, buried %s", s.taken(), g.texts())
			}
			if !strings.Contains(l.String(), tt.says) {
				t.Errorf("the log does not say %q:\n%s", tt.says, l)
			}
		})
	}
}

// What counts as taken though it is not written as usual.
func TestRepliesThatSayYes(t *testing.T) {
	for _, body := range []string{"\ufeff" + `{"text":"Success","code":0}`, `{"code":"0"}`, ` {"code":0} `, `{"text":"nearly full","code":24}`} {
		inBubble(t, body, func(t *testing.T) {
			f := receiver.Fault{At: receiver.Taken, Status: 200, Body: body}
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Plan(f))})
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, s.URL())
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil || s.taken() != "e1" {
				t.Errorf("%v, taken %s\n%s", err, s.taken(), l)
			}
		})
	}
}

// One wrong URL among several is said, and the others do the work.
func TestOneEndpointDoesNotEndDelivery(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, code := range []int{10, 11, 16, 28} {
			wrong := receiver.Options{Fault: receiver.Submissions(receiver.Always(receiver.Fault{Code: code}))}
			first, second := start(t, wrong), start(t, receiver.Options{})
			c, l, _ := client(t, nil, first.URL(), second.URL())
			if err := c.Deliver(t.Context(), events("e", 1)); err != nil || second.taken() != "e1" {
				t.Errorf("code %d: %v, taken %s", code, err, second.taken())
			}
			if !strings.Contains(l.String(), "delivery is paused") {
				t.Errorf("code %d is not said:\n%s", code, l)
			}
			both, _, _ := client(t, nil, first.URL(), start(t, wrong).URL())
			var config *hec.ConfigError
			if err := both.Deliver(t.Context(), events("e", 1)); !errors.As(err, &config) {
				t.Errorf("code %d of both: %v", code, err)
			}
		}
	})
}

func TestFailFastEndsWhereAPersonIsNeeded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		for _, code := range []int{1, 4, 7} {
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(receiver.Fault{Code: code}))})
			c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, s.URL())
			err := c.Deliver(t.Context(), events("e", 1))
			var config *hec.ConfigError
			if !errors.As(err, &config) || config.Hint == "" {
				t.Errorf("code %d: %v", code, err)
			}
		}
	})
}

func TestRevokedTokenIsReplaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{Tokens: []receiver.Token{{Value: "old"}}})
		src := new(turning)
		src.set("old")
		c, l, _ := client(t, func(cfg *hec.Config) { cfg.Token = src }, s.URL())
		if err := c.Deliver(t.Context(), events("a", 1)); err != nil {
			t.Fatal(err)
		}
		s.SetTokens(receiver.Token{Value: "new"})
		done := make(chan error, 1)
		go func() { done <- c.Deliver(t.Context(), events("b", 1)) }()
		eventually(t, "the log names the token", func() bool { return strings.Contains(l.String(), "TOKEN") })
		src.set("new")
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if s.taken() != "a1 b1" {
			t.Errorf("taken: %s", s.taken())
		}
		if n := strings.Count(l.String(), "delivery is paused"); n != 1 {
			t.Errorf("said %d times:\n%s", n, l)
		}
	})
}
