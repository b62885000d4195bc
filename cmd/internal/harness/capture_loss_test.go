//go:build linux

package harness

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"ollama-hec/hec/receiver"
)

// What is not read in time is counted, told of, and does not take the final statistics with it.
func TestCaptureIsStoppedInAStream(t *testing.T) {
	t.Parallel()
	c := captured(t, acked(0))
	sent, goOn := make(chan struct{}), make(chan struct{})
	chunk := `{"model":"big","message":{"role":"assistant","content":"` + strings.Repeat("x", 256<<10) + `"},"done":false}` + "\n"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	c.must(err)
	server := &http.Server{ReadHeaderTimeout: patience}
	server.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/x-ndjson")
		flush := http.NewResponseController(w).Flush
		for range 256 { // 64 MiB: more than the kernel keeps for one who does not read
			_, _ = io.WriteString(w, chunk)
		}
		_ = flush()
		close(sent)
		<-goOn
		_, _ = io.WriteString(w, `{"model":"big","message":{"content":""},"done":true,"done_reason":"stop","prompt_eval_count":21,"eval_count":256}`+"\n")
		_ = flush()
	})
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // it ends by Close
	t.Cleanup(func() { server.Close(); serving.Wait() })
	_, c.port, err = net.SplitHostPort(l.Addr().String())
	c.must(err)
	c.env["CAPTURE_PORTS"] = c.port
	c.startCapture()

	c.capture.Signal(syscall.SIGSTOP)
	read := make(chan int64)
	go func() {
		answer, err := c.client.Post("http://"+l.Addr().String()+"/api/chat", "application/json", strings.NewReader(`{"model":"big"}`))
		if err != nil {
			t.Error(err)
			close(goOn)
			read <- 0
			return
		}
		defer answer.Body.Close()
		n, _ := io.Copy(io.Discard, answer.Body)
		read <- n
	}()
	<-sent
	c.capture.Signal(syscall.SIGCONT)
	c.eventually("it to know that packets were dropped", func() bool { return c.counted("dropped_packets") > 0 })
	close(goOn)
	total := <-read
	c.eventually("the request", func() bool { return strings.Contains(c.onDisk(), `"model":"big"`) })
	c.stopCapture()
	c.wantExit(c.launch("run", "--once"), 0)

	events := c.of("ollama:api")
	if len(events) != 1 {
		t.Fatalf("%d requests: %+v", len(events), events)
	}
	e := events[0]
	if e.Lost == nil || *e.Lost <= 0 || *e.Lost >= total || !e.Partial {
		t.Errorf("of %d bytes %v are lost, partial: %v", total, e.Lost, e.Partial)
	}
	if e.Prompt == nil || *e.Prompt != 21 || e.Completion == nil || *e.Completion != 256 {
		t.Errorf("after the hole: %v and %v tokens: %s", e.Prompt, e.Completion, c.got.find(`"model":"big"`)[0].Event)
	}
	if !slices.ContainsFunc(c.got.find(`"lost":{`), func(e receiver.Event) bool { return e.Sourcetype == "ollama:hec:health" }) {
		t.Error("the loss is not told of")
	}
}

// counted is a figure of capture's status; -1: there is none yet.
func (c *rig) counted(name string) int64 {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.state, "capture", "capture.status"))
	if err != nil {
		return -1 // it is being replaced
	}
	var status struct{ Counts map[string]int64 }
	if err := json.Unmarshal(text, &status); err != nil {
		c.t.Fatal(fmt.Errorf("%w: %s", err, text))
	}
	return status.Counts[name]
}
