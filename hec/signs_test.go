package hec_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

// talk runs a server that does with each connection what a test says.
func talk(t *testing.T, with func(net.Conn)) (address string) {
	t.Helper()
	l := memory.listen()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				with(c)
			}()
		}
	}()
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// answering reads a request and answers with text.
func answering(text string) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		io.Copy(io.Discard, req.Body)
		io.WriteString(c, text)
	}
}

func page(status int, title, body string) string {
	text := "<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n" + body + "</body>\r\n</html>\r\n"
	return fmt.Sprintf("HTTP/1.1 %d %s\r\nContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s",
		status, http.StatusText(status), len(text), text)
}

func reset(c net.Conn) { c.(*memConn).SetLinger(0) }

// secured answers as a TLS server that asks for a certificate, if ask says so.
func secured(ask tls.ClientAuthType, most uint16) func(net.Conn) {
	pattern := httptest.NewUnstartedServer(nil)
	pattern.StartTLS()
	pattern.Close()
	cfg := pattern.TLS.Clone()
	cfg.ClientAuth, cfg.MaxVersion = ask, most
	return func(c net.Conn) {
		s := tls.Server(c, cfg)
		defer s.Close()
		if s.Handshake() == nil {
			answering(page(404, "Not Found", ""))(s)
		}
	}
}

// Whichever way a wrong port, scheme or certificate shows, the same is said, once.
func TestEachSignOfAWrongURLHasItsHint(t *testing.T) {
	const https, plain, cert = "begin OLLAMA_HEC_URL with https", "begin OLLAMA_HEC_URL with http", "OLLAMA_HEC_CERT_FILE"
	apache := page(400, "Bad Request", "<h1>Bad Request</h1>"+strings.Repeat("<!-- so it goes -->", 30)+
		"<p>Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />")
	for _, tt := range []struct {
		name, scheme string
		with         func(net.Conn)
		hint         string
	}{
		{"a reset at once", "http", reset, https},
		{"closed at once", "http", func(net.Conn) {}, https},
		{"closed after the request", "http", answering(""), https},
		{"a reset after the request", "http", func(c net.Conn) { answering("")(c); reset(c) }, https},
		{"half a line", "http", answering("HTTP/1."), https},
		{"a TLS alert", "http", answering("\x15\x03\x01\x00\x02\x02\x16"), https},
		{"another TLS alert", "http", answering("\x15\x03\x03\x00\x02\x02\x0a"), https},
		{"a TLS server", "http", secured(tls.NoClientCert, 0), https},
		{"nginx", "http", answering(page(400, "400 The plain HTTP request was sent to HTTPS port", "<center><h1>400 Bad Request</h1></center>")), https},
		{"Apache", "http", answering(apache), https},
		{"Go", "http", answering("HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), https},
		{"a status for it", "http", answering(page(497, "", "")), https},

		{"an HTTP server", "https", func(c net.Conn) {
			c.Read(make([]byte, 1<<10))
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		}, plain},
		{"closes in the handshake", "https", func(c net.Conn) { c.Read(make([]byte, 1<<10)) }, plain},
		{"resets in the handshake", "https", func(c net.Conn) { c.Read(make([]byte, 1<<10)); reset(c) }, plain},

		{"a certificate is asked for, TLS 1.3", "https", secured(tls.RequireAnyClientCert, 0), cert},
		{"a certificate is asked for, TLS 1.2", "https", secured(tls.RequireAnyClientCert, tls.VersionTLS12), cert},
		{"nginx asks for a certificate", "http", answering(page(400, "400 No required SSL certificate was sent", "<center>nginx</center>")), cert},
		{"a status for that", "http", answering(page(496, "", "")), cert},
		{"a certificate would be welcome", "https", secured(tls.RequestClientCert, 0), "check URL"}, // it is let in: 404
	} {
		inBubble(t, tt.name, func(t *testing.T) {
			address := talk(t, tt.with)
			c, l, _ := client(
				t,
				func(cfg *hec.Config) { cfg.TLS = &tls.Config{InsecureSkipVerify: true} },
				tt.scheme+"://"+address,
			)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			c.Deliver(ctx, events("e", 1))
			if said := l.String(); !strings.Contains(said, tt.hint) || strings.Count(said, "\n") != 1 {
				t.Errorf("the log does not say %q once:\n%s", tt.hint, said)
			}
			if tt.hint == plain && strings.Contains(l.String(), https) {
				t.Errorf("wrong hint:\n%s", l)
			}
		})
	}
}

// Closed and reset connections, before and after the request, are one trouble.
func TestBrokenConnectionsAreOneTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var n atomic.Int64
		ways := []func(net.Conn){
			reset, func(net.Conn) {}, answering(""), answering("HTTP/1."), func(c net.Conn) { answering("")(c); reset(c) },
			func(c net.Conn) { c.Read(make([]byte, 10)); reset(c) },
			answering("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"),
		}
		address := talk(t, func(c net.Conn) { ways[n.Add(1)%int64(len(ways))](c) })
		c, l, _ := client(t, nil, "http://"+address)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		c.Deliver(ctx, events("e", 1))
		if said := l.String(); n.Load() < 20 || strings.Count(said, "\n") != 1 {
			t.Errorf("%d connections, and the log says\n%s", n.Load(), said)
		}
	})
}

// A certificate that is missing shows as an alert or as a reset, by chance.
func TestSignsOfOneCauseAreSaidOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var n atomic.Int64
		ways := []func(net.Conn){
			answering("\x15\x03\x01\x00\x02\x02\x16"), reset,
			answering(page(400, "400 The plain HTTP request was sent to HTTPS port", "")), func(net.Conn) {},
		}
		address := talk(t, func(c net.Conn) { ways[(n.Add(1)/2)%4](c) })
		c, l, _ := client(t, nil, "http://"+address)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		c.Deliver(ctx, events("e", 1))
		if said := l.String(); n.Load() < 20 || strings.Count(said, "\n") > 2 {
			t.Errorf("%d connections, and the log says\n%s", n.Load(), said)
		}
	})
}

// Two troubles in turn are said once each.
func TestTroublesInTurnAreSaidOnceEach(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var n atomic.Int64
		ways := []func(net.Conn){reset, answering(page(503, "", "")), answering(page(200, "", ""))}
		address := talk(t, func(c net.Conn) { ways[n.Add(1)%3](c) })
		c, l, _ := client(t, nil, "http://"+address)
		ctx, cancel := context.WithTimeout(t.Context(), 9*time.Minute)
		defer cancel()
		c.Deliver(ctx, events("e", 1))
		if said := l.String(); strings.Count(said, "\n") < 2 || strings.Count(said, "\n") > 3 {
			t.Errorf("the log says\n%s", said)
		}
	})
}

func TestRedirectsNameWhereTo(t *testing.T) {
	for _, tt := range []struct{ location, says, hint string }{
		{"https://hec.example.com/services/collector/event", "to https://hec.example.com/services/collector/event", "set OLLAMA_HEC_URL to https://hec.example.com if"},
		{"https://hec.example.com:8088/splunk/services/collector/event", "", "set OLLAMA_HEC_URL to https://hec.example.com:8088/splunk if"},
		{"http://splunk:8000/en-US/services/collector/event", "", "this is Splunk Web: set OLLAMA_HEC_URL to the port of HEC"},
		{"/de-DE/account/login?return_to=x", "/de-DE/account/login\"", "this is Splunk Web"},
		{"/login?next=%2Fservices&token=x", "/login\"", "check URL"},
		{"https://user:password@sso.example.com/?" + secret, "to https://sso.example.com/", "check URL"},
		{"", "302 Found", "check URL"},
	} {
		inBubble(t, tt.location, func(t *testing.T) {
			f := receiver.Fault{Status: 302, Blank: true, Header: http.Header{"Location": {tt.location}}}
			s := start(t, receiver.Options{Fault: receiver.Submissions(receiver.Always(f))})
			c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, s.URL())
			var config *hec.ConfigError
			err := c.Deliver(t.Context(), events("e", 1))
			if !errors.As(err, &config) || !strings.Contains(fmt.Sprintf("%q", config.Reason), tt.says) ||
				!strings.Contains(config.Hint, tt.hint) {
				t.Errorf("got %v", err)
			}
			for _, never := range []string{"password", "next", secret} {
				if strings.Contains(fmt.Sprint(err), never) {
					t.Errorf("too much is said: %v", err)
				}
			}
		})
	}
}

// refusedToken counts who says that the token was refused.
type refusedToken struct{ times atomic.Int64 }

func (s *refusedToken) Token() (string, error) { return secret, nil }
func (s *refusedToken) Rejected()              { s.times.Add(1) }

// A forward proxy is told from HEC: which one, what it says, which variable names it.
func TestForwardProxies(t *testing.T) {
	for _, tt := range []struct {
		name, scheme string
		with         func(net.Conn) // nil: nobody listens
		says         []string
		waits        bool // for a person
	}{
		{"refuses", "http", answering(page(403, "Access denied", "")), []string{"403 Forbidden without a HEC code by way of the proxy PROXY", "NO_PROXY"}, true},
		{"wants a password", "http", answering(page(407, "Denied", "")), []string{"407 Proxy Authentication Required", "by way of the proxy PROXY", "HTTP_PROXY", "user and password"}, true},
		{"cannot reach HEC", "http", answering(page(502, "Bad", "")), []string{"502 Bad Gateway without a HEC code by way of the proxy PROXY", "NO_PROXY"}, false},
		{"nobody listens", "http", nil, []string{"the proxy PROXY: ", "connection refused", "HTTP_PROXY", "NO_PROXY"}, false},
		{"refuses CONNECT", "https", answering(page(403, "Access denied", "")), []string{"the proxy PROXY answered 403 Forbidden", "HTTPS_PROXY", "NO_PROXY"}, true},
		{"wants a password for CONNECT", "https", answering(page(407, "Denied", "")), []string{"the proxy PROXY answered 407 Proxy Authentication Required", "HTTPS_PROXY", "user and password"}, true},
		{"cannot CONNECT", "https", answering(page(503, "Bad", "")), []string{"the proxy PROXY answered 503 Service Unavailable", "NO_PROXY"}, false},
		{"knows no CONNECT", "https", answering(page(405, "Bad", "")), []string{"the proxy PROXY answered 405 Method Not Allowed", "HTTPS_PROXY"}, true},
		{"nobody listens to CONNECT", "https", nil, []string{"the proxy PROXY: ", "connection refused", "HTTPS_PROXY"}, false},
		{"closes", "https", func(net.Conn) {}, []string{"HTTPS_PROXY"}, false},
	} {
		inBubble(t, tt.scheme+" "+tt.name, func(t *testing.T) {
			address := "127.0.0.1:9"
			if tt.with != nil {
				address = talk(t, tt.with)
			}
			source := new(refusedToken)
			c, l, _ := client(t, func(cfg *hec.Config) { cfg.Token = source }, tt.scheme+"://splunk.example.com:8088")
			hec.SetProxy(c, func(*http.Request) (*url.URL, error) {
				return &url.URL{Scheme: "http", Host: address, User: url.UserPassword("me", "hunter2")}, nil
			})
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			c.Deliver(ctx, events("e", 1))
			said := l.String()
			for _, want := range tt.says {
				if want = strings.ReplaceAll(
					want,
					"PROXY ",
					address+" ",
				); !strings.Contains(
					said,
					strings.ReplaceAll(want, "PROXY: ", address+": "),
				) &&
					!(strings.HasSuffix(want, "proxy PROXY") && strings.Contains(said, strings.TrimSuffix(want, "PROXY")+address)) {
					t.Errorf("the log does not say %q:\n%s", want, said)
				}
			}
			if strings.Contains(said, "delivery is paused") != tt.waits || strings.Count(said, "\n") != 1 ||
				strings.Contains(said, "hunter2") {
				t.Errorf("the log says\n%s", said)
			}
			if source.times.Load() > 0 || strings.Contains(said, "TOKEN") {
				t.Errorf("the token is blamed:\n%s", said)
			}
		})
	}
}

func TestProxyVariableThatIsNone(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://me:hunter2@:::bad")
	synctest.Test(t, func(t *testing.T) {
		c, _, _ := client(t, func(cfg *hec.Config) { cfg.FailFast = true }, "https://splunk.example.com:8088")
		hec.SetProxy(c, func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy address") })
		err := c.Deliver(t.Context(), events("e", 1))
		var config *hec.ConfigError
		if !errors.As(err, &config) || !strings.Contains(config.Reason, "HTTPS_PROXY: got ") ||
			!strings.Contains(config.Hint, "HTTPS_PROXY") ||
			strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
	})
}

// HEC itself answers through a proxy as it does without.
func TestHECBehindAProxy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := start(t, receiver.Options{})
		c, l, _ := client(t, nil, "http://splunk.example.com:8088")
		hec.SetProxy(c, func(*http.Request) (*url.URL, error) { return url.Parse(s.URL()) })
		if err := c.Deliver(t.Context(), events("e", 2)); err != nil || s.taken() != "e1 e2" {
			t.Errorf("%v, taken %s\n%s", err, s.taken(), l)
		}
		s.SetTokens(receiver.Token{Value: "another"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c.Deliver(ctx, events("f", 1))
		if !strings.Contains(l.String(), "check TOKEN") {
			t.Errorf("the log says\n%s", l)
		}
	})
}

// A gateway gives up waiting for large bodies, which HEC takes each time.
func TestAGatewayThatDoesNotWait(t *testing.T) {
	bubble(t, func(t *testing.T) {
		const n, least = 1000, 3 << 10
		late := func(r *receiver.Request) receiver.Fault {
			if r.HTTP.ContentLength > least {
				return receiver.Fault{At: receiver.Taken, Status: 504}
			}
			return receiver.Fault{}
		}
		s := start(t, receiver.Options{Fault: receiver.Submissions(late)})
		c, l, _ := client(t, nil, s.URL())
		text := func(i int) string { return fmt.Sprintf("%d-%x", i, i*7919*7907) }
		if err := c.Deliver(t.Context(), lines(n, text)); err != nil {
			t.Fatal(err)
		}
		sent := s.Stats().Taken()
		for _, want := range []string{"time-out of the gateway", "come twice"} {
			if strings.Count(l.String(), want) != 1 {
				t.Errorf("the log does not say %q once:\n%s", want, l)
			}
		}
		// Twice whole, then half, a quarter …
		if sent > 4*n || c.Stats().Ambiguous < 2 {
			t.Errorf("%d events taken for %d, %d ambiguous", sent, n, c.Stats().Ambiguous)
		}
		// What comes next is sent in such portions at once.
		if err := c.Deliver(t.Context(), lines(n/4, text)); err != nil {
			t.Fatal(err)
		}
		if again := s.Stats().Taken() - sent; again > n/4+n/8 {
			t.Errorf("%d events taken for %d", again, n/4)
		}
	})
}
