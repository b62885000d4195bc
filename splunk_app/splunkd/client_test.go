package splunkd

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

// connect speaks to s as the admin.
func connect(t *testing.T, s *splunkdtest.Server) *Client {
	return connectAs(t, s, splunkdtest.AdminToken)
}

func connectAs(t *testing.T, s *splunkdtest.Server, token string) *Client {
	t.Helper()
	c, err := New(Options{URL: s.URL, Token: token})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestOptions(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		o    Options
		want string // "" is none
	}{
		{Options{URL: "https://splunk:8089", Token: "t"}, ""},
		{Options{URL: "https://splunk:8089/", SessionKey: "k"}, ""},
		{Options{URL: "http://127.0.0.1:8089", Token: "t"}, ""},
		{Options{URL: "http://[::1]:8089", Token: "t"}, ""},
		{Options{URL: "", Token: "t"}, "not splunkd's address: it takes a URL such as https://splunk:8089"},
		{Options{URL: "splunk:8089", Token: "t"}, "not splunkd's address: it takes a URL such as https://splunk:8089"},
		{
			Options{URL: "https://u:secret@splunk:8089", Token: "t"},
			"splunkd's address has more than scheme, host, port and path: credentials go into a token",
		},
		{
			Options{URL: "https://splunk:8089?token=secret", Token: "t"},
			"splunkd's address has more than scheme, host, port and path: credentials go into a token",
		},
		{Options{URL: "http://splunk:8089", Token: "t"}, "http://splunk:8089 would send the token in the clear: use https"},
		{
			Options{URL: "http://localhost.example:8089", Token: "t"},
			"http://localhost.example:8089 would send the token in the clear: use https",
		},
		{Options{URL: "https://splunk:8089"}, "splunkd needs a token or a session key, and only one of them"},
		{
			Options{URL: "https://splunk:8089", Token: "t", SessionKey: "k"},
			"splunkd needs a token or a session key, and only one of them",
		},
		{Options{URL: "https://splunk:8089", Token: " \n"}, "splunkd needs a token or a session key, and only one of them"},
		{
			Options{URL: "https://splunk:8089", Token: "t", CAFile: notPEM},
			"read the certificate authority: no PEM certificate in " + notPEM,
		},
		{
			Options{URL: "https://splunk:8089", Token: "t", CAFile: notPEM + "x"},
			"read the certificate authority: open " + notPEM + "x: no such file or directory",
		},
	}
	for _, tt := range tests {
		_, err := New(tt.o)
		if got := fmt.Sprint(err); got != tt.want && (tt.want != "" || err != nil) {
			t.Errorf("%+v: got %s", tt.o, got)
		}
	}
}

func TestBothWaysToAuthenticate(t *testing.T) {
	s := splunkdtest.Start(t)
	for _, o := range []Options{
		{URL: s.URL, Token: splunkdtest.AdminToken + "\n"},
		{URL: s.URL + "/", SessionKey: splunkdtest.AdminSession},
	} {
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.CheckApp(t.Context(), "search"); err != nil {
			t.Error(err)
		}
	}
}

func TestCertificates(t *testing.T) {
	s := splunkdtest.Start(t)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.CA())
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, s.CA(), 0o600); err != nil {
		t.Fatal(err)
	}
	other := x509.NewCertPool()
	tests := map[string]struct {
		o    Options
		fine bool
	}{
		"loopback, unverified":    {Options{}, true},
		"authority in a file":     {Options{CAFile: file}, true},
		"authority in a pool":     {Options{RootCAs: pool}, true},
		"another authority":       {Options{RootCAs: other}, false}, // verified even on loopback
		"another, and the file's": {Options{RootCAs: other, CAFile: file}, true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			tt.o.URL, tt.o.Token = s.URL, splunkdtest.AdminToken
			c, err := New(tt.o)
			if err != nil {
				t.Fatal(err)
			}
			err = c.CheckApp(t.Context(), "search")
			if (err == nil) != tt.fine ||
				err != nil && !strings.Contains(err.Error(), "give the certificate authority that signed") {
				t.Errorf("got %v", err)
			}
		})
	}
	if !other.Equal(x509.NewCertPool()) {
		t.Error("the pool given was added to")
	}
	for _, o := range []Options{{URL: "https://splunk.example:8089"}, {URL: "https://10.0.0.1:8089"}, {URL: "https://0.0.0.0:8089"}} {
		o.Token = "t"
		c, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		if c.http.Transport.(*http.Transport).TLSClientConfig.InsecureSkipVerify {
			t.Errorf("%s is not verified", o.URL)
		}
	}
}

func TestRefusals(t *testing.T) {
	s := splunkdtest.Start(t)
	s.AddUser("reader", splunkdtest.User{Name: "jo", Roles: []string{"user", "can_delete"}})
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	tests := map[string]struct {
		token string
		fail  http.HandlerFunc
		want  string
	}{
		"wrong token": {
			"nobody",
			nil,
			"401 Unauthorized: call not properly authenticated; the token is wrong, expired or disabled, or token authentication is off on this Splunk",
		},
		"in XML": {
			splunkdtest.AdminToken,
			answer(401, `<?xml version="1.0" encoding="UTF-8"?><response><messages><msg type="WARN">call not
			properly &amp; authenticated</msg></messages></response>`),
			"401 Unauthorized: call not properly & authenticated; the token is wrong, expired or disabled, or token authentication is off on this Splunk",
		},
		"no capability": {
			"reader",
			nil,
			"403 Forbidden: insufficient permission to access this resource; user jo (roles: can_delete, user) needs list_storage_passwords",
		},
		"server error": {
			splunkdtest.AdminToken,
			answer(500, `{"messages":[{"type":"ERROR","text":"one"},{"type":"ERROR","text":"two"}]}`),
			"500 Internal Server Error: one; two",
		},
		"a proxy's page": {splunkdtest.AdminToken, answer(502, "<html>"+splunkdtest.AdminToken), "502 Bad Gateway"},
		"a redirect": {
			splunkdtest.AdminToken,
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/en-US/", http.StatusSeeOther) },
			"303 See Other; splunkd does not redirect: is this the management port, 8089 by default?",
		},
		"not splunkd": {
			splunkdtest.AdminToken,
			answer(200, "<html>"),
			"the answer is not splunkd's: is this the management port, 8089 by default?",
		},
		"no entry": {splunkdtest.AdminToken, answer(200, "{}"), "200 OK: the answer has no entry"},
		"a masked password": {
			splunkdtest.AdminToken,
			answer(200, `{"entry":[{"name":"x","content":{"password":"********"}}]}`),
			"the answer has no password: the role needs list_storage_passwords",
		},
		"an endless answer": {splunkdtest.AdminToken, func(w http.ResponseWriter, _ *http.Request) {
			for block := make([]byte, 1<<20); ; {
				if _, err := w.Write(block); err != nil {
					return
				}
			}
		}, fmt.Sprintf("the answer is longer than %d bytes", maxAnswer)},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if tt.fail != nil {
				s.Fail("GET", "/storage/passwords/", tt.fail)
			}
			const where = "GET /servicesNS/nobody/search/storage/passwords/r%3Au%3A: "
			_, err := connectAs(t, s, tt.token).Password(t.Context(), "search", "r", "u")
			if err == nil || err.Error() != where+tt.want {
				t.Errorf("got  %v\nwant %s%s", err, where, tt.want)
			}
			if errors.Is(err, ErrNotFound) {
				t.Error("taken for not found")
			}
		})
	}
}

func TestRefusalsByRole(t *testing.T) {
	s := splunkdtest.Start(t)
	s.AddUser("reader", splunkdtest.User{Name: "jo", Roles: []string{"user"}})
	s.Put("search", "configs/conf-macros", "m", nil, "app", false)
	c := connectAs(t, s, "reader")
	_, hec := c.HECToken(t.Context(), "search", "ollama", "", false)
	tests := map[string]error{
		"user jo (roles: user) needs write access to the app": c.Upsert(
			t.Context(),
			"search",
			Macro,
			"m",
			nil,
		),
		"cannot write: /nobody/search/savedsearches/x { read": c.Upsert(
			t.Context(),
			"search",
			SavedSearch,
			"x",
			map[string][]string{"search": {"*"}},
		),
		"needs edit_storage_passwords or admin_all_objects": c.SetPassword(
			t.Context(),
			"search",
			"r",
			"u",
			"p",
		),
		"user jo (roles: user) needs ownership of the object or admin_all_objects": c.SetACL(
			t.Context(),
			"search",
			Macro,
			"m",
			ACL{Sharing: "app"},
		),
		"GET /services/data/inputs/http: 403 Forbidden: insufficient permission to access this resource; user jo": hec,
	}
	for want, err := range tests {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestARedirectDoesNotGetTheToken(t *testing.T) {
	var asked bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
	defer elsewhere.Close()
	s := splunkdtest.Start(t)
	s.Fail("GET", "/apps/local", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if err := connect(t, s).CheckApp(t.Context(), "search"); err == nil || asked {
		t.Errorf("%v, followed: %v", err, asked)
	}
}

func TestConnectionErrors(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	c, err := New(Options{URL: strings.Replace(plain.URL, "http:", "https:", 1), Token: splunkdtest.AdminToken})
	if err != nil {
		t.Fatal(err)
	}
	err = c.CheckApp(t.Context(), "search")
	if err == nil || !strings.Contains(err.Error(), "GET /services/apps/local/search: ") ||
		!strings.Contains(err.Error(), "gave HTTP response to HTTPS client") {
		t.Errorf("got %v", err)
	}

	s := splunkdtest.Start(t)
	hang := make(chan struct{})
	defer close(hang)
	s.Fail("GET", "/apps/local", func(http.ResponseWriter, *http.Request) { <-hang })
	slow, err := New(Options{URL: s.URL, Token: splunkdtest.AdminToken, Timeout: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	if err := slow.CheckApp(t.Context(), "search"); err == nil {
		t.Error("waited for a splunkd that hangs")
	}
}

func TestTheTokenIsNeverShown(t *testing.T) {
	s := splunkdtest.Start(t)
	c := connect(t, s)
	s.Fail("GET", "/apps/local", func(w http.ResponseWriter, r *http.Request) {
		panic(http.ErrAbortHandler)
	})
	err := c.CheckApp(t.Context(), "search")
	if err == nil {
		t.Fatal("no error from a connection that broke")
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "client", c, "value", *c, "err", err)
	shown := log.String() + fmt.Sprintf("%v %+v %#v %v", c, *c, *c, err)
	if strings.Contains(shown, splunkdtest.AdminToken) {
		t.Error(shown)
	}
}
