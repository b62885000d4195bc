package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"ollama-hec/cmd/internal/fakeollama"
	"ollama-hec/cmd/internal/proxy"
	"ollama-hec/cmd/internal/settings"
)

// talks are the requests that the demo sends to a fake Ollama, by each of its APIs.
var talks = []struct{ path, body string }{
	{"/api/chat", `{"model":"llama3.2","messages":[{"role":"user","content":"Why is the sky blue?"}]}`},
	{"/api/chat", `{"model":"llama3.2","messages":[{"role":"user","content":"Write to jane@example.com that it is."}]}`},
	{"/api/generate", `{"model":"llama3.2","prompt":"The sky is"}`},
	{"/v1/chat/completions", `{"model":"qwen3","stream":true,"stream_options":{"include_usage":true},` +
		`"messages":[{"role":"user","content":"And at night?"}]}`},
	{"/v1/messages", `{"model":"gpt-oss:120b-cloud","stream":true,"max_tokens":64,` +
		`"messages":[{"role":"user","content":"And on Mars?"}]}`},
}

// firstToken is how long the fake Ollama takes for the first token.
const firstToken = 5 * time.Millisecond

// talkThroughProxy sends requests to a fake Ollama on a loopback address through a proxy, which
// writes its events to the spool of the settings.
func talkThroughProxy(ctx context.Context, s *settings.Settings, log *slog.Logger) (err error) {
	upstream, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	ollama := &http.Server{Handler: &fakeollama.Ollama{
		Words: strings.SplitAfter("Because air scatters blue light more than red light.", " "),
		Before: func(_ *http.Request, said int) {
			if said == 0 {
				time.Sleep(firstToken)
			}
		},
	}}
	defer ollama.Close()
	go func() { _ = ollama.Serve(upstream) }() // until it is closed; who asks sees any other error

	own := *s
	own.ProxyListen, own.ProxyUpstream = "127.0.0.1:0", upstream.Addr().String()
	p, err := proxy.Open(&own, log)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	client := &http.Client{Transport: new(http.Transport)}
	for _, talk := range talks {
		if err = ask(ctx, client, "http://"+p.Addr().String()+talk.path, talk.body); err != nil {
			break
		}
	}
	client.CloseIdleConnections()
	stop()
	if fault := <-ended; err == nil {
		err = fault
	}
	return err
}

// ask sends a request, and reads all of its answer.
func ask(ctx context.Context, client *http.Client, url, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s", url, resp.Status)
	}
	return nil
}
