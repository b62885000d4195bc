package exchange

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

// TestPackedBodies: zstd as Ollama unpacks it, and what it does not.
func TestPackedBodies(t *testing.T) {
	_, client, w := scene(t)
	c := clientIn(t, client, serverAddress)
	body := `{"model":"llama3.2","messages":[{"role":"user","content":"Hello"}]}`
	beyond := `{"pad":"` + strings.Repeat("x", maxUnpacked) + `","model":"llama3.2"}`
	asks := []struct {
		coding, body string
		status       int
		texts        []string
	}{
		{"zstd", body, 200, []string{`"model":"llama3.2"`, `"messages":1`}},
		{"gzip", body, 400, []string{`"error":`, `!"model"`}},
		{"zstd", beyond, 400, []string{`"error":`, `!"model"`}},
	}
	var sizes []int
	for _, a := range asks {
		text := compressed(t, a.coding, a.body)
		sizes = append(sizes, len(text))
		status, answer := ask(t, c, "POST", "/v1/chat/completions", strings.NewReader(text), "Content-Encoding: "+a.coding)
		if status != a.status {
			t.Errorf("%s of %d bytes: %d %s", a.coding, len(a.body), status, answer)
		}
	}
	c.CloseIdleConnections()
	api, _ := w.all(1)
	if len(api) != len(asks) {
		t.Fatalf("%s", api)
	}
	for i, a := range asks {
		has(t, a.coding, api[i], append(a.texts, fmt.Sprintf(`"bytes_in":%d,`, sizes[i]))...)
	}
}

// TestHidden: nothing can be said to Ollama in a way that hides it.
func TestHidden(t *testing.T) {
	_, client, w := scene(t)
	bodies := []struct{ body, model string }{
		{`{"MODEL":"x1","Messages":[{"Role":"USER","CONTENT":"Hello"}]}`, "x1"},
		{`{"model":"x1","model":"x2","messages":[]}`, "x2"},
		{`{"model":"x3"} {"model":"y"} trailing`, "x3"},
		{"{\"model\":\"x4\",\"messages\":[{\"role\":\"user\",\"content\":\"\xff\xfe\"}]}", "x4"},
	}
	for _, b := range bodies {
		c := clientIn(t, client, serverAddress)
		if status, answer := ask(t, c, "POST", "/api/chat", strings.NewReader(b.body)); status != 200 {
			t.Errorf("%s: %d %s", b.body, status, answer)
		}
		c.CloseIdleConnections()
	}
	big := clientIn(t, client, serverAddress)
	status, _ := ask(t, big, "POST", "/api/chat", strings.NewReader(askedChat), "X-Pad: "+strings.Repeat("x", 1<<20))
	big.CloseIdleConnections()
	api, _ := w.all(len(bodies) + 1)
	if len(api) != len(bodies)+1 {
		t.Fatalf("%d events: %.2000s", len(api), api)
	}
	for i, b := range bodies {
		has(t, b.body, api[i], fmt.Sprintf(`"model":%q`, b.model), `"status":200`)
	}
	has(t, "a head of 1 MiB", api[len(bodies)], fmt.Sprintf(`"status":%d`, status), `"uri_path":"/api/chat"`)
}

// TestProbes: what Ollama's log does not show is an event, or is counted.
func TestProbes(t *testing.T) {
	_, client, w := scene(t)
	for i, text := range []string{
		"GET /api/../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
		"hello\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
		"",
		"GET //api/tags HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
	} {
		c := client.Dial(t, serverAddress)
		if text != "" {
			_, _ = io.WriteString(c, text)
			_, _ = io.Copy(io.Discard, c)
		}
		_ = c.Close()
		w.closed(i + 1)
	}
	api, prompts := w.all(5)
	if len(api) != 4 || len(prompts) != 0 {
		t.Fatalf("%s %s", api, prompts)
	}
	has(t, "up", api[0], `"uri_path":"/api/../../etc/passwd"`, `"status":200`)
	has(t, "no HTTP", api[1], `"status":400`, `!"uri_path"`)
	has(t, "HTTP/2", api[2], `"http_method":"PRI"`)
	has(t, "twice", api[3], `"uri_path":"//api/tags"`)
	if n := w.end().Stats.Malformed; n != 1 {
		t.Errorf("%d are malformed", n)
	}
}
