package proxy

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// handler passes requests on to Ollama, and its answers back as they come.
func (p *Proxy) handler(errorLog *log.Logger) http.Handler {
	forward := &httputil.ReverseProxy{
		Rewrite:       p.rewrite,
		Transport:     transport(),
		FlushInterval: -1, // at once, whatever it is
		BufferPool:    &buffers{},
		ErrorLog:      errorLog,
		ErrorHandler:  p.unanswered,
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			cause := recover()
			if cause == nil {
				return
			}
			if t, ok := r.Context().Value(tapKey{}).(*tap); ok {
				t.broken()
			}
			panic(cause)
		}()
		// Headers that Ollama does not send are not sent: the server would add these by itself.
		w.Header()["Date"], w.Header()["Content-Type"] = nil, nil
		body := &requestBody{ReadCloser: r.Body}
		if r.Body != nil && r.Body != http.NoBody {
			r.Body = body
		}
		forward.ServeHTTP(continued{w}, r.WithContext(context.WithValue(r.Context(), bodyKey{}, body)))
	})
}

// rewrite makes the request to Ollama from that of a client: the same one, but for the
// client's address.
func (p *Proxy) rewrite(r *httputil.ProxyRequest) {
	r.Out.URL.Scheme, r.Out.URL.Host = "http", p.upstream
	r.Out.URL.RawQuery = r.In.URL.RawQuery // also what cannot be parsed
	for _, name := range []string{"Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For"} {
		if values := r.In.Header[name]; len(values) > 0 {
			r.Out.Header[name] = values
		}
	}
	if client, err := netip.ParseAddrPort(r.In.RemoteAddr); err == nil {
		before := r.In.Header["X-Forwarded-For"]
		addr := client.Addr().Unmap().WithZone("").String()
		r.Out.Header["X-Forwarded-For"] = []string{strings.Join(append(before[:len(before):len(before)], addr), ", ")}
	}
}

// transport reaches Ollama, directly whatever proxies the environment names.
func transport() *http.Transport {
	return &http.Transport{
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		DisableCompression:    true, // or it would ask for it
		MaxIdleConnsPerHost:   64,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

// continued leaves "100 Continue" to the server, which sends it when the body is read: Ollama's, after which
// the body is read, would now and then come as well.
type continued struct{ http.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (c continued) WriteHeader(status int) {
	if status != http.StatusContinue {
		c.ResponseWriter.WriteHeader(status)
	}
}

// Unwrap is for http.ResponseController.
func (c continued) Unwrap() http.ResponseWriter { return c.ResponseWriter }

// requestBody is a request's body that remembers why it could not be read.
type requestBody struct {
	io.ReadCloser

	mu  sync.Mutex
	err error // guarded by mu
}

type bodyKey struct{}

// Read implements io.Reader.
func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, http.ErrBodyReadAfterClose) {
		// The server closes it as soon as an answer begins. The transport, which has sent all of
		// it and looks for its end, would take that for a failure and cut the answer off.
		return n, io.EOF
	}
	if err != nil && !errors.Is(err, io.EOF) {
		b.mu.Lock()
		b.err = err
		b.mu.Unlock()
	}
	return n, err
}

// fault returns why the body could not be read, or nil.
func (b *requestBody) fault() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.err
}

// buffers are what bodies are copied with.
type buffers struct{ pool sync.Pool }

const bufferBytes = 32 << 10

// Get implements httputil.BufferPool.
func (b *buffers) Get() []byte {
	if buf, ok := b.pool.Get().(*[bufferBytes]byte); ok {
		return buf[:]
	}
	return make([]byte, bufferBytes)
}

// Put implements httputil.BufferPool.
func (b *buffers) Put(buf []byte) { b.pool.Put((*[bufferBytes]byte)(buf)) }
