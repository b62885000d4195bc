//go:build linux

package proxies

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// stripping are front ends that pass requests on and put a reply of their own in
// place of HEC's.
var stripping = map[*program]string{
	nginx: `location / { mirror /mirror; proxy_pass http://{addr}/replaced; }
		location = /mirror { internal; proxy_pass http://{receiver}$request_uri; }
		location /replaced { return 200 '{"status":"Success"}'; }
		location /services/collector/health { proxy_pass http://{receiver}; }`,
	haproxy: `http-response return status 200 content-type application/json string "{\"status\":\"Success\"}" unless { capture.req.uri -m sub health }
	default_backend receiver`,
	caddy: "@events not path */health\nreverse_proxy @events {receiver} {\n@ok status 2xx\nhandle_response @ok {\nrespond \"\" 200\n}\n}\nreverse_proxy {receiver}",
}

// Where the reply may have meant yes, the same events come again after 1 s, then
// 2, then 4: the receiver, which takes them each time, gets few copies.
func TestRepliesReplaced(t *testing.T) {
	t.Parallel()
	each(t, stripping, func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{})
		f := r.front(p, body)
		r.write(4000, 0)
		r.start()
		r.eventually("a first batch", func() bool { return r.submissions(0) >= 1 })
		first := time.Now()
		r.says("paused", "hint=")
		r.eventually("a third", func() bool { return r.submissions(0) >= 3 })
		// 1 s and 2 s, less what the first batch was noticed late.
		if took := time.Since(first); took < 2*time.Second {
			t.Errorf("three batches within %v", took)
		}
		f.reload(p.bodyFor)
		r.delivered(6)
	})
}

// With ACCEPT_WITHOUT_CODE such replies count, and nothing comes twice.
func TestRepliesReplacedAndAccepted(t *testing.T) {
	t.Parallel()
	each(t, stripping, func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{})
		r.env["ACCEPT_WITHOUT_CODE"] = "on"
		r.front(p, body)
		r.write(4000, 0)
		r.start()
		r.delivered(1)
	})
}

// isHEC reports whether the health of HEC is behind a URL, which answers.
func isHEC(url string) (is, answers bool) {
	c := http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(url + "/services/collector/health")
	if err != nil {
		return false, false
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return false, false
	}
	return strings.Contains(string(text), `"code":17`), true
}
