package exchange

import (
	"encoding/json"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"ollama-hec/input/netnstest"
)

// TestStopped: a process that stands still while twenty answers go on tells afterwards how much of them it did not
// see, to the byte, and what the server said at the end of each.
func TestStopped(t *testing.T) {
	const streams, missed = 20, 4 << 20 // of each: more than the kernel queues
	f, client, w := scene(t)
	var stage [3]sync.WaitGroup
	next := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	for i := range stage {
		stage[i].Add(streams)
	}
	f.stream = func(w io.Writer, flush func()) {
		say := func(n int) {
			for range n / len(token) {
				_, _ = io.WriteString(w, token)
			}
			flush()
		}
		say(4096)
		stage[0].Done()
		<-next[0]
		say(missed)
		stage[1].Done()
		<-next[1]
		say(4096)
		_, _ = io.WriteString(w, finalToken)
		flush()
		stage[2].Done()
	}
	var asking sync.WaitGroup
	for range streams {
		c := clientIn(t, client, serverAddress)
		asking.Go(func() {
			r, err := c.Post("http://"+serverAddress+"/api/chat", "application/json", strings.NewReader(askedChat))
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, r.Body)
			r.Body.Close()
			c.CloseIdleConnections()
		})
	}
	stage[0].Wait()
	pid := w.cmd.Process.Pid
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if _, err := unix.Wait4(pid, nil, unix.WUNTRACED, nil); err != nil {
		t.Fatal(err)
	}
	close(next[0])
	stage[1].Wait()
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	netnstest.Until(t, "it reads again", func() bool { return netnstest.Queued(t, pid) == 0 })
	close(next[1])
	stage[2].Wait()
	asking.Wait()
	api, _ := w.all(streams)
	told := w.end()
	if len(api) != streams {
		t.Fatalf("%d events", len(api))
	}
	lost := int64(0)
	for _, event := range api {
		var e struct {
			Lost int64 `json:"lost_bytes"`
		}
		if err := json.Unmarshal([]byte(event), &e); err != nil {
			t.Fatal(err)
		}
		lost += e.Lost
		has(t, "after the hole", event, `"prompt_tokens":26,"completion_tokens":290`, `"done_reason":"stop"`, `"total_duration_ms":5043.500667`)
		if e.Lost > 0 {
			has(t, "with a hole", event, `"partial":true`, "!\"chunks\"")
		}
	}
	t.Logf("%d bytes lost of %d", lost, f.sent.Load())
	if want := f.sent.Load() - told.Said[1]; lost != want || lost == 0 || told.Stats.LostBetween != 0 {
		t.Errorf("%d bytes lost by the events and %d by none, and %d of %d were not seen", lost, told.Stats.LostBetween, want, f.sent.Load())
	}
}
