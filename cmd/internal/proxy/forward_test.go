package proxy

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// lateEnd is a request's body whose end is read once that is let.
type lateEnd struct {
	io.ReadCloser
	left int
	let  <-chan struct{}
}

func (b *lateEnd) Read(p []byte) (int, error) {
	if b.left == 0 {
		<-b.let
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= n
	return n, err
}

// An answer that begins before the end of its request's body was looked at comes whole.
func TestAnswersBeforeTheEndOfTheBody(t *testing.T) {
	const body = `{"model":"m"}`
	rest := make(chan struct{})
	ollama := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, len(body)))
		_, _ = io.WriteString(w, "first\n")
		w.(http.Flusher).Flush()
		<-rest
		_, _ = io.WriteString(w, "last\n")
	}))
	defer ollama.Close()
	p := &Proxy{upstream: strings.TrimPrefix(ollama.URL, "http://")}
	forward, let := p.handler(log.New(t.Output(), "", 0)), make(chan struct{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = &lateEnd{r.Body, len(body), let}
		forward.ServeHTTP(w, r)
	}))
	defer front.Close()
	resp, err := http.Post(front.URL+"/api/chat", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.ReadFull(resp.Body, make([]byte, len("first\n"))); err != nil {
		t.Fatal(err)
	}
	close(let)
	go close(rest)
	if text, err := io.ReadAll(resp.Body); err != nil || string(text) != "last\n" {
		t.Errorf("the rest is %q, %v", text, err)
	}
}
