package exchange

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ollama-hec/input/netnstest"
	"ollama-hec/input/wire"
)

// childVariable makes of the test's program the process that captures, so that it can be stopped and its memory be
// seen alone.
const childVariable = "EXCHANGE_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) == "" {
		os.Exit(m.Run())
	}
	if err := beChild(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// told is what the child tells: its figures for each line it reads, and its records at the end.
type told struct {
	Records []string // sourcetype, a space and the event
	Stats   Stats
	Wire    wire.Stats
	Said    [2]int64 // bytes of both sides of all connections
	Memory  int64    // the most that was resident
}

func beChild(in io.Reader, out io.Writer) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s, err := wire.Listen([]uint16{11434}, nil)
	if err != nil {
		return err
	}
	var records []string
	o := defaults()
	o.Responses = FullResponses
	o.Emit = func(r Record) { records = append(records, r.Sourcetype+" "+string(r.Event)) }
	e := New(o)
	var said [2]atomic.Int64
	figures := func() told {
		return told{
			Stats: e.Stats(), Wire: s.Stats(), Memory: resident(),
			Said: [2]int64{said[0].Load(), said[1].Load()},
		}
	}
	enc := json.NewEncoder(out)
	go func() {
		for lines := bufio.NewScanner(in); lines.Scan(); {
			_ = enc.Encode(figures())
		}
		cancel()
	}()
	fmt.Fprintln(out, "ready")
	err = s.Run(ctx, func(c wire.Connection) wire.Conversation { return &counting{e.Open(c), &said} })
	if err != nil {
		return err
	}
	last := figures()
	last.Records = records
	return enc.Encode(last)
}

// counting counts what both sides of a conversation say.
type counting struct {
	wire.Conversation
	said *[2]atomic.Int64
}

func (c *counting) Data(from wire.Side, at time.Time, p []byte) {
	c.said[from].Add(int64(len(p)))
	c.Conversation.Data(from, at, p)
}

// resident returns the most that was resident of this process.
func resident() (n int64) {
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &n); err == nil {
			return n << 10
		}
	}
	return 0
}

// watcher is the process that captures.
type watcher struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	end func() told
}

// watch captures in a namespace, and returns when it does.
func watch(t *testing.T, ns netnstest.Namespace) *watcher {
	t.Helper()
	w := &watcher{t: t, cmd: exec.Command("/proc/self/exe")}
	w.cmd.Env = append(os.Environ(), childVariable+"=1")
	w.cmd.Stderr = os.Stderr
	var err error
	if w.in, err = w.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	ns.Do(t, w.cmd.Start)
	w.out = bufio.NewReader(out)
	if line, err := w.out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("the process that captures says %q, %v", line, err)
	}
	w.end = sync.OnceValue(func() (last told) {
		w.in.Close()
		last = w.read()
		if err := w.cmd.Wait(); err != nil {
			t.Errorf("the process that captures: %v", err)
		}
		return last
	})
	t.Cleanup(func() { w.end() })
	return w
}

func (w *watcher) read() (t told) {
	w.t.Helper()
	line, err := w.out.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &t)
	}
	if err != nil {
		w.t.Fatalf("the process that captures: %v", err)
	}
	return t
}

// figures asks how far it is.
func (w *watcher) figures() told {
	w.t.Helper()
	fmt.Fprintln(w.in)
	return w.read()
}

// closed waits until as many connections were seen, and all are over.
func (w *watcher) closed(connections int) {
	w.t.Helper()
	netnstest.Until(w.t, fmt.Sprintf("%d connections are seen and over", connections), func() bool {
		f := w.figures().Wire
		return int(f.Connections) >= connections && f.Open == 0
	})
}

// all waits for the end of as many connections, and returns the events of the API and those of prompts.
func (w *watcher) all(connections int) (api, prompts []string) {
	w.t.Helper()
	w.closed(connections)
	for _, r := range w.end().Records {
		sourcetype, event, _ := strings.Cut(r, " ")
		if sourcetype == "ollama:prompts" {
			prompts = append(prompts, event)
		} else {
			api = append(api, event)
		}
	}
	return api, prompts
}

// has checks that an event holds all of some texts, and none of those behind a !.
func has(t *testing.T, what, event string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		absent, not := strings.CutPrefix(text, "!")
		if not && strings.Contains(event, absent) || !not && !strings.Contains(event, text) {
			t.Errorf("%s: %s in %s", what, text, event)
		}
	}
}
