package proxy_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/fakeollama"
)

// What is told of a request, endpoint by endpoint.
func TestEventOfEachEndpoint(t *testing.T) {
	t.Parallel()
	const said = `"messages":[{"role":"user","content":"why is the sky blue"}]`
	for _, tt := range []struct {
		name, path, body string
		want             map[string]any
		never            []string
	}{
		{
			"chat", "/api/chat", `{"model":"m",` + said + `}`,
			map[string]any{
				"model": "m", "stream": true, "completion_tokens": 5.0, "chunks": 5.0, "done_reason": "stop",
				"messages": 1.0, "total_duration_ms": 1668.506709, "status": 200.0, "api": "ollama", "operation": "chat",
			},
			[]string{"error", "cut", "partial", "lost_bytes", "x_forwarded_for", "response_model"},
		},
		{
			"chat, whole", "/api/chat", `{"model":"m","stream":false,` + said + `}`,
			map[string]any{"model": "m", "stream": false, "completion_tokens": 5.0, "done_reason": "stop"},
			[]string{"chunks", "ttft_ms"},
		},
		{
			"generate", "/api/generate", `{"model":"m","prompt":"one two"}`,
			map[string]any{"model": "m", "prompt_tokens": 2.0, "completion_tokens": 5.0, "operation": "generate"}, nil,
		},
		{
			"embed", "/api/embed", `{"model":"m","input":"one"}`,
			map[string]any{"model": "m", "prompt_tokens": 1.0}, []string{"completion_tokens", "stream"},
		},
		{
			"OpenAI without usage", "/v1/chat/completions", `{"model":"m","stream":true,` + said + `}`,
			map[string]any{"model": "m", "stream": true, "api": "openai", "done_reason": "stop"},
			[]string{"prompt_tokens", "completion_tokens"},
		},
		{
			"OpenAI with usage", "/v1/chat/completions",
			`{"model":"m","stream":true,"stream_options":{"include_usage":true},` + said + `}`,
			map[string]any{"model": "m", "stream": true, "completion_tokens": 5.0}, nil,
		},
		{
			"Anthropic", "/v1/messages", `{"model":"m","stream":true,` + said + `}`,
			map[string]any{"model": "m", "stream": true, "completion_tokens": 5.0, "done_reason": "end_turn"}, nil,
		},
		{
			"fails under 200", "/api/chat", `{"model":"failing:latest",` + said + `}`,
			map[string]any{
				"status": 200.0, "chunks": 2.0,
				"error": "an error was encountered while running the model: unexpected EOF",
			},
			[]string{"completion_tokens", "cut"},
		},
		{
			"missing", "/v1/messages", `{"model":"missing:latest",` + said + `}`,
			map[string]any{"status": 404.0, "error": "model 'missing:latest' not found"}, nil,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStand(t, ollama())
			_, answer := s.post(tt.path, tt.body)
			event := s.event()
			for key, value := range tt.want {
				if event[key] != value {
					t.Errorf("%s is %v, want %v", key, event[key], value)
				}
			}
			for _, key := range tt.never {
				if event[key] != nil {
					t.Errorf("%s is %v", key, event[key])
				}
			}
			for key, value := range map[string]any{
				"origin": "proxy", "src": "127.0.0.1", "dest": "127.0.0.1", "dest_port": float64(s.proxy.Addr().Port),
				"bytes_in": float64(len(tt.body)), "bytes_out": float64(len(answer)),
			} {
				if event[key] != value {
					t.Errorf("%s is %v, want %v", key, event[key], value)
				}
			}
			if event["response_time_ms"] == nil || event["stream"] == true && event["ttft_ms"] == nil {
				t.Errorf("no times: %v", event)
			}
			if t.Failed() {
				t.Log(event)
			}
		})
	}
}

// Prompts are told, and what is secret in them is not.
func TestPromptsAreRedacted(t *testing.T) {
	t.Parallel()
	s := newStand(t, ollama())
	s.post("/api/generate", `{"model":"m","prompt":"write to a@example.com"}`)
	prompt := s.events("ollama:prompts", 1)[0]
	if prompt["prompt"] != "write to [REDACTED:email]" || prompt["model"] != "m" || prompt["origin"] != "proxy" {
		t.Error(prompt)
	}
}

// A hundred requests on one connection, and two at once on another, are an event each, in order.
func TestOneConnectionManyRequests(t *testing.T) {
	t.Parallel()
	s := newStand(t, ollama())
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: 1}}
	defer client.CloseIdleConnections()
	for i := range 100 {
		resp, err := client.Get(fmt.Sprintf("http://%s/api/tags?n=%d", s.addr(), i))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	s.events("ollama:api", 100) // events of different connections come in any order
	c := dial(t, s.addr())
	fmt.Fprintf(c, "GET /api/tags?n=100 HTTP/1.1\r\nHost: a\r\n\r\n%s", request("GET /api/tags?n=101 HTTP/1.1", ""))
	_, _ = io.Copy(io.Discard, c)
	ids := map[any]bool{}
	for i, event := range s.events("ollama:api", 102) {
		if event["uri_query"] != fmt.Sprintf("n=%d", i) || event["status"] != 200.0 || event["cut"] != nil {
			t.Errorf("event %d is %v", i, event)
		}
		ids[event["src_port"]] = true
	}
	if len(ids) != 2 {
		t.Errorf("%d connections, want 2", len(ids))
	}
}

// Ollama gets what the client sent, and in addition its address.
func TestRequestsAreTheClients(t *testing.T) {
	t.Parallel()
	s := newStand(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s %s\n", r.Method, r.RequestURI, r.Host)
		for name, values := range r.Header {
			fmt.Fprintf(w, "%s: %s\n", name, strings.Join(values, " | "))
		}
		_, _ = io.Copy(w, r.Body)
	}))
	for _, tt := range []struct{ name, request, forwarded string }{
		{"bare", request("GET / HTTP/1.1", ""), "127.0.0.1"},
		{"headers", request("POST /api/chat?x=%zz;y HTTP/1.1", "body", "Origin: http://evil.example",
			"Forwarded: for=192.0.2.1", "X-Forwarded-Host: h", "X-Forwarded-Proto: https", "Authorization: Bearer a",
			"X-Stainless-Lang: python", "Cookie: a=b; c=d", "Accept-Encoding: br"), "127.0.0.1"},
		{"behind others", request("GET / HTTP/1.1", "", "X-Forwarded-For: 192.0.2.1", "X-Forwarded-For: 192.0.2.2"),
			"192.0.2.1, 192.0.2.2, 127.0.0.1"},
		{"raw path", request("GET /api/%2e%2e/%61//b/../c HTTP/1.1", ""), "127.0.0.1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := fields(exchangeRaw(t, s.addr(), tt.request))
			want := fields(exchangeRaw(t, strings.TrimPrefix(s.upstream.URL, "http://"), tt.request))
			want = slices.DeleteFunc(want, func(line string) bool { return strings.HasPrefix(line, "X-Forwarded-For:") })
			want = append(want, "X-Forwarded-For: "+tt.forwarded)
			slices.Sort(want)
			if !slices.Equal(got, want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// fields are the lines of an answer's body but for what is said of the connection, in order.
func fields(answer string) []string {
	_, body, _ := strings.Cut(answer, "\r\n\r\n")
	lines := strings.Split(strings.TrimSpace(body), "\n")
	lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, "Connection:") })
	slices.Sort(lines)
	return lines
}

// A token is passed on before Ollama has the next one, whatever the API.
func TestTokensAreNotHeldBack(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/api/chat", "/api/generate", "/v1/chat/completions", "/v1/messages"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			heard := make(chan int, 1)
			heard <- 0
			s := newStand(t, &fakeollama.Ollama{Words: words, Before: func(r *http.Request, said int) {
				select {
				case n := <-heard: // the client has the ones before
					if n != said {
						t.Errorf("%d words were said, %d heard", said, n)
					}
				case <-r.Context().Done():
				}
			}})
			resp, err := http.Post("http://"+s.addr()+path, "application/json",
				strings.NewReader(`{"model":"m","stream":true}`))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var answer strings.Builder
			buf := make([]byte, 4096)
			for n := range words {
				for !strings.Contains(answer.String(), quoted(words[n])) {
					got, err := resp.Body.Read(buf)
					answer.Write(buf[:got])
					if err != nil && !strings.Contains(answer.String(), quoted(words[n])) {
						t.Fatalf("%v after %s", err, answer.String())
					}
				}
				heard <- n + 1
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				t.Error(err)
			}
			if event := s.event(); event["chunks"] != float64(len(words)) {
				t.Error(event)
			}
		})
	}
}

func quoted(word string) string {
	return strings.NewReplacer(`"`, `\"`, "\n", `\n`).Replace(word)
}
