package exchange

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ollama-hec/input/netnstest"
)

const serverAddress = "203.0.113.1:11434"

// clientIn is a client of HTTP in a namespace, that asks all on one connection.
func clientIn(t *testing.T, ns netnstest.Namespace, address string) *http.Client {
	t.Helper()
	c := ns.Dial(t, address)
	once := make(chan net.Conn, 1)
	once <- c
	transport := &http.Transport{DisableCompression: true, MaxConnsPerHost: 1}
	transport.DialContext = func(context.Context, string, string) (net.Conn, error) { return <-once, nil }
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// ask asks and reads all of the answer.
func ask(t *testing.T, c *http.Client, method, path string, body io.Reader, fields ...string) (status int, got string) {
	t.Helper()
	r, err := http.NewRequest(method, "http://"+serverAddress+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for _, field := range fields {
		name, value, _ := strings.Cut(field, ": ")
		r.Header.Set(name, value)
	}
	answer, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

// scene is a client and a fake Ollama on a cable, and who captures what they say.
func scene(t *testing.T) (f *fake, client netnstest.Namespace, w *watcher) {
	t.Helper()
	client, host := netnstest.Cable(t)
	f = &fake{}
	f.serve(t, host, serverAddress)
	return f, client, watch(t, host)
}

// TestEveryEndpoint: what events tell of each endpoint is what its answer says, streamed or not.
func TestEveryEndpoint(t *testing.T) {
	const (
		chat       = `{"model":"llama3.2","messages":[{"role":"user","content":"Hello"}]`
		generate   = `{"model":"llama3.2","prompt":"Hello"`
		finalChat  = `"prompt_tokens":26,"completion_tokens":290`
		finalTimes = `"total_duration_ms":5043.500667,"load_duration_ms":5.025959,"prompt_eval_duration_ms":325.953,"eval_duration_ms":4709.213`
		hello      = `"prompt":"Hello"`
	)
	of := func(texts ...string) []string { return texts }
	asks := []struct {
		path, body string
		api        []string // what the event of the API has
		prompt     string   // of the other one; "": there is none
	}{
		{"/api/chat", chat + `}`, of(`"stream":true`, finalChat, finalTimes, `"chunks":2`, `"ttft_ms":`, `"done_reason":"stop"`, `"operation":"chat"`), hello},
		{"/api/chat", chat + `,"stream":false}`, of(`"stream":false`, finalChat, finalTimes, "!ttft_ms", "!chunks"), hello},
		{"/api/generate", generate + `}`, of(`"stream":true`, `"prompt_tokens":11,"completion_tokens":18`, `"chunks":2`), hello},
		{"/api/generate", generate + `,"stream":false}`, of(`"stream":false`, `"prompt_tokens":11,"completion_tokens":18`), hello},
		{"/v1/chat/completions", chat + `,"stream":true}`, of(`"stream":true`, "!_tokens", `"chunks":2`, `"done_reason":"stop"`, `"api":"openai"`), hello},
		{"/v1/chat/completions", chat + `,"stream":true,"stream_options":{"include_usage":true}}`, of(`"prompt_tokens":12,"completion_tokens":3`), hello},
		{"/v1/chat/completions", chat + `}`, of(`"stream":false`, `"prompt_tokens":12,"completion_tokens":3`, `"done_reason":"stop"`), hello},
		{"/v1/completions", generate + `,"stream":true}`, of(`"stream":true`, "!_tokens"), hello},
		{"/v1/completions", generate + `}`, of(`"prompt_tokens":12,"completion_tokens":3`), hello},
		{"/v1/messages", chat + `,"max_tokens":9,"system":"Be","stream":true}`, of(`"prompt_tokens":31,"completion_tokens":5`, `"done_reason":"end_turn"`, `"api":"anthropic"`), hello},
		{"/v1/messages", chat + `,"max_tokens":9}`, of(`"stream":false`, `"prompt_tokens":31,"completion_tokens":5`), hello},
		{"/v1/responses", `{"model":"llama3.2","input":"Hello","stream":true}`, of(`"stream":true`, `"prompt_tokens":20,"completion_tokens":4`), hello},
		{"/v1/responses", `{"model":"llama3.2","input":"Hello"}`, of(`"stream":false`, `"prompt_tokens":20,"completion_tokens":4`), hello},
		{"/api/embed", `{"model":"llama3.2","input":["Hello","you"]}`, of(`"prompt_tokens":8`, "!completion_tokens", "!\"stream\""), `"prompt":"Hello\nyou"`},
		{"/api/embeddings", generate + `}`, of(`"model":"llama3.2"`, "!_tokens"), hello},
		{"/v1/embeddings", `{"model":"llama3.2","input":"Hello"}`, of(`"prompt_tokens":8`, "!completion_tokens"), hello},
		{"/api/pull", `{"model":"llama3.2","password":"hunter2"}`, of(`"stream":true`, `"operation":"pull"`, "!hunter2", "!chunks", "!_tokens"), ""},
		{"/api/push", `{"model":"llama3.2"}`, of(`"error":"no"`, `"status":200`, `"operation":"push"`), ""},
		{"/api/create", `{"model":"llama3.2","system":"You are"}`, of(`"operation":"create"`), ""},
		{"/api/show", `{"name":"llama3.2"}`, of(`"operation":"show"`, `"model":"llama3.2"`), ""},
		{"/api/copy", `{"source":"llama3.2","destination":"b"}`, of(`"operation":"copy"`, `"model":"llama3.2"`), ""},
		{"/api/experimental/web_search", `{"query":"Hello"}`, of("!\"model\""), hello},
		{"/api/experimental/web_fetch", `{"url":"http://192.0.2.1/"}`, of("!\"model\""), `"prompt":"http://192.0.2.1/"`},
		{"/v1/audio/transcriptions", "--X\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nllama3.2\r\n--X\r\n" +
			"Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\nRIFF\r\n--X--\r\n", of(`"model":"llama3.2"`, "!_tokens"), ""},
	}
	_, client, w := scene(t)
	c := clientIn(t, client, serverAddress)
	for _, a := range asks {
		kind := "Content-Type: application/json"
		if a.body[0] == '-' {
			kind = "Content-Type: multipart/form-data; boundary=X"
		}
		if status, answer := ask(t, c, "POST", a.path, strings.NewReader(a.body), kind); status != 200 {
			t.Errorf("%s: %d %s", a.path, status, answer)
		}
	}
	c.CloseIdleConnections()
	api, prompts := w.all(1)
	if len(api) != len(asks) {
		t.Fatalf("%d events of %d requests:\n%s", len(api), len(asks), strings.Join(api, "\n"))
	}
	for i, a := range asks {
		what := a.path + " " + a.body
		has(t, what, api[i], append(a.api, fmt.Sprintf(`"uri_path":%q`, a.path), fmt.Sprintf(`"bytes_in":%d,`, len(a.body)), "!partial", "!cut")...)
		if a.prompt != "" {
			if len(prompts) == 0 {
				t.Fatalf("%s: no prompt", what)
			}
			has(t, what, prompts[0], a.prompt, fmt.Sprintf(`"endpoint":%q`, a.path))
			prompts = prompts[1:]
		}
	}
	if len(prompts) > 0 {
		t.Errorf("more prompts than there were: %s", prompts)
	}
}

// TestOneConnection: a hundred requests one after the other, two at once, and one that is given up.
func TestOneConnection(t *testing.T) {
	f, client, w := scene(t)
	c := client.Dial(t, serverAddress)
	reader := &headReader{r: c}
	say := func(text string, n int) {
		if _, err := io.WriteString(c, text); err != nil {
			t.Fatal(err)
		}
		for range n {
			reader.answer(t)
		}
	}
	for i := range 100 {
		say(request("GET", fmt.Sprintf("/api/version?n=%d", i), ""), 1)
	}
	say(request("GET", "/api/tags", "")+request("GET", "/api/ps", ""), 2)
	gone := make(chan struct{})
	f.stream = func(w io.Writer, flush func()) {
		_, _ = io.WriteString(w, token)
		flush()
		<-gone
	}
	if _, err := io.WriteString(c, post("/api/chat", askedChat)); err != nil {
		t.Fatal(err)
	}
	reader.until(t, "content")
	_ = c.SetLinger(0)
	_ = c.Close()
	close(gone)
	api, prompts := w.all(1)
	if len(api) != 103 || len(prompts) != 1 {
		t.Fatalf("%d requests and %d prompts", len(api), len(prompts))
	}
	for i := range 100 {
		has(t, "in turn", api[i], fmt.Sprintf(`"uri_query":"n=%d"`, i), `"status":200`, "!partial")
	}
	has(t, "at once", api[100], "/api/tags", `"status":200`)
	has(t, "at once", api[101], "/api/ps", `"status":200`)
	has(t, "given up", api[102], `"cut":"client"`, `"status":200`, `"model":"llama3.2"`, `"chunks":1`, "!_tokens", fmt.Sprintf(`"bytes_out":%d,`, len(token)))
}

// headReader reads answers of a known length from a connection.
type headReader struct {
	r    io.Reader
	left []byte
}

// until reads until a text was read, and returns what stands before its end.
func (h *headReader) until(t *testing.T, text string) string {
	t.Helper()
	for buf := make([]byte, 4096); ; {
		if i := bytes.Index(h.left, []byte(text)); i >= 0 {
			end := i + len(text)
			got := string(h.left[:end])
			h.left = h.left[end:]
			return got
		}
		n, err := h.r.Read(buf)
		if h.left = append(h.left, buf[:n]...); err != nil {
			t.Fatalf("%v before %q", err, text)
		}
	}
}

func (h *headReader) answer(t *testing.T) {
	t.Helper()
	h.until(t, "HTTP/1.1 200 OK\r\n")
	h.until(t, "\r\n\r\n")
	h.until(t, "}")
}

// zeros is as many bytes as are asked for.
type zeros struct{ left int64 }

func (z *zeros) Read(p []byte) (int, error) {
	if z.left == 0 {
		return 0, io.EOF
	}
	n := int(min(z.left, int64(len(p))))
	clear(p[:n])
	z.left -= int64(n)
	return n, nil
}

// TestLargeBodies: a blob of 1 GB and images of 20 MB are counted, and not kept.
func TestLargeBodies(t *testing.T) {
	const size, image = 1 << 30, 20 << 20
	_, client, w := scene(t)
	c := clientIn(t, client, serverAddress)
	if status, _ := ask(t, c, "POST", "/api/blobs/sha256:00", &zeros{size}); status != http.StatusCreated {
		t.Fatal(status)
	}
	body := `{"model":"llava","messages":[{"role":"user","content":"What is it?","images":["` + strings.Repeat("iVBO", image/4) + `"]}],"stream":false}`
	ask(t, c, "POST", "/api/chat", strings.NewReader(body))
	c.CloseIdleConnections()
	api, prompts := w.all(1)
	told := w.end()
	if len(api) != 2 || len(prompts) != 1 {
		t.Fatalf("%s %.300s", api, prompts)
	}
	if told.Stats.LostBytes > 0 {
		t.Logf("%d bytes of it were lost on a machine that is busy", told.Stats.LostBytes)
	} else {
		// The blob is sent in chunks, so that a hole in it would leave its size unknown.
		has(t, "blob", api[0], fmt.Sprintf(`"bytes_in":%d,`, size), "!partial", "!\"model\"")
		has(t, "image", api[1], fmt.Sprintf(`"bytes_in":%d,`, len(body)), `"images":1`, `"model":"llava"`)
		has(t, "prompt", prompts[0], `"prompt":"What is it?"`, `"images":1`, "!iVBO")
	}
	t.Logf("%d MiB resident at most", told.Memory>>20)
	if !raced && told.Memory > 32<<20 {
		t.Errorf("%d MiB were resident", told.Memory>>20)
	}
}

// TestPaths: on loopback, over IPv6, by mapped addresses, and to a container that is seen three times, a request is
// one event, with the client that asks.
func TestPaths(t *testing.T) {
	client, host := netnstest.Cable(t)
	container := netnstest.Container(t, host, 11434)
	f := &fake{}
	f.serve(t, container, "[::]:11434")
	f.serve(t, host, "[::]:11434")
	w := watch(t, host)
	get := func(ns netnstest.Namespace, address string) {
		c := clientIn(t, ns, address)
		ask(t, c, "GET", "/api/version", http.NoBody)
		c.CloseIdleConnections()
	}
	get(host, "127.0.0.1:11434")
	w.closed(1)
	get(host, "[::1]:11434")
	w.closed(2)
	get(client, "[2001:db8:1::1]:11434")
	w.closed(3)
	get(client, "203.0.113.1:11434") // to the container
	api, _ := w.all(4)
	if len(api) != 4 {
		t.Fatalf("%s", api)
	}
	for i, texts := range [][]string{
		{`"src":"127.0.0.1"`, `"dest":"127.0.0.1"`}, {`"src":"::1"`, `"dest":"::1"`},
		{`"src":"2001:db8:1::77"`, `"dest":"2001:db8:1::1"`}, {`"src":"203.0.113.77"`, `"dest":"203.0.113.1"`},
	} {
		has(t, "a way to it", api[i], append(texts, `"status":200`, `"dest_port":11434`, "!partial", "!joined")...)
	}
}
