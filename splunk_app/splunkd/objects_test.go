package splunkd

import (
	"errors"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

func TestUpsertCreatesThenUpdates(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	for _, name := range []string{"plain", "Ollama: 100% of a/b? #1 é"} {
		first := url.Values{"search": {"index=main | head 1"}, "disabled": {"1"}}
		if err := c.Upsert(t.Context(), "search", SavedSearch, name, first); err != nil {
			t.Fatal(err)
		}
		if err := c.Upsert(t.Context(), "search", SavedSearch, name, url.Values{"search": {"index=other"}}); err != nil {
			t.Fatal(err)
		}
		got, _, _ := s.Get("search", "saved/searches", name)
		if want := (url.Values{"search": {"index=other"}, "disabled": {"1"}}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v", name, got)
		}
		if err := c.SetEnabled(t.Context(), "search", name, true); err != nil {
			t.Error(err)
		}
		if got, _, _ := s.Get("search", "saved/searches", name); got.Get("disabled") != "0" {
			t.Errorf("%s: not enabled: %v", name, got)
		}
		if err := c.SetACL(
			t.Context(),
			"search",
			SavedSearch,
			name,
			ACL{Sharing: "global", Read: []string{"*"}, Write: []string{"admin", "sc_admin"}},
		); err != nil {
			t.Error(err)
		}
		read, write := s.Perms("search", "saved/searches", name)
		if _, sharing, _ := s.Get(
			"search",
			"saved/searches",
			name,
		); sharing != "global" ||
			!reflect.DeepEqual([][]string{read, write}, [][]string{{"*"}, {"admin", "sc_admin"}}) {
			t.Errorf("%s: shared %s, read %v, write %v", name, sharing, read, write)
		}
		for range 2 { // what is not there is deleted, too
			if err := c.Delete(t.Context(), "search", SavedSearch, name); err != nil {
				t.Error(err)
			}
		}
		if _, _, ok := s.Get("search", "saved/searches", name); ok {
			t.Errorf("%s: still there", name)
		}
		if err := c.SetEnabled(t.Context(), "search", name, true); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: enabled what is not there: %v", name, err)
		}
	}
}

func TestPasswords(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	for _, user := range []string{"a", `a:b\c d/é`} {
		if _, err := c.Password(t.Context(), "search", "ollama_logs", user); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: before it is set: %v", user, err)
		}
		for _, secret := range []string{"first & ü=", "second"} {
			if err := c.SetPassword(t.Context(), "search", "ollama_logs", user, secret); err != nil {
				t.Fatal(err)
			}
			if got, err := c.Password(t.Context(), "search", "ollama_logs", user); got != secret || err != nil {
				t.Errorf("%s: got %q, %v", user, got, err)
			}
		}
	}
	err := c.SetPassword(t.Context(), "none", "r", "u", "topsecret")
	if err == nil || strings.Contains(err.Error(), "topsecret") {
		t.Errorf("got %v", err)
	}
}

func TestHECTokens(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	made, err := c.HECToken(t.Context(), "search", "ollama-hec", "ollama", true)
	if err != nil {
		t.Fatal(err)
	}
	want := &HECToken{
		Name:    "ollama-hec",
		Token:   "00000000-0000-4000-8000-000000000001",
		Index:   "ollama",
		ACK:     true,
		Created: true,
	}
	if !reflect.DeepEqual(made, want) {
		t.Errorf("got %+v", made)
	}
	again, err := c.HECToken(t.Context(), "search", "ollama-hec", "main", false)
	want.Created = false
	if err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("the one that was there is to stay: %+v, %v", again, err)
	}
	s.AddToken("off", url.Values{"token": {"x"}, "disabled": {"1"}})
	if off, err := c.HECToken(t.Context(), "search", "off", "", false); err != nil || !off.Disabled {
		t.Errorf("got %+v, %v", off, err)
	}
	_, err = c.HECToken(t.Context(), "search", "bad", "nowhere", false)
	if err == nil || !strings.Contains(err.Error(), "index=nowhere does not exist") {
		t.Errorf("got %v", err)
	}
}

func TestCollector(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	if got, err := c.Collector(t.Context()); err != nil || *got != (Collector{Port: 8088, TLS: true}) {
		t.Errorf("got %+v, %v", got, err)
	}
	s.SetCollector("disabled", true)
	s.SetCollector("port", 10088000)
	s.SetCollector("enableSSL", false)
	if got, err := c.Collector(t.Context()); err != nil || *got != (Collector{Disabled: true, Port: 10088000}) {
		t.Errorf("got %+v, %v", got, err)
	}
	s.SetCollector("port", "x")
	if _, err := c.Collector(t.Context()); err == nil {
		t.Error("took x for a port")
	}
}

func TestCheckApp(t *testing.T) {
	s := splunkdtest.Start(t)
	s.AddApp("TA-ollama-hec", true)
	c := connect(t, s)
	for app, want := range map[string]string{
		"search":        "",
		"none":          "there is no app none on this Splunk: install it first or name another, such as search",
		"TA-ollama-hec": "the app TA-ollama-hec is disabled on this Splunk: enable it first or name another, such as search",
	} {
		got := ""
		if err := c.CheckApp(t.Context(), app); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: got %s", app, got)
		}
	}
}
