package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// speaker is a server that answers as Ollama does, at any pace, and its clients.
type speaker struct {
	server *http.Server
	port   int
	url    string
}

const (
	aToken = `{"model":"llama3.2","created_at":"2026-01-01T00:00:00.123456789Z","message":{"role":"assistant","content":" word"},"done":false}` + "\n"
	aFinal = `{"model":"llama3.2","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done_reason":"stop","done":true,` +
		`"total_duration":5043500667,"load_duration":5025959,"prompt_eval_count":26,"prompt_eval_duration":325953000,"eval_count":%d,"eval_duration":4709213000}` + "\n"
)

func startSpeaker() (*speaker, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &speaker{port: l.Addr().(*net.TCPAddr).Port, url: "http://" + l.Addr().String()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/chat", speak)
	mux.HandleFunc("POST /api/generate", speakFast)
	mux.HandleFunc("POST /api/blobs/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	})
	s.server = &http.Server{Handler: mux}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *speaker) close() { _ = s.server.Close() }

// speak sends the number of tokens that the request asks for, at the rate that it asks for.
func speak(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	pace, _ := strconv.Atoi(r.URL.Query().Get("pace"))
	w.Header().Set("Content-Type", "application/x-ndjson")
	begun := time.Now()
	for i := range n {
		time.Sleep(time.Until(begun.Add(time.Second * time.Duration(i) / time.Duration(pace))))
		_, _ = io.WriteString(w, aToken)
		w.(http.Flusher).Flush()
	}
	fmt.Fprintf(w, aFinal, n)
}

// speakFast sends the number of bytes that the request asks for, and a last line.
func speakFast(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	size, _ := strconv.ParseInt(r.URL.Query().Get("size"), 10, 64)
	w.Header().Set("Content-Type", "application/x-ndjson")
	piece := bytes.Repeat([]byte(aToken), 64<<10/len(aToken))
	for ; size > 0; size -= int64(len(piece)) {
		if _, err := w.Write(piece); err != nil {
			return
		}
	}
	fmt.Fprintf(w, aFinal, 1)
}

// ask sends a request on a connection of its own and reads the answer to its end.
func (s *speaker) ask(ctx context.Context, path string, body io.Reader, size int64) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, body)
	if err != nil {
		return err
	}
	r.ContentLength = size
	transport := new(http.Transport)
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}

func (s *speaker) asked(ctx context.Context, path, body string) error {
	return s.ask(ctx, path, strings.NewReader(body), int64(len(body)))
}

// streams has several clients read answers at once.
func (s *speaker) streams(ctx context.Context, n, tokens, pace int) error {
	var all sync.WaitGroup
	errs := make([]error, n)
	for i := range n {
		all.Go(func() {
			errs[i] = s.asked(ctx, fmt.Sprintf("/api/chat?n=%d&pace=%d", tokens, pace),
				`{"model":"llama3.2","messages":[{"role":"user","content":"Why is the sky blue?"}]}`)
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (s *speaker) answer(ctx context.Context, size int64) error {
	return s.asked(ctx, "/api/generate?size="+strconv.FormatInt(size, 10), `{"model":"llama3.2","prompt":"Go on"}`)
}

func (s *speaker) blob(ctx context.Context, size int64) error {
	return s.ask(ctx, "/api/blobs/sha256:00", io.LimitReader(forever{}, size), size)
}

func (s *speaker) images(ctx context.Context, size int) error {
	body := `{"model":"llava","messages":[{"role":"user","content":"What is it?","images":["` + strings.Repeat("iVBO", size/4) + `"]}]}`
	return s.asked(ctx, "/api/chat?n=1&pace=1", body)
}

// forever is an endless reader.
type forever struct{}

func (forever) Read(p []byte) (int, error) { return len(p), nil }

// completeLines returns the lines of a text that end in a line feed, without the line feed.
func completeLines(text []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for line := range bytes.Lines(text) {
			whole, ended := bytes.CutSuffix(line, []byte{'\n'})
			if ended && !yield(whole) {
				return
			}
		}
	}
}
