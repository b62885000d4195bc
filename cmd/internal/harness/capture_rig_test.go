//go:build linux

package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ollama-hec/hec/receiver"
	"ollama-hec/input/spool"
)

// aSecret is in prompts and answers, and nowhere else than there where PROMPTS allows it.
const aSecret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789ABCD"

// tokensOf are what the fake Ollama counts for chat number n.
func tokensOf(n int) (prompt, completion int) { return 10 + n, 3 }

// thinks is how long the fake Ollama takes until its first token.
const thinks = 20 * time.Millisecond

// fakeOllama answers chats as Ollama does, streamed. The model's name says which number a
// chat has.
func fakeOllama(w http.ResponseWriter, r *http.Request) {
	var q struct{ Model string }
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, `{"error":"invalid"}`, http.StatusBadRequest)
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	n, _ := strconv.Atoi(strings.TrimPrefix(q.Model, "m-"))
	prompt, completion := tokensOf(n)
	w.Header().Set("Content-Type", "application/x-ndjson")
	say := func(line string) {
		_, _ = io.WriteString(w, line+"\n") // a client that is gone is no fault
		_ = http.NewResponseController(w).Flush()
	}
	time.Sleep(thinks)
	for range completion {
		say(fmt.Sprintf(`{"model":%q,"message":{"role":"assistant","content":"%s "},"done":false}`, q.Model, aSecret))
	}
	say(fmt.Sprintf(`{"model":%q,"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop",`+
		`"total_duration":30000000,"prompt_eval_count":%d,"eval_count":%d}`, q.Model, prompt, completion))
}

// rig is a bench with a fake Ollama on loopback whose requests are captured.
type rig struct {
	*bench
	got     *captures
	url     string
	port    string
	capture *Shipper
	client  http.Client
}

// captured is a rig; the test is skipped where packets cannot be read.
func captured(t *testing.T, o receiver.Options) *rig {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		if os.Getenv("NAMESPACES_REQUIRED") == "1" {
			t.Fatalf("packets cannot be read: %v", err)
		}
		t.Skipf("packets cannot be read here, which takes CAP_NET_RAW: %v", err)
	}
	unix.Close(fd)
	b, got := spooled(t, o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	b.must(err)
	server := &http.Server{Handler: http.HandlerFunc(fakeOllama), ReadHeaderTimeout: patience}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(l) }) // it ends by Close
	t.Cleanup(func() { server.Close(); serving.Wait() })
	_, port, err := net.SplitHostPort(l.Addr().String())
	b.must(err)
	c := &rig{bench: b, got: got, url: "http://" + l.Addr().String(), port: port}
	c.client.Transport = &http.Transport{DisableKeepAlives: true}
	b.env["CAPTURE_PORTS"], b.env["CAPTURE_INTERFACES"], b.env["CONNECTION_EVENTS"] = port, "lo", "all"
	t.Cleanup(func() {
		if c.capture != nil {
			c.capture.Kill()
			b.check(c.capture)
		}
	})
	return c
}

// startCapture starts capturing, with further settings (name, value …), and returns once it reads.
func (c *rig) startCapture(more ...string) {
	c.t.Helper()
	command := c.command("capture")
	command.Env = maps.Clone(command.Env)
	for _, needless := range []string{"URL", "TOKEN", "PATHS"} {
		delete(command.Env, needless)
	}
	for i := 0; i < len(more); i += 2 {
		command.Env[more[i]] = more[i+1]
	}
	var err error
	c.capture, err = command.Start()
	c.must(err)
	c.eventually("capturing", func() bool {
		select {
		case <-c.capture.Done():
			c.t.Fatalf("capture ends:\n%s", c.capture.Log())
		default:
		}
		return strings.Contains(c.capture.Log(), "msg=capturing")
	})
}

func (c *rig) stopCapture() {
	c.t.Helper()
	c.capture.Signal(syscall.SIGTERM)
	c.wantExit(c.capture, 0)
}

// chat asks the fake Ollama something, with chat number n.
func (c *rig) chat(n int, prompt string) {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{
		"model": fmt.Sprintf("m-%d", n), "messages": []map[string]string{{"role": "user", "content": prompt}},
	})
	c.must(err)
	answer, err := c.client.Post(c.url+"/api/chat", "application/json", bytes.NewReader(body))
	c.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	c.must(err)
	if answer.StatusCode != http.StatusOK || !bytes.Contains(text, []byte(`"done":true`)) {
		c.t.Fatalf("%s: %s", answer.Status, text)
	}
}

// apiEvent is what is looked at of an event of ollama:api.
type apiEvent struct {
	Origin, Model, Src, Dest string
	Path                     string `json:"uri_path"`
	Status                   int
	DestPort                 int      `json:"dest_port"`
	Prompt                   *int     `json:"prompt_tokens"`
	Completion               *int     `json:"completion_tokens"`
	TTFT                     *float64 `json:"ttft_ms"`
	Took                     *float64 `json:"response_time_ms"`
	Chunks                   *int
	Done                     string `json:"done_reason"`
	Connection               string `json:"connection_id"`
	BytesIn                  int    `json:"bytes_in"`
	Partial                  bool
	Lost                     *int64 `json:"lost_bytes"`
	LostConnections          int    `json:"-"`
	LostRecords              int64  `json:"lost_records"`
	CaptureStarted           bool   `json:"capture_started"`
	Text                     string `json:"prompt"`
	Response                 string
}

// of returns the events of a sourcetype, in the order of their arrival.
func (c *rig) of(sourcetype string) (events []apiEvent) {
	c.t.Helper()
	c.got.mu.Lock()
	defer c.got.mu.Unlock()
	for _, e := range c.got.all {
		if e.Sourcetype != sourcetype {
			continue
		}
		var event apiEvent
		if err := json.Unmarshal(e.Event, &event); err != nil {
			c.t.Fatalf("%s %s: %v", sourcetype, e.Event, err)
		}
		var missed struct{ Lost int }
		if sourcetype == "ollama:connection" && json.Unmarshal(e.Event, &missed) == nil {
			event.LostConnections = missed.Lost
		}
		events = append(events, event)
	}
	return events
}

// numbers returns how often chats arrived as requests.
func (c *rig) numbers() map[int]int {
	c.t.Helper()
	times := map[int]int{}
	for _, e := range c.of("ollama:api") {
		if n, err := strconv.Atoi(strings.TrimPrefix(e.Model, "m-")); err == nil {
			times[n]++
		}
	}
	return times
}

// hasChats reports whether chats from one number to before another have all arrived.
func (c *rig) hasChats(from, to int) bool {
	times := c.numbers()
	for n := from; n < to; n++ {
		if times[n] == 0 {
			return false
		}
	}
	return true
}

// endsAreTold reports whether each connection that a request of a spool names has an event of its own,
// or some are said to be lost. A connection that is just ending is neither open nor closed.
func endsAreTold(text string) bool {
	named, told := map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(text) {
		r, err := spool.Parse([]byte(strings.TrimSuffix(line, "\n")))
		var event struct {
			Connection string `json:"connection_id"`
			Lost       int
		}
		if err != nil || json.Unmarshal(r.Event, &event) != nil {
			continue // it is being written
		}
		switch r.Sourcetype {
		case "ollama:api":
			named[event.Connection] = true
		case "ollama:connection":
			told[event.Connection] = true
			if event.Lost > 0 {
				return true
			}
		}
	}
	delete(named, "")
	for id := range named {
		if !told[id] {
			return false
		}
	}
	return true
}

// namesItsFields demands that all fields of captured events are documented.
func (c *rig) namesItsFields() {
	c.t.Helper()
	page, err := os.ReadFile("../../ollama-hec/CAPTURE.md")
	c.must(err)
	c.got.mu.Lock()
	defer c.got.mu.Unlock()
	for _, e := range c.got.all {
		if e.Sourcetype != "ollama:api" && e.Sourcetype != "ollama:prompts" {
			continue
		}
		var fields map[string]any
		c.must(json.Unmarshal(e.Event, &fields))
		for name := range fields {
			if !strings.Contains(string(page), "`"+name+"`") {
				c.t.Errorf("CAPTURE.md does not name the field %s of %s", name, e.Sourcetype)
			}
		}
	}
}

// showsCapture demands what status says of a capture that has ended.
func (c *rig) showsCapture(requests int64) {
	c.t.Helper()
	s := c.launch("status", "--json")
	c.wantExit(s, 1) // no shipper runs
	var said struct {
		Spool struct {
			Bytes   int64
			Writers map[string]struct {
				Running bool
				Counts  map[string]int64
			}
		}
	}
	c.must(json.Unmarshal([]byte(s.Out()), &said))
	w := said.Spool.Writers["capture"]
	if w.Running || w.Counts["requests"] != requests || w.Counts["connections"] == 0 || w.Counts["lost_bytes"] != 0 {
		c.t.Errorf("status says %+v", said)
	}
}
