package proxy

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// unanswered answers a request that Ollama did not answer.
func (p *Proxy) unanswered(w http.ResponseWriter, r *http.Request, err error) {
	status, problem := http.StatusBadGateway, ""
	body, _ := r.Context().Value(bodyKey{}).(*requestBody)
	var unreachable *net.OpError
	switch {
	case r.Context().Err() != nil: // nobody waits for an answer
		panic(http.ErrAbortHandler)
	case body != nil && body.fault() != nil:
		status, problem = http.StatusBadRequest, fmt.Sprintf("the request's body cannot be read: %v", body.fault())
	case errors.As(err, &unreachable) && unreachable.Op == "dial":
		problem = fmt.Sprintf("ollama-hec proxy: no Ollama answers at %s: %v", p.upstream, unreachable.Err)
	default:
		problem = fmt.Sprintf("ollama-hec proxy: Ollama at %s ended the connection without an answer: %v", p.upstream, err)
	}
	if status == http.StatusBadGateway {
		p.counts.unanswered.Add(1)
		p.options.Log.Warn("Ollama does not answer, requests get 502", "upstream", p.upstream, "error", err,
			"hint", "see whether it runs, with OLLAMA_HOST set to that address")
	}
	text := problemBody(r.URL.Path, problem)
	w.Header().Del("Date")
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // or the client has gone
}

// problemBody returns the body of an error in the form of the API that the path belongs to.
func problemBody(path, problem string) []byte {
	type says map[string]any
	var body says
	switch {
	case strings.HasPrefix(path, "/v1/messages"): // Anthropic's
		body = says{"type": "error", "error": says{"type": "api_error", "message": problem}}
	case strings.HasPrefix(path, "/v1/"): // OpenAI's
		body = says{"error": says{"message": problem, "type": "api_error", "param": nil, "code": nil}}
	default:
		body = says{"error": problem}
	}
	text, err := json.Marshal(body)
	if err != nil { // of texts: never
		return []byte("{}")
	}
	return text
}
