// Package fakeollama answers as Ollama does, in the same words, without a model: for the
// demo, for tests and for measuring.
//
// Its answers are the same whatever the question; only their length can be chosen. It knows a
// few endpoints of each API, and of their options the model and whether to stream.
package fakeollama

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Models that answer otherwise than with Words.
const (
	Missing = "missing:latest" // is not there: 404
	Failing = "failing:latest" // fails after two words of an answer whose status is 200
)

// Ollama is a server of Ollama's API.
type Ollama struct {
	// Words are the answer, one a token.
	Words []string
	// Before, if not nil, is called before each of them, with how many came before.
	Before func(r *http.Request, said int)
}

// ask is what is read of a request, whatever its API.
type ask struct {
	Model    string            `json:"model"`
	Stream   *bool             `json:"stream"`
	Prompt   string            `json:"prompt"`
	Input    json.RawMessage   `json:"input"`
	Messages []json.RawMessage `json:"messages"`
	Options  struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// promptTokens is how many tokens the prompt counts as.
func (a *ask) promptTokens() int {
	n := len(strings.Fields(a.Prompt)) + len(strings.Fields(string(a.Input)))
	for _, m := range a.Messages {
		n += len(strings.Fields(string(m)))
	}
	return n
}

// streams reports whether the answer comes in pieces.
func (a *ask) streams(usually bool) bool {
	if a.Stream == nil {
		return usually
	}
	return *a.Stream
}

// ServeHTTP implements http.Handler.
func (o *Ollama) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch route := r.Method + " " + r.URL.Path; route {
	case "GET /", "HEAD /":
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "Ollama is running")
	case "GET /api/version":
		says(w, http.StatusOK, `{"version":"0.6.5"}`)
	case "GET /api/tags":
		says(w, http.StatusOK, `{"models":[]}`)
	case "POST /api/generate", "POST /api/chat", "POST /api/embed", "POST /v1/chat/completions", "POST /v1/messages":
		o.talk(w, r, route)
	default:
		if strings.HasPrefix(r.URL.Path, "/api/blobs/") && r.Method == http.MethodPost {
			if _, err := io.Copy(io.Discard, r.Body); err != nil {
				says(w, http.StatusBadRequest, `{"error":"unexpected EOF"}`)
				return
			}
			w.WriteHeader(http.StatusCreated)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, "404 page not found")
	}
}

func says(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body) // or the client has gone
}

// talk answers what takes a model.
func (o *Ollama) talk(w http.ResponseWriter, r *http.Request, route string) {
	var a ask
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		says(w, http.StatusBadRequest, fmt.Sprintf(`{"error":%q}`, err.Error()))
		return
	}
	if a.Model == Missing {
		refuse(w, route)
		return
	}
	t := &telling{ask: &a, words: o.Words, w: w, next: func(said int) bool {
		if o.Before != nil {
			o.Before(r, said)
		}
		return r.Context().Err() == nil
	}}
	switch route {
	case "POST /api/embed":
		says(w, http.StatusOK, fmt.Sprintf(
			`{"model":%q,"embeddings":[[0.1,0.2]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":%d}`,
			a.Model, a.promptTokens()))
	case "POST /v1/chat/completions":
		t.openAI()
	case "POST /v1/messages":
		t.anthropic()
	default:
		t.native(strings.TrimPrefix(route, "POST /api/"))
	}
}

// refuse says that there is no such model, as each API does.
func refuse(w http.ResponseWriter, route string) {
	const problem = `model 'missing:latest' not found`
	switch {
	case strings.HasSuffix(route, "/messages"):
		says(w, http.StatusNotFound,
			`{"type":"error","error":{"type":"not_found_error","message":"`+problem+`"},"request_id":"req_1"}`)
	case strings.Contains(route, "/v1/"):
		says(w, http.StatusNotFound,
			`{"error":{"message":"`+problem+`","type":"not_found_error","param":null,"code":null}}`)
	default:
		says(w, http.StatusNotFound, `{"error":"`+problem+`"}`)
	}
}

// createdAt is when every answer is made, so that the same question has the same answer.
const createdAt = "2026-01-02T03:04:05.678901234Z"

// took are the durations of every native answer, in nanoseconds.
const took = `"total_duration":1668506709,"load_duration":1986209,"prompt_eval_count":%d,` +
	`"prompt_eval_duration":359682000,"eval_count":%d,"eval_duration":1303285000`
