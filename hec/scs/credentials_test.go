package scs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/splunk/splunk-cloud-sdk-go/idp"

	"ollama-hec/hec"
	"ollama-hec/hec/scs/scstest"
)

// principal has the client use the service principal.
func principal(t testing.TB, s *scstest.Service) func(*Config) {
	t.Helper()
	return func(cfg *Config) {
		cfg.Credentials = NewPrincipal(scstest.Principal, hec.StaticToken(scstest.Secret), scstest.Scope, cfg.Address)
	}
}

// The principal asks as the SDK's own flow does.
func TestThePrincipalAsksAsTheSDKDoes(t *testing.T) {
	s := scstest.Start(t)
	c, _ := open(t, s, principal(t, s))
	if err := c.Authorize(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := idp.NewClientCredentialsRetriever(
		scstest.Principal,
		scstest.Secret,
		scstest.Scope,
		s.URL,
	).GetTokenContext(); err != nil {
		t.Fatal(err)
	}
	asked := s.Requests("token")
	if len(asked) != 2 || asked[0].Path != asked[1].Path || !bytes.Equal(asked[0].Body, asked[1].Body) {
		t.Fatalf("asked %+v", asked)
	}
	for _, name := range []string{"Authorization", "Accept", "Content-Type"} {
		if ours, theirs := asked[0].Header.Get(name), asked[1].Header.Get(name); ours != theirs || ours == "" {
			t.Errorf("%s is %q, by the SDK %q", name, ours, theirs)
		}
	}
}

// Many deliveries at once share one token, and get a new one together when it ends.
func TestLanesShareAToken(t *testing.T) {
	s := scstest.Start(t)
	c, _ := open(t, s, principal(t, s))
	deliverAll := func() {
		var lanes sync.WaitGroup
		for range 8 {
			lanes.Go(func() {
				if err := c.Deliver(t.Context(), batchOf(lines(20, 10)...)); err != nil {
					t.Error(err)
				}
			})
		}
		lanes.Wait()
	}
	deliverAll()
	if n := len(s.Requests("token")); n != 1 {
		t.Errorf("asked for %d tokens", n)
	}
	s.Revoke()
	deliverAll()
	if n := len(s.Requests("token")); n != 2 {
		t.Errorf("asked for %d tokens after the first was revoked", n)
	}
	if ok, why := c.Ready(); !ok || len(s.Arrived()) != 320 {
		t.Errorf("%d events came; %s", len(s.Arrived()), why)
	}
}

// grants is an identity provider without a network.
type grants struct{ n int }

func (g *grants) RoundTrip(*http.Request) (*http.Response, error) {
	g.n++
	body := fmt.Sprintf(`{"access_token":"token-%d","expires_in":3600}`, g.n)
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// A token is replaced a minute before it ends, and when it is refused.
func TestATokenIsReplacedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPrincipal("p", hec.StaticToken("secret"), "", Address{Auth: &url.URL{Scheme: "https", Host: "auth"}})
		provider := new(grants)
		expect := func(want string) {
			t.Helper()
			if got, err := p.Token(t.Context(), provider); got != want || err != nil {
				t.Errorf("got %s, %v, want %s", got, err, want)
			}
		}
		expect("token-1")
		<-time.After(58 * time.Minute)
		expect("token-1")
		<-time.After(time.Minute)
		expect("token-2")
		p.Rejected("token-1") // by a request that began before
		expect("token-2")
		p.Rejected("token-2")
		expect("token-3")
	})
}

func TestRenewal(t *testing.T) {
	now := time.Unix(1e9, 0)
	for seconds, want := range map[int]time.Duration{
		3600: 59 * time.Minute, 120: time.Minute, 60: 30 * time.Second, 1: 500 * time.Millisecond,
	} {
		if got := renewal(now, seconds).Sub(now); got != want {
			t.Errorf("%d s: replaced after %v, want %v", seconds, got, want)
		}
	}
	for _, seconds := range []int{0, -5} {
		if !renewal(now, seconds).IsZero() {
			t.Errorf("%d s: replaced before it is refused", seconds)
		}
	}
}

// A token file that is replaced when the token is refused is read at once.
func TestANewTokenInTheFileIsUsed(t *testing.T) {
	s := scstest.Start(t)
	file := filepath.Join(t.TempDir(), "token")
	put := func(token string) {
		if err := os.WriteFile(file, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("the-old-token")
	source, err := hec.NewTokenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	c, _ := open(t, s, func(cfg *Config) { cfg.Credentials, cfg.FailFast = AccessToken{source}, true })
	s.SetFault(func(r *scstest.Request) *scstest.Fault {
		if r.Header.Get("Authorization") == "Bearer the-old-token" {
			put(scstest.AccessToken) // somebody renews it just now
		}
		return nil
	})
	deliver(t, c, batchOf("one"))
	arrived(t, s, []string{"one"})
}

// What the identity provider answers decides whether to try again or to wait for a
// person; nothing is lost either way.
func TestTheIdentityProviderFails(t *testing.T) {
	for name, tt := range map[string]struct {
		fault  scstest.Fault
		person bool
		want   string
	}{
		"wrong secret":         {scstest.Fault{Status: 401, Body: `{"error":"invalid_client","error_description":"wrong ` + scstest.Secret + `"}`}, true, "invalid_client, wrong [token]"},
		"no such scope":        {scstest.Fault{Status: 400, Body: `{"error":"invalid_scope"}`}, true, "invalid_scope"},
		"busy":                 {scstest.Fault{Status: 429}, false, "429 Too Many Requests"},
		"internal error":       {scstest.Fault{Status: 500, Body: "<html>" + scstest.Secret}, false, "500 Internal Server Error"},
		"a page":               {scstest.Fault{Status: 200, Body: "<html>welcome"}, true, "answered 200 without an access token"},
		"no token":             {scstest.Fault{Status: 200, Body: `{"access_token":""}`}, true, "answered 200 without an access token"},
		"a token of two words": {scstest.Fault{Status: 200, Body: `{"access_token":"a b"}`}, true, "answered 200 without an access token"},
		"a redirect":           {scstest.Fault{Status: 302, Body: " ", Header: http.Header{"Location": {"/elsewhere"}}}, true, "answered 302"},
		"cut":                  {scstest.Fault{Drop: true}, false, "the connection was closed"},
		"no reply":             {scstest.Fault{Hang: true}, false, "no reply in time"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scstest.Start(t)
			s.SetFault(scstest.First(1, "token", tt.fault))
			var log bytes.Buffer
			c, _ := open(t, s, func(cfg *Config) {
				principal(t, s)(cfg)
				cfg.Timeout, cfg.Log = time.Second, slog.New(slog.NewTextHandler(&log, nil))
			})
			deliver(t, c, batchOf("one"))
			arrived(t, s, []string{"one"})
			said := log.String()
			if !strings.Contains(said, tt.want) || strings.Contains(said, "is paused") != tt.person ||
				tt.person != strings.Contains(said, "hint=") {
				t.Errorf("got %s", said)
			}
			if strings.Contains(said, scstest.Secret) {
				t.Errorf("the secret is shown: %s", said)
			}
		})
	}
}

// Whatever comes back, neither token nor secret is part of what is said.
func TestNothingSaidHoldsAToken(t *testing.T) {
	for _, f := range []scstest.Fault{
		{Status: 400, Code: scstest.AccessToken, Message: "Bearer " + scstest.AccessToken},
		{Status: 401, Message: "no such token: " + scstest.AccessToken},
		{Status: 403, Body: "Authorization: Bearer " + scstest.AccessToken},
		{Status: 200, Body: "you sent " + scstest.AccessToken},
		{Status: 400, Code: "INVALID_DATA", Details: map[string]any{"failedEvents": []any{map[string]any{"index": 0, "message": scstest.AccessToken}}}},
	} {
		s := scstest.Start(t)
		s.SetFault(scstest.First(1, "postEvents", f))
		var log bytes.Buffer
		c, kept := open(t, s, func(cfg *Config) {
			cfg.FailFast, cfg.Log = true, slog.New(slog.NewTextHandler(&log, nil))
		})
		said := ""
		if err := c.Deliver(t.Context(), batchOf("one")); err != nil {
			said = err.Error()
		}
		_, why := c.Ready()
		said += why + log.String()
		for _, l := range kept.kept {
			said += l.Reason
		}
		if said == "" || strings.Contains(said, scstest.AccessToken) {
			t.Errorf("%+v: said %s", f, said)
		}
		s.SetFault(scstest.Always("postCollectorTokens", f))
		if _, err := c.CreateCollectorToken(t.Context(), CollectorToken{Name: "ollama"}, ""); err == nil ||
			strings.Contains(err.Error(), scstest.AccessToken) {
			t.Errorf("%+v: got %v", f, err)
		}
	}
}

// Delivery at the limits of the service by many at once, with tokens that end.
func TestManyAtOnce(t *testing.T) {
	s := scstest.Start(t)
	s.SetValid(time.Second)
	s.SetFault(func(r *scstest.Request) *scstest.Fault {
		switch {
		case r.Operation == "postEvents" && r.N%7 == 3:
			return &scstest.Fault{Drop: true, Take: r.N%2 == 0}
		case r.Operation == "postEvents" && r.N%5 == 2:
			return &scstest.Fault{Status: 503}
		}
		return nil
	})
	c, _ := open(t, s, principal(t, s))
	var lanes sync.WaitGroup
	for lane := range 4 {
		lanes.Go(func() {
			for i := range 5 {
				b := batchOf(strings.Fields(strings.Repeat(string(rune('a'+lane))+string(rune('0'+i))+" ", 700))...)
				if err := c.Deliver(t.Context(), b); err != nil {
					t.Error(err)
				}
			}
		})
	}
	lanes.Wait()
	kept, _ := s.Events()
	byLane := map[byte][]string{}
	for _, text := range scstest.Texts(kept) {
		byLane[text[0]] = append(byLane[text[0]], text)
	}
	for lane, texts := range byLane {
		if len(texts) != 3500 || !slices.IsSorted(texts) {
			t.Errorf("lane %c: %d events, in order: %v", lane, len(texts), slices.IsSorted(texts))
		}
	}
	if len(byLane) != 4 {
		t.Errorf("%d lanes", len(byLane))
	}
}

// The identity provider that hangs does not hold up a stop.
func TestAStopWhileATokenIsAskedFor(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.Always("token", scstest.Fault{Hang: true}))
	c, _ := open(t, s, principal(t, s))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 4)
	for range 4 {
		go func() { done <- c.Deliver(ctx, batchOf("one")) }()
	}
	for len(s.Requests("token")) == 0 {
		<-time.After(time.Millisecond)
	}
	cancel()
	for range 4 {
		if err := <-done; err != context.Canceled {
			t.Errorf("got %v", err)
		}
	}
}

// A token that is refused is replaced once; if the next one is refused as well, a
// person is needed.
func TestANewTokenIsAskedForOnce(t *testing.T) {
	s := scstest.Start(t)
	s.SetFault(scstest.Always("postEvents", scstest.Fault{Status: 401}))
	c, _ := open(t, s, func(cfg *Config) {
		principal(t, s)(cfg)
		cfg.FailFast = true
	})
	var config *hec.ConfigError
	if err := c.Deliver(t.Context(), batchOf("one")); !errors.As(err, &config) ||
		!strings.Contains(config.Hint, "SCS_PRINCIPAL") {
		t.Errorf("got %v", err)
	}
	if posts, asked := len(s.Requests("postEvents")), len(s.Requests("token")); posts != 2 || asked != 2 {
		t.Errorf("%d requests, %d tokens", posts, asked)
	}
}
