//go:build linux

package proxies

import (
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// elsewhere names a loopback address in a way that Go does not take for one: it
// asks no proxy for those.
func elsewhere(url string) string { return strings.Replace(url, "127.0.0.1", "127.1", 1) }

// behindTinyproxy has the shipper reach the receiver, or with TLS nginx in front of
// it, through a forward proxy.
func behindTinyproxy(t *testing.T, https bool, config string) (*rig, *front) {
	t.Helper()
	r := newRig(t, receiver.Options{Tokens: acking})
	r.env["URL"] = elsewhere(r.receivers[0].URL())
	variable := "HTTP_PROXY"
	if https {
		papers := newPapers(t)
		f := r.frontTLS(nginx, papers.listen(nginx, false), nginx.bodyFor)
		r.env["URL"], r.env["CA_FILE"] = elsewhere(f.url()), papers.file("ca.pem")
		variable = "HTTPS_PROXY"
	}
	proxy := startFront(t, tinyproxy, "", config)
	r.before = []string{variable + "=" + proxy.url()}
	return r, proxy
}

func TestForwardProxy(t *testing.T) {
	t.Parallel()
	for name, https := range map[string]bool{"http": false, "https": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, proxy := behindTinyproxy(t, https, tinyproxy.bodyFor)
			r.write(2000, 0)
			r.start()
			r.delivered(1)
			if !strings.Contains(proxy.said.String(), "127.1") {
				t.Error("the proxy was not asked")
			}
		})
	}
}

// What a forward proxy refuses is not what Splunk says: the proxy is named, with
// its status, and the variable.
func TestForwardProxyRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, config string
		// Of a plain request tinyproxy reads no body before it answers and closes:
		// the reset may come before the status.
		status   string
		https    bool
		variable string
	}{
		{"CONNECT to another port", "Allow 127.0.0.1\nConnectPort 443\n", "403", true, "HTTPS_PROXY"},
		{"denied", "Allow 10.0.0.1\n", "403", true, "HTTPS_PROXY"},
		{"plain http denied", "Allow 10.0.0.1\n", "", false, "HTTP_PROXY"},
		{"asks for a password", "Allow 127.0.0.1\nBasicAuth somebody secret\n", "407", true, "HTTPS_PROXY"},
		{"plain http without a password", "Allow 127.0.0.1\nBasicAuth somebody secret\n", "", false, "HTTP_PROXY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, proxy := behindTinyproxy(t, tt.https, tt.config)
			r.write(1000, 0)
			r.hasty()
			r.start()
			r.says("hint=", tt.variable, proxy.addr, tt.status)
			if r.copies() > 0 {
				t.Error("events came all the same")
			}
			r.before = nil // without the proxy they come
			r.env["URL"] = strings.Replace(r.env["URL"], "127.1", "127.0.0.1", 1)
			r.restart()
			r.delivered(1)
		})
	}
}

func TestForwardProxyThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := newRig(t, receiver.Options{})
	addr := place(t)
	r.env["URL"] = elsewhere(r.receivers[0].URL())
	r.before = []string{"HTTP_PROXY=http://" + addr}
	r.write(100, 0)
	r.start()
	r.says("hint=", "HTTP_PROXY", addr)
}

// A variable that names no proxy is named itself.
func TestBadProxyVariable(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"http://[bad", "http://proxy:port", "proxy example"} {
		t.Run(bad, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, receiver.Options{})
			r.env["URL"] = "https://splunk.example:8088"
			r.before = []string{"HTTPS_PROXY=" + bad}
			r.write(1, 0)
			r.start()
			r.says("HTTPS_PROXY")
		})
	}
}
