package modinputtest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/modinput/modinputtest"
)

// TestMain makes an executable of this test: a small modular input that follows
// one file, or something that misbehaves.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || !strings.HasPrefix(os.Args[1], "as-") {
		os.Exit(m.Run())
	}
	switch os.Args[1] {
	case "as-input":
		ctx, stop := modinput.Lifetime(context.Background())
		defer stop()
		log := slog.New(modinput.NewLogHandler(os.Stderr, slog.LevelInfo))
		os.Exit(follower.Main(ctx, os.Args[2:], os.Stdin, os.Stdout, log))
	case "as-stubborn":
		ctx, stop := modinput.Lifetime(context.Background())
		defer stop()
		fmt.Fprintln(os.Stderr, "INFO ready")
		<-ctx.Done()
		fmt.Fprintln(os.Stderr, "INFO", context.Cause(ctx))
		select {}
	case "as-written":
		fmt.Print(os.Args[2])
		fmt.Fprint(os.Stderr, os.Args[3])
	}
}

// follower is an input in small: it sends each line of a file and keeps in the
// checkpoint directory how many are sent. When it is to end it still delivers the
// line it has read, unless it is told not to drain.
var follower = modinput.Program{
	Scheme: modinput.OllamaLogs(),
	Validate: func(_ context.Context, d *modinput.Definition) error {
		if d.Stanzas[0].Params["paths"] == "" {
			return errors.New("paths is empty: name the file to follow")
		}
		return nil
	},
	Run: follow,
}

func follow(ctx context.Context, d *modinput.Definition, stdout io.Writer) error {
	stanza := &d.Stanzas[0]
	file, err := os.Open(stanza.Params["paths"])
	if err != nil {
		return err
	}
	defer file.Close()
	checkpoint := filepath.Join(d.CheckpointDir, stanza.Input())
	text, _ := os.ReadFile(checkpoint)
	sent, _ := strconv.Atoi(string(text))
	keep := func() error { return os.WriteFile(checkpoint, []byte(strconv.Itoa(sent)), 0o600) }

	delivery := context.WithoutCancel(ctx)
	if stanza.Params["drain"] == "off" {
		delivery = ctx
	}
	out := modinput.NewStream(stdout)
	if err := out.Open(delivery); err != nil {
		return err
	}
	enc := modinput.NewEncoder(stanza.Name, file.Name(), stanza.Host(), stanza.Index(), "")
	lines := bufio.NewReader(file)
	for n := 0; ; {
		if errors.Is(context.Cause(ctx), modinput.ErrOrphaned) {
			return errors.Join(context.Cause(ctx), keep())
		} else if ctx.Err() != nil {
			return errors.Join(out.Close(delivery), keep())
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(time.Millisecond):
			}
			continue
		}
		if n++; n <= sent {
			continue
		}
		b := batch.NewBuilder(batch.Limits{}, false)
		b.Add(enc, &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1e9}, Body: []byte(strings.TrimSuffix(line, "\n"))})
		if err := out.Deliver(delivery, b.Take()); err != nil {
			return errors.Join(err, keep())
		}
		sent = n
	}
}

func splunkd(t *testing.T, role ...string) *modinputtest.Splunkd {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return &modinputtest.Splunkd{
		Command:       append([]string{exe}, role...),
		ServerURI:     "https://127.0.0.1:8089",
		SessionKey:    "session",
		CheckpointDir: t.TempDir(),
		Env:           []string{"GORACE=atexit_sleep_ms=0"}, // or each takes a second to end
	}
}

// log is a log file that grows.
type log struct {
	t    *testing.T
	file *os.File
	n    int
}

func newLog(t *testing.T) *log {
	file, err := os.Create(filepath.Join(t.TempDir(), `a & b.log`))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return &log{t: t, file: file}
}

func (l *log) grow(lines int, filler string) {
	var text strings.Builder
	for range lines {
		fmt.Fprintf(&text, "%d <line> & %s\n", l.n, filler)
		l.n++
	}
	if _, err := l.file.WriteString(text.String()); err != nil {
		l.t.Fatal(err)
	}
}

func (l *log) stanza() modinputtest.Stanza {
	return modinputtest.Stanza{Name: "ollama_logs://a", App: "search", Params: map[string]string{
		"paths": l.file.Name(), "host": "$decideOnStartup", "index": "main",
	}}
}

func atLeast(n int) func([]modinputtest.Event) bool {
	return func(events []modinputtest.Event) bool { return len(events) >= n }
}

// inOrder checks that events are the lines from first on, each once.
func inOrder(t *testing.T, events []modinputtest.Event, first int) {
	t.Helper()
	for i, ev := range events {
		if !strings.HasPrefix(ev.Data, fmt.Sprintf("%d <line> & ", first+i)) {
			t.Fatalf("event %d is %.50q, want line %d", i, ev.Data, first+i)
		}
	}
}

func TestNothingLostOrTwiceAfterACleanStop(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	var events []modinputtest.Event
	for range 3 {
		log.grow(50, "x")
		p := splunk.Start(t, log.stanza())
		p.Await("half of the events", atLeast(25))
		log.grow(50, "x")
		exit := p.Stop()
		if exit != modinput.ExitDone || p.Torn() || p.Err() != nil || len(p.Log()) > 0 {
			t.Errorf("exit %d, torn %v, %v, log %q", exit, p.Torn(), p.Err(), p.Log())
		}
		events = append(events, p.Events()...)
	}
	inOrder(t, events, 0)
	want := modinputtest.Event{
		Stanza: "ollama_logs://a", Time: "1", Source: log.file.Name(), Sourcetype: "ollama:server",
		Index: "main", Data: "0 <line> & x",
	}
	if events[0] != want {
		t.Errorf("got %+v", events[0])
	}
}

func TestNothingLostAfterAKill(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	log.grow(100, "x")
	p := splunk.Start(t, log.stanza())
	p.Await("some events", atLeast(10))
	p.Kill()
	if !p.Torn() || p.Err() != nil {
		t.Errorf("torn %v, %v", p.Torn(), p.Err())
	}
	inOrder(t, p.Events(), 0)
	again := splunk.Start(t, log.stanza())
	again.Await("all events", atLeast(100))
	inOrder(t, again.Events(), 0)
}

func TestSplunkdThatDoesNotRead(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	stanza := log.stanza()
	stanza.Params["drain"] = "off"
	p := splunk.Start(t, stanza)
	p.Pause()
	log.grow(100, strings.Repeat("x", 10_000)) // more than a pipe holds
	p.AwaitBlocked()
	p.Terminate()
	p.AwaitLog("context canceled") // it does not wait for splunkd to end
	p.Resume()
	if exit := p.Wait(); exit != modinput.ExitFailed {
		t.Errorf("exit %d, log %q", exit, p.Log())
	}
	before := p.Events()
	inOrder(t, before, 0)

	rest := splunk.Start(t, log.stanza())
	rest.Await("the last line", func(events []modinputtest.Event) bool {
		return len(events) > 0 && strings.HasPrefix(events[len(events)-1].Data, "99 ")
	})
	var first int
	if _, err := fmt.Sscan(rest.Events()[0].Data, &first); err != nil || first > len(before) {
		t.Errorf("%d events came before, the next is line %d: %v", len(before), first, err)
	}
	inOrder(t, rest.Events(), first)
}

func TestAnOrphanEnds(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	splunk.Runner = true
	log.grow(1, "x")
	p := splunk.Start(t, log.stanza())
	p.Await("an event", atLeast(1))
	p.KillRunner()
	p.AwaitLog("ERROR splunkd is gone")
	p.Wait()
	if err := p.Err(); err != nil {
		t.Error(err)
	}
}

func TestSplunkdGoneMidSentence(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	log.grow(1, "x")
	p := splunk.Start(t, log.stanza())
	p.Await("an event", atLeast(1))
	p.Vanish()
	log.grow(1, "x")
	if exit := p.Wait(); exit != modinput.ExitFailed {
		t.Errorf("exit %d: it must not die of the broken pipe", exit)
	}
	rest := splunk.Start(t, log.stanza())
	rest.Await("the line that went nowhere", atLeast(1))
	inOrder(t, rest.Events(), 1)
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	p := splunkd(t, "as-stubborn").Start(t, modinputtest.Stanza{Name: "a"})
	p.AwaitLog("INFO ready")
	p.Terminate()
	p.AwaitLog("INFO told to stop: terminated")
	if exit := p.Stop(); exit != -1 {
		t.Errorf("exit %d, want the death by a signal", exit)
	}
}

func TestARunnerHandsOnSignalsAndStatus(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	splunk.Runner = true
	log.grow(1, "x")
	p := splunk.Start(t, log.stanza())
	p.Await("an event", atLeast(1))
	if exit := p.Stop(); exit != modinput.ExitDone || p.Torn() {
		t.Errorf("exit %d, torn %v, log %q", exit, p.Torn(), p.Log())
	}
}

func TestCallsThatAreNotRuns(t *testing.T) {
	splunk, log := splunkd(t, "as-input"), newLog(t)
	if got := splunk.Scheme(t); got.Exit != 0 || !strings.HasPrefix(got.Stdout, "<scheme>") || got.Stderr != "" {
		t.Errorf("scheme: %+v", got)
	}
	if got := splunk.Validate(t, log.stanza()); got != (modinputtest.Reply{}) {
		t.Errorf("valid: %+v", got)
	}
	got := splunk.Validate(t, modinputtest.Stanza{Name: "a"})
	want := modinputtest.Reply{
		Exit:   modinput.ExitFailed,
		Stdout: "<error><message>paths is empty: name the file to follow</message></error>\n",
		Stderr: "ERROR paths is empty: name the file to follow\n",
	}
	if got != want {
		t.Errorf("not valid: %+v", got)
	}
}

// The reader must see what is wrong, or the tests above prove nothing.
func TestWhatSplunkdWouldChokeOn(t *testing.T) {
	const event = `<event stanza="a"><data>x</data></event>`
	tests := map[string]struct {
		stdout, stderr string
		events         int
		torn           bool
		err            string
	}{
		"whole":           {"<stream>" + event + "\n" + event + "</stream>\n", "INFO x\n", 2, false, ""},
		"no end":          {"<stream>" + event, "", 1, true, ""},
		"half an event":   {"<stream>" + event + event[:30], "", 1, true, ""},
		"nothing":         {"", "", 0, true, ""},
		"no stream":       {event, "", 0, false, "expected <stream>"},
		"stray output":    {"<stream>" + event + "hello" + event, "", 1, false, `text between elements: "hello"`},
		"after the end":   {"<stream></stream>" + event, "", 0, false, "after </stream>"},
		"no data":         {`<stream><event stanza="a"><host>h</host></event>`, "", 0, false, "without <data>"},
		"no stanza":       {`<stream><event><data>x</data></event>`, "", 0, false, "expected <event"},
		"unknown element": {`<stream><event stanza="a"><fields/></event>`, "", 0, false, "unknown or repeated <fields>"},
		"repeated element": {
			`<stream><event stanza="a"><host>h</host><host>h</host></event>`,
			"",
			0,
			false,
			"unknown or repeated <host>",
		},
		"control":          {"<stream><event stanza=\"a\"><data>\x01</data></event>", "", 0, false, "illegal character"},
		"log without form": {"<stream></stream>", "INFO a\npanic: b\n", 0, false, `no level in "panic: b"`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			p := splunkd(t, "as-written", tt.stdout, tt.stderr).Start(t, modinputtest.Stanza{Name: "a"})
			p.Wait()
			err := p.Err()
			if len(p.Events()) != tt.events || p.Torn() != tt.torn || (err == nil) != (tt.err == "") ||
				err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("%d events, torn %v, %v", len(p.Events()), p.Torn(), err)
			}
		})
	}
}
