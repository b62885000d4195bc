//go:build linux

package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/fakeollama"
	"ollama-hec/hec/receiver"
	"ollama-hec/input/netnstest"
	"ollama-hec/input/spool"
)

// behindProxy is a bench whose proxy stands before a fake Ollama.
func behindProxy(t *testing.T) (*bench, *captures) {
	t.Helper()
	b, got := spooled(t, receiver.Options{})
	ollama := httptest.NewServer(&fakeollama.Ollama{Words: []string{"The", " sky", " is", " blue."}})
	t.Cleanup(ollama.Close)
	b.env["PROXY_LISTEN"] = "127.0.0.1:0"
	b.env["PROXY_UPSTREAM"] = strings.TrimPrefix(ollama.URL, "http://")
	return b, got
}

var proxying = regexp.MustCompile(`msg=proxying listen=(\S+)`)

// proxy starts one and returns the URL of its clients.
func (b *bench) proxy() (*Shipper, string) {
	b.t.Helper()
	p := b.launch("proxy")
	b.t.Cleanup(func() {
		p.Kill()
		b.check(p)
	})
	b.eventually("a proxy that listens", func() bool { return proxying.MatchString(p.Log()) })
	return p, "http://" + proxying.FindStringSubmatch(p.Log())[1]
}

// ask sends a request and returns all of its answer.
func (b *bench) ask(url, body string) string {
	b.t.Helper()
	resp, err := http.Post(url, "application/json", strings.NewReader(body))
	b.must(err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	b.must(err)
	return string(answer)
}

// What is asked through the proxy reaches Splunk, and no secret touches the disk on its way.
func TestWhatPassesTheProxyIsShipped(t *testing.T) {
	t.Parallel()
	b, got := behindProxy(t)
	p, url := b.proxy()
	const secret = "hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678"
	for range 3 {
		answer := b.ask(url+"/api/chat", `{"model":"tiny","messages":[{"role":"user","content":"my token is `+secret+`"}]}`)
		if n := strings.Count(answer, "\n"); n != 5 || !strings.Contains(answer, `"done":true`) {
			t.Errorf("%d lines: %s", n, answer)
		}
	}
	p.Signal(os.Interrupt)
	b.wantExit(p, 0)
	for _, path := range b.segments() {
		text, err := os.ReadFile(path)
		b.must(err)
		if strings.Contains(string(text), secret) {
			t.Errorf("%s holds the token", path)
		}
	}
	b.wantExit(b.launch("run", "--once"), 0)
	if n := len(got.find("capture_started")); n != 1 {
		t.Errorf("%d starts are told, want one", n)
	}
	requests, prompts := 0, 0
	for _, e := range got.find(`"origin":"proxy"`) {
		switch e.Sourcetype {
		case "ollama:api":
			requests++
			var event struct {
				Model      string
				Completion int     `json:"completion_tokens"`
				First      float64 `json:"ttft_ms"`
				Time       float64 `json:"response_time_ms"`
				Src, Cut   string
			}
			b.must(json.Unmarshal(e.Event, &event))
			if event.Model != "tiny" || event.Completion != 4 || event.First <= 0 || event.Time < event.First ||
				event.Src != "127.0.0.1" || event.Cut != "" {
				t.Errorf("%s", e.Event)
			}
		case "ollama:prompts":
			prompts++
			if !strings.Contains(string(e.Event), `"prompt":"my token is [REDACTED:token]"`) {
				t.Errorf("%s", e.Event)
			}
		}
	}
	if requests != 3 || prompts != 3 {
		t.Errorf("%d requests and %d prompts, want 3 each", requests, prompts)
	}
	if left := b.segments(); len(left) > 0 {
		t.Errorf("%q are left", left)
	}
}

// A spool that holds all it may costs no request. What is lost is counted, and said.
func TestAFullSpoolCostsNoRequest(t *testing.T) {
	t.Parallel()
	b, got := behindProxy(t)
	w := b.spoolWriter(256 << 20)
	for n := range 200 {
		w.Emit(spool.Record{Sourcetype: "ollama:api", Event: fmt.Appendf(nil, `{"n":%d,"of":%q}`, n, strings.Repeat("x", 10<<10))})
	}
	b.must(w.Close())
	b.env["SPOOL_BYTES"] = "1MiB"
	p, url := b.proxy()
	for range 20 {
		if answer := b.ask(url+"/api/generate", `{"model":"tiny","prompt":"hi"}`); !strings.Contains(answer, `"done":true`) {
			t.Errorf("%s", answer)
		}
	}
	b.eventually("it to be said", func() bool { return strings.Contains(p.Log(), "requests are counted and not kept") })
	p.Signal(os.Interrupt)
	b.wantExit(p, 0)
	if c := b.seenBy("proxy").Counts; c["requests"] != 20 || c["spool_lost_full"] < 20 {
		t.Errorf("counted: %v", c)
	}
	// Once there is room again a proxy tells of its requests.
	b.wantExit(b.launch("run", "--once"), 0)
	p, url = b.proxy()
	b.ask(url+"/api/generate", `{"model":"tiny","prompt":"hi"}`)
	p.Signal(os.Interrupt)
	b.wantExit(p, 0)
	b.wantExit(b.launch("run", "--once"), 0)
	if n := len(got.find(`"origin":"proxy","src"`)); n < 1 {
		t.Error("what came after it is not told")
	}
}

// kill -9 of a proxy loses what was in its hands, and the next one goes on.
func TestAProxyIsKilled(t *testing.T) {
	t.Parallel()
	b, got := behindProxy(t)
	for life := range 3 {
		p, url := b.proxy()
		b.ask(url+"/api/generate", fmt.Sprintf(`{"model":"life-%d","prompt":"hi"}`, life))
		b.eventually("what is written", func() bool {
			var all strings.Builder
			for _, path := range b.segments() {
				text, err := os.ReadFile(path)
				b.must(err)
				all.Write(text)
			}
			return strings.Contains(all.String(), fmt.Sprintf(`"model":"life-%d"`, life))
		})
		p.Kill()
	}
	b.wantExit(b.launch("run", "--once"), 0)
	for life := range 3 {
		if n := len(got.find(`"uri_path":"/api/generate"`)); n != 3 {
			t.Fatalf("%d requests, want 3", n)
		}
		if n := len(got.find(fmt.Sprintf(`"model":"life-%d"`, life))); n != 2 { // the request, and its prompt
			t.Errorf("%d events of life %d, want 2", n, life)
		}
	}
}

// What cannot work ends with 2, and says what to do.
func TestAProxyThatCannotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tt := range []struct {
		env  map[string]string
		says []string
	}{
		{map[string]string{"PROXY_LISTEN": taken.Addr().String()},
			[]string{"OLLAMA_HEC_PROXY_LISTEN", taken.Addr().String(), "OLLAMA_HOST=127.0.0.1:11435"}},
		{map[string]string{"SPOOL": "off"}, []string{"OLLAMA_HEC_SPOOL", `"off"`}},
		{map[string]string{"PROXY_CERT_FILE": "/nowhere/cert.pem"}, []string{"OLLAMA_HEC_PROXY_CERT_FILE", "belong together"}},
		{map[string]string{"PROXY_UPSTREAM": "ollama"}, []string{"OLLAMA_HEC_PROXY_UPSTREAM", `"ollama"`, "127.0.0.1:11435"}},
		{map[string]string{"STATE_DIR": "/proc/nowhere"}, []string{"OLLAMA_HEC_STATE_DIR=/proc/nowhere"}},
	} {
		b, _ := behindProxy(t)
		for name, value := range tt.env {
			b.env[name] = value
		}
		p := b.launch("proxy")
		b.wantExit(p, 2)
		for _, says := range tt.says {
			if !strings.Contains(p.Log(), says) {
				t.Errorf("%v: %q is not in %q", tt.env, says, p.Log())
			}
		}
		if len(b.segments()) > 0 {
			t.Errorf("%v: a record says that it had started", tt.env)
		}
	}
}

// What a proxy tells of, capture does not tell again: neither of the proxy's port nor of Ollama's behind it.
func TestCaptureLeavesToTheProxyWhatItTells(t *testing.T) {
	t.Parallel()
	b, _ := behindProxy(t)
	p, url := b.proxy()
	b.eventually("the proxy's ports to be known", func() bool { return len(b.seenBy("proxy").Ports) == 2 })
	port := func(address string) string { return address[strings.LastIndexByte(address, ':')+1:] }
	b.env["CAPTURE"] = "requests"
	b.env["CAPTURE_PORTS"] = port(url) + "," + port(b.env["PROXY_UPSTREAM"])
	c := b.launch("capture")
	b.eventually("the capture to run, or not", func() bool {
		select {
		case <-c.Done():
			return true
		default:
			return strings.Contains(c.Log(), "msg=capturing")
		}
	})
	if strings.Contains(c.Log(), "CAP_NET_RAW") {
		netnstest.Without(t, "no right to read packets")
	}
	for range 5 {
		b.ask(url+"/api/generate", `{"model":"tiny","prompt":"hi"}`)
	}
	p.Signal(os.Interrupt)
	b.wantExit(p, 0)
	if n := b.seenBy("proxy").Counts["requests"]; n != 5 {
		t.Errorf("the proxy tells of %d requests, want 5", n)
	}
	// Without the proxy Ollama's port is captured, and what is asked there directly told.
	b.eventually("Ollama's port to be captured", func() bool {
		return strings.Contains(c.Log(), `another port is captured" port=`+port(b.env["PROXY_UPSTREAM"]))
	})
	b.ask("http://"+b.env["PROXY_UPSTREAM"]+"/api/generate", `{"model":"tiny","prompt":"hi"}`)
	b.eventually("it to be told", func() bool { return b.seenBy("capture").Counts["requests"] > 0 })
	c.Signal(os.Interrupt)
	b.wantExit(c, 0)
	if n := b.seenBy("capture").Counts["requests"]; n != 1 {
		t.Errorf("capture tells of %d requests, want the one that passed no proxy", n)
	}
}

// seenBy is what a writer of the spool says of itself.
func (b *bench) seenBy(writer string) spool.Seen {
	b.t.Helper()
	in, err := spool.NewReader(b.state, slog.New(slog.DiscardHandler)).Inspect()
	b.must(err)
	if in == nil {
		return spool.Seen{}
	}
	return in.Writers[writer]
}
