package exchange

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/klauspost/compress/zstd"

	"ollama-hec/input/netnstest"
)

// fake answers as Ollama does, with Go's server and decoder, which are Ollama's.
type fake struct {
	sent   atomic.Int64 // bytes of all connections
	stream func(w io.Writer, flush func())
}

// forFake is what counts of a request.
type forFake struct {
	Model         string
	Stream        *bool
	StreamOptions struct {
		IncludeUsage bool `json:"include_usage"`
	} `json:"stream_options"`
}

// said is an answer of the fake, in one piece and in several.
type said struct {
	whole, kind string
	pieces      []string
}

const (
	messagesWhole = `{"id":"msg_1","type":"message","role":"assistant","model":"llama3.2","content":[{"type":"text","text":"Hi"}],` +
		`"stop_reason":"end_turn","usage":{"input_tokens":31,"output_tokens":5}}`
	responsesWhole = `{"id":"resp_1","model":"llama3.2","status":"completed","output":[{"type":"message","content":[{"type":"output_text","text":"Hi"}]}],` +
		`"usage":{"input_tokens":20,"output_tokens":4,"total_tokens":24}}`
	openAIWhole = `{"id":"chatcmpl-2","object":"chat.completion","created":1,"model":"llama3.2","choices":[{"index":0,` +
		`"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}`
)

func event(name, data string) string { return "event: " + name + "\ndata: " + data + "\n\n" }

var answers = map[string]said{
	"/api/chat":            {finalToken, ndjson, []string{token, token, finalToken}},
	"/api/generate":        {finalText, ndjson, []string{generated, generated, finalText + "\n"}},
	"/api/embed":           {whole: `{"model":"llama3.2","embeddings":[[0.1,0.2]],"total_duration":14143917,"load_duration":1019500,"prompt_eval_count":8}`},
	"/api/embeddings":      {whole: `{"embedding":[0.1,0.2]}`},
	"/v1/embeddings":       {whole: `{"object":"list","data":[],"model":"llama3.2","usage":{"prompt_tokens":8,"total_tokens":8}}`},
	"/v1/chat/completions": {openAIWhole, sse, []string{openAIChunk, openAIChunk, openAILast, openAIUsage, openAIDone}},
	"/v1/completions":      {openAIWhole, sse, []string{openAIChunk, openAILast, openAIUsage, openAIDone}},
	"/v1/messages": {messagesWhole, sse, []string{
		event("message_start", `{"type":"message_start","message":{"model":"llama3.2","usage":{"input_tokens":99,"output_tokens":0}}}`),
		event("content_block_delta", `{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}`),
		event("message_delta", `{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"input_tokens":31,"output_tokens":5}}`),
		event("message_stop", `{"type":"message_stop"}`),
	}},
	"/v1/responses": {responsesWhole, sse, []string{
		event("response.created", `{"type":"response.created","response":{"model":"llama3.2","usage":null}}`),
		event("response.output_text.delta", `{"type":"response.output_text.delta","delta":"Hi"}`),
		event("response.completed", `{"type":"response.completed","response":`+responsesWhole+`}`),
	}},
	"/api/pull":                    {`{"status":"success"}`, ndjson, []string{`{"status":"pulling manifest"}` + "\n", `{"status":"success"}` + "\n"}},
	"/api/push":                    {`{"status":"success"}`, ndjson, []string{`{"status":"retrieving manifest"}` + "\n", `{"error":"no"}` + "\n"}},
	"/api/create":                  {`{"status":"success"}`, ndjson, []string{`{"status":"success"}` + "\n"}},
	"/api/show":                    {whole: `{"license":"MIT"}`},
	"/api/copy":                    {whole: `{}`},
	"/api/delete":                  {whole: `{}`},
	"/api/experimental/web_search": {whole: `{"results":[]}`},
	"/api/experimental/web_fetch":  {whole: `{"title":"t"}`},
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.Path
	answer, known := answers[path]
	switch {
	case path == "/v1/audio/transcriptions":
		if _, _, err := r.FormFile("file"); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer = said{whole: `{"text":"hello"}`}
	case strings.HasPrefix(path, "/api/blobs/"):
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
		return
	case !known:
		answer = said{whole: `{"version":"0.6.5"}`}
	}
	var asked forFake
	if err := asked.read(r); known && err != nil {
		w.Header().Set("Content-Type", jsonUTF8)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
		return
	}
	native := strings.HasPrefix(path, "/api/")
	if answer.pieces == nil || asked.Stream == nil && !native || asked.Stream != nil && !*asked.Stream {
		w.Header().Set("Content-Type", jsonUTF8)
		_, _ = io.WriteString(w, answer.whole)
		return
	}
	w.Header().Set("Content-Type", answer.kind)
	flush := w.(http.Flusher).Flush
	if f.stream != nil {
		f.stream(w, flush)
		return
	}
	for _, piece := range answer.pieces {
		if piece != openAIUsage || asked.StreamOptions.IncludeUsage {
			_, _ = io.WriteString(w, piece)
			flush()
		}
	}
}

// read reads what is asked as Ollama does: the first value, and /v1 unpacked.
func (a *forFake) read(r *http.Request) error {
	body := io.Reader(r.Body)
	if r.Header.Get("Content-Encoding") == "zstd" && strings.HasPrefix(r.URL.Path, "/v1/") {
		d, err := zstd.NewReader(r.Body, zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return err
		}
		defer d.Close()
		body = io.LimitReader(d, maxUnpacked)
	}
	return json.NewDecoder(body).Decode(a)
}

// serve serves in a namespace until the test ends.
func (f *fake) serve(t *testing.T, ns netnstest.Namespace, address string) {
	t.Helper()
	s := &http.Server{Handler: f}
	t.Cleanup(func() { _ = s.Close() })
	go func(l net.Listener) { _ = s.Serve(&sending{l, f}) }(ns.Listen(t, address))
}

// sending counts what the server says.
type sending struct {
	net.Listener
	fake *fake
}

func (s *sending) Accept() (net.Conn, error) {
	c, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &sender{c, s.fake}, nil
}

type sender struct {
	net.Conn
	fake *fake
}

func (s *sender) Write(p []byte) (int, error) {
	n, err := s.Conn.Write(p)
	s.fake.sent.Add(int64(n))
	return n, err
}
