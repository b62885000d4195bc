package proxy_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// request is a request of which the connection is closed behind the answer.
func request(line, body string, header ...string) string {
	head := line + "\r\nHost: 127.0.0.1:11434\r\nConnection: close\r\n"
	for _, h := range header {
		head += h + "\r\n"
	}
	if body != "" {
		head += fmt.Sprintf("Content-Length: %d\r\n", len(body))
	}
	return head + "\r\n" + body
}

// raw are requests as they are on the wire.
var raw = map[string]string{
	"root":                request("GET / HTTP/1.1", ""),
	"root, head only":     request("HEAD / HTTP/1.1", ""),
	"tags":                request("GET /api/tags HTTP/1.1", ""),
	"tags, head only":     request("HEAD /api/tags HTTP/1.1", ""),
	"not there":           request("GET /api/nothing HTTP/1.1", ""),
	"preflight":           request("OPTIONS /api/chat HTTP/1.1", "", "Origin: http://evil.example", "Access-Control-Request-Method: POST"),
	"asterisk":            request("OPTIONS * HTTP/1.1", ""),
	"two slashes":         request("GET //api/tags HTTP/1.1", ""),
	"dots":                request("GET /api/../api/tags HTTP/1.1", ""),
	"escaped":             request("GET /api/%2e%2e/%61pi/tags?q=%zz;a=b HTTP/1.1", ""),
	"absolute":            request("GET http://127.0.0.1:11434/api/tags HTTP/1.1", ""),
	"chat":                request("POST /api/chat HTTP/1.1", `{"model":"m","messages":[{"role":"user","content":"hi"}]}`),
	"chat, whole":         request("POST /api/chat HTTP/1.1", `{"model":"m","stream":false,"messages":[]}`),
	"generate":            request("POST /api/generate HTTP/1.1", `{"model":"m","prompt":"hi"}`),
	"embed":               request("POST /api/embed HTTP/1.1", `{"model":"m","input":"hi"}`),
	"OpenAI":              request("POST /v1/chat/completions HTTP/1.1", `{"model":"m","stream":true,"messages":[]}`),
	"OpenAI, whole":       request("POST /v1/chat/completions HTTP/1.1", `{"model":"m","messages":[]}`),
	"Anthropic":           request("POST /v1/messages HTTP/1.1", `{"model":"m","stream":true,"messages":[]}`),
	"missing":             request("POST /api/chat HTTP/1.1", `{"model":"missing:latest"}`),
	"missing, OpenAI":     request("POST /v1/chat/completions HTTP/1.1", `{"model":"missing:latest"}`),
	"missing, Anthropic":  request("POST /v1/messages HTTP/1.1", `{"model":"missing:latest"}`),
	"fails under 200":     request("POST /api/chat HTTP/1.1", `{"model":"failing:latest"}`),
	"no JSON":             request("POST /api/chat HTTP/1.1", `{"model":`),
	"no body":             request("POST /api/chat HTTP/1.1", ""),
	"blob":                request("POST /api/blobs/sha256:12 HTTP/1.1", strings.Repeat("x", 100_000)),
	"blob in chunks":      "POST /api/blobs/sha256:12 HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"body on demand":      request("POST /api/chat HTTP/1.1", `{"model":"m","stream":false}`, "Expect: 100-continue"),
	"HTTP/1.0":            "GET /api/tags HTTP/1.0\r\n\r\n",
	"HTTP/1.0, stream":    "POST /api/chat HTTP/1.0\r\nContent-Length: 13\r\n\r\n" + `{"model":"m"}`,
	"HTTP/1.0, head only": "HEAD / HTTP/1.0\r\nHost: a\r\n\r\n",
	"upgrade not taken":   request("GET / HTTP/1.1", "", "Upgrade: h2c"),
	"no host":             "GET / HTTP/1.1\r\n\r\n",
	"no HTTP":             "HELO there\r\n\r\n",
	"no answer on demand": request("POST / HTTP/1.1", "", "Expect: miracle"),
	"large header":        request("GET / HTTP/1.1", "", "X-Large: "+strings.Repeat("a", 2<<20)),
	"twice in one packet": request("GET /api/tags HTTP/1.1", "")[:len("GET /api/tags HTTP/1.1\r\nHost: 127.0.0.1:11434\r\n")] + "\r\n" + request("GET / HTTP/1.1", ""),
	"compressed is asked": request("GET /api/tags HTTP/1.1", "", "Accept-Encoding: gzip, br"),
	"bare answer":         request("GET /bare HTTP/1.1", ""),
	"nothing said":        request("GET /empty HTTP/1.1", ""),
	"no content":          request("GET /no-content HTTP/1.1", ""),
	"not modified":        request("GET /not-modified HTTP/1.1", ""),
	"redirect":            request("GET /redirect HTTP/1.1", ""),
	"trailer":             request("GET /trailer HTTP/1.1", ""),
	"compressed":          request("GET /compressed HTTP/1.1", ""),
	"too much":            request("POST /refuses HTTP/1.1", "more than it wants", "Expect: 100-continue"),
}

// odd answers what Ollama does not, in ways in which HTTP allows it.
func odd(next http.Handler) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/bare", func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"], w.Header()["Date"] = nil, nil
		_, _ = io.WriteString(w, "<html>is not said to be any</html>")
	})
	mux.HandleFunc("/empty", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/no-content", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("/not-modified", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) })
	mux.HandleFunc("/redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/api/tags", 307) })
	mux.HandleFunc("/trailer", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "body")
		w.Header().Set("X-Sum", "4")
	})
	mux.HandleFunc("/compressed", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write([]byte("\x1f\x8bnot even gzip"))
	})
	mux.HandleFunc("/refuses", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusRequestEntityTooLarge)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, pattern := mux.Handler(r); pattern != "" && strings.Trim(r.URL.Path, "/") == strings.TrimPrefix(pattern, "/") {
			mux.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// What a client gets through the proxy is what it gets from Ollama, but for the order of
// header fields and how a body is cut into chunks.
func TestAnswersAreOllamas(t *testing.T) {
	t.Parallel()
	s := newStand(t, odd(ollama()))
	for name, ask := range raw {
		t.Run(name, func(t *testing.T) {
			direct := exchangeRaw(t, strings.TrimPrefix(s.upstream.URL, "http://"), ask)
			through := exchangeRaw(t, s.addr(), ask)
			if direct != through {
				t.Errorf("directly\n%s\n\nthrough the proxy\n%s", direct, through)
			}
		})
	}
}

var (
	date  = regexp.MustCompile(`Date: [^\r]+`)
	heads = regexp.MustCompile(`(?s)HTTP/1\.\d \d{3} .*?\r\n\r\n`)
)

// exchangeRaw sends bytes and returns what comes back until the end: header fields in order,
// bodies without the sizes of chunks.
func exchangeRaw(t *testing.T, addr, ask string) string {
	t.Helper()
	c := dial(t, addr)
	go func() { _, _ = io.WriteString(c, ask) }() // the answer may come before its end
	all, err := io.ReadAll(c)
	if err != nil && len(all) == 0 {
		t.Fatal(err)
	}
	all = heads.ReplaceAllFunc(all, func(head []byte) []byte {
		head = date.ReplaceAll(head, []byte("Date: now"))
		lines := strings.Split(strings.TrimSuffix(string(head), "\r\n\r\n"), "\r\n")
		slices.Sort(lines[1:])
		return []byte(strings.Join(lines, "\r\n") + "\r\n\r\n")
	})
	const chunked = "Transfer-Encoding: chunked\r\n\r\n" // the last one, in the order of names
	head, rest, ok := bytes.Cut(all, []byte(chunked))
	if !ok {
		return string(all)
	}
	body := bufio.NewReader(bytes.NewReader(rest))
	whole, err := io.ReadAll(httputil.NewChunkedReader(body))
	if err != nil {
		t.Errorf("%v in %q", err, rest)
	}
	trailer, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(head) + chunked + string(whole) + "\n" + string(trailer)
}
