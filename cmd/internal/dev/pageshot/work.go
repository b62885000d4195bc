package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ollama-hec/cmd/internal/fakeollama"
	"ollama-hec/cmd/internal/harness"
	"ollama-hec/hec/receiver"
	"ollama-hec/testdata/corpus"
)

const (
	token   = "00000000-0000-0000-0000-000000000000" // of the receiver here, which lives as long as the pictures take
	working = 12 * time.Second                       // until the page shows a throughput
	pause   = 20 * time.Millisecond                  // between two lines of a log
	between = 15                                     // lines between two requests
)

// worker is a shipper at work: it follows logs that grow, and ships what a proxy records.
type worker struct {
	page     string // on its METRICS_ADDR
	shipper  *harness.Shipper
	proxy    *harness.Shipper
	ollama   *httptest.Server
	receiver *receiver.Receiver
	stop     context.CancelFunc
	ended    chan error // of what writes logs and asks
}

// work starts a shipper with all that it needs, and returns once it has worked for a while.
func work(ctx context.Context, binary, folder string) (w *worker, err error) {
	ctx, stop := context.WithCancel(ctx)
	w = &worker{stop: stop, ended: make(chan error, 1)}
	w.receiver = receiver.New(receiver.Options{Tokens: []receiver.Token{{Value: token, Ack: true}}})
	if err := w.receiver.Listen("127.0.0.1:0"); err != nil {
		return nil, err
	}
	go w.receiver.Serve(ctx)
	w.ollama = httptest.NewServer(
		&fakeollama.Ollama{Words: strings.SplitAfter("Because air scatters blue light more than red light.", " ")},
	)
	metrics, err := free()
	if err != nil {
		return nil, err
	}
	listen, err := free()
	if err != nil {
		return nil, err
	}
	logs, state := filepath.Join(folder, "logs"), filepath.Join(folder, "state")
	if err := os.Mkdir(logs, 0o755); err != nil {
		return nil, err
	}
	proxying := harness.Command{Binary: binary, Args: []string{"proxy"}, Env: map[string]string{
		"STATE_DIR": state, "PROXY_LISTEN": listen, "PROXY_UPSTREAM": w.ollama.Listener.Addr().String(),
	}}
	if w.proxy, err = proxying.Start(); err != nil {
		return nil, err
	}
	shipping := harness.Command{Binary: binary, Args: []string{"run"}, Env: map[string]string{
		"URL": w.receiver.URL(), "TOKEN": token, "HOST": "gpu-1",
		"PATHS": filepath.Join(logs, "*.log"), "STATE_DIR": state, "METRICS_ADDR": metrics,
	}}
	if w.shipper, err = shipping.Start(); err != nil {
		w.proxy.Kill()
		return nil, err
	}
	w.page = "http://" + metrics + "/"
	go func() { w.ended <- grow(ctx, logs, "http://"+listen+"/api/chat") }()
	select {
	case err := <-w.ended:
		w.ended <- nil
		_ = w.end() // what is wrong is known
		return nil, err
	case <-w.shipper.Done():
		return nil, fmt.Errorf("the shipper has ended: %s", w.shipper.Log())
	case <-time.After(working):
	}
	return w, nil
}

// end stops everything.
func (w *worker) end() error {
	w.stop()
	err := <-w.ended
	w.shipper.Kill()
	w.proxy.Kill()
	w.ollama.Close()
	w.receiver.Close()
	return err
}

// grow writes logs line by line, as if servers did, and asks at times, until ctx ends. Servers that have no
// more to say begin anew.
func grow(ctx context.Context, folder, url string) error {
	names := map[string]string{
		"server.log": "v0.13.5-info.log", "server-debug.log": "v0.13.5-debug.log", "server-2.log": "v0.6.5-debug.log",
	}
	logs := make(map[*os.File][][]byte)
	for name, from := range names {
		text, err := corpus.Logs.ReadFile(from)
		if err != nil {
			return err
		}
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		defer f.Close()
		logs[f] = bytes.SplitAfter(bytes.TrimSuffix(text, []byte("\n")), []byte("\n"))
	}
	for i := 0; ctx.Err() == nil; i++ {
		for f, lines := range logs {
			if _, err := f.Write(append(bytes.TrimSuffix(lines[i%len(lines)], []byte("\n")), '\n')); err != nil {
				return err
			}
		}
		if i%between == between-1 {
			if err := ask(ctx, url); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
	}
	return nil
}

// ask sends a chat, and reads its answer.
func ask(ctx context.Context, url string) error {
	const body = `{"model":"llama3.2","messages":[{"role":"user","content":"Why is the sky blue?"}]}`
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

// free returns an address of loopback that nobody listens on.
func free() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}
