//go:build linux

package harness

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"ollama-hec/hec/receiver"
)

func TestCaptureTellsOfEveryRequest(t *testing.T) {
	t.Parallel()
	const chats = 20
	c := captured(t, acked(0))
	c.startCapture("PROMPTS", "redacted")
	for n := range chats {
		c.chat(n, "number "+fmt.Sprint(n)+" has the key "+aSecret)
	}
	c.eventually("all to be on the disk", func() bool {
		text := c.onDisk()
		return strings.Count(text, `"sourcetype":"ollama:api"`) == chats && endsAreTold(text)
	})
	if strings.Contains(c.onDisk(), aSecret) {
		t.Error("a secret is on the disk")
	}
	c.stopCapture()
	c.wantExit(c.launch("run", "--once"), 0)

	connections, unnamed, unseen, lost := map[string]bool{}, 0, 0, 0
	for _, e := range c.of("ollama:connection") {
		connections[e.Connection] = true
		lost += e.LostConnections
	}
	for _, e := range c.of("ollama:api") {
		var n int
		if _, err := fmt.Sscanf(e.Model, "m-%d", &n); err != nil {
			t.Errorf("model %q", e.Model)
		}
		prompt, completion := tokensOf(n)
		if e.Prompt == nil || *e.Prompt != prompt || e.Completion == nil || *e.Completion != completion || e.Done != "stop" {
			t.Errorf("chat %d: tokens %v and %v, done %q", n, e.Prompt, e.Completion, e.Done)
		}
		// The request's last byte is seen before it is thought about, its first content after that.
		if e.TTFT == nil || *e.TTFT < float64(thinks.Milliseconds()) || e.Took == nil || *e.Took < *e.TTFT {
			t.Errorf("chat %d: first content after %v ms, the end after %v", n, e.TTFT, e.Took)
		}
		if e.Origin != "capture" || e.Src != "127.0.0.1" || fmt.Sprint(e.DestPort) != c.port || e.Status != 200 ||
			e.Path != "/api/chat" || e.BytesIn == 0 || e.Partial || e.Lost != nil {
			t.Errorf("chat %d: %+v", n, e)
		}
		if e.Connection == "" {
			unnamed++ // it had ended before it could be asked for
		} else if !connections[e.Connection] {
			unseen++
		}
	}
	if unnamed+unseen == chats || unseen > lost { // the kernel tells of what it could not tell
		t.Errorf("of %d connections %d have no name, %d are not told of, and %d are said to be lost", chats, unnamed, unseen, lost)
	}
	if times := c.numbers(); len(times) != chats || slices.Max(slices.Collect(maps.Values(times))) != 1 {
		t.Errorf("arrived so often: %v", times)
	}
	c.namesItsFields()
	prompts := c.of("ollama:prompts")
	for _, e := range prompts {
		if !strings.Contains(e.Text, "has the key [REDACTED") || e.Response != "" {
			t.Errorf("prompt %q, response %q", e.Text, e.Response)
		}
	}
	if len(prompts) != chats || len(c.segments()) != 0 {
		t.Errorf("%d prompts; left on the disk: %q", len(prompts), c.segments())
	}
	c.showsCapture(chats)
}

// Whatever is killed, and when: what was on the disk arrives, and what is not shows as a new start.
func TestCaptureAndShipperAreKilled(t *testing.T) {
	t.Parallel()
	c := captured(t, acked(0))
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	c.start()
	n, starts := 0, 0
	for range 6 {
		c.startCapture()
		starts++
		from := n
		for range 1 + dice.IntN(6) {
			c.chat(n, "hello")
			n++
			if dice.IntN(3) == 0 {
				c.kill()
				c.start()
			}
		}
		c.eventually("what was captured before the crash", func() bool { return c.hasChats(from, n) })
		asked := make(chan struct{})
		go func() { // in flight when it is killed: it may be told, or not
			defer close(asked)
			for i := range 3 {
				c.chat(10000+i, "in flight")
			}
		}()
		if dice.IntN(2) == 0 {
			c.kill()
			c.capture.Kill()
			c.start()
		} else {
			c.capture.Kill()
		}
		<-asked
	}
	c.startCapture()
	starts++
	c.chat(n, "the last")
	c.eventually("the last", func() bool { return c.hasChats(0, n+1) })
	c.stopCapture()
	c.eventually("all starts to be told", func() bool {
		told := 0
		for _, e := range c.of("ollama:hec:health") {
			if e.CaptureStarted {
				told++
			}
		}
		return told >= starts
	})
	c.eventually("the spool to be empty", func() bool { return len(c.segments()) == 0 })
	c.stop()
	for _, e := range c.of("ollama:api") {
		if e.Status != 200 || e.Src != "127.0.0.1" {
			t.Errorf("damaged: %+v", e)
		}
	}
}

// The stricter of two settings holds, whoever has it.
func TestTheShipperIsStricterThanCapture(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		capture, ship, prompt, response string // how prompt and response begin; empty: there is none
	}{
		{"full", "full", "key " + aSecret, aSecret},
		{"full", "redacted", "key [REDACTED", "[REDACTED"},
		{"redacted", "full", "key [REDACTED", "[REDACTED"},
		{"full", "off", "", ""},
		{"off", "full", "", ""},
	} {
		t.Run(tt.capture+" and "+tt.ship, func(t *testing.T) {
			t.Parallel()
			c := captured(t, acked(0))
			c.startCapture("PROMPTS", tt.capture, "REDACT", "off", "RESPONSES", "full")
			c.chat(1, "key "+aSecret)
			c.eventually(
				"it to be on the disk",
				func() bool { return strings.Contains(c.onDisk(), `"sourcetype":"ollama:api"`) },
			)
			c.stopCapture()
			c.env["PROMPTS"], c.env["REDACT"], c.env["RESPONSES"] = tt.ship, "off", "full"
			c.wantExit(c.launch("run", "--once"), 0)
			prompts := c.of("ollama:prompts")
			if tt.prompt == "" {
				if len(prompts) != 0 {
					t.Errorf("%+v", prompts)
				}
			} else if len(prompts) != 1 || !strings.HasPrefix(prompts[0].Text, tt.prompt) ||
				!strings.HasPrefix(prompts[0].Response, tt.response) {
				t.Errorf("%+v", prompts)
			}
			if len(c.of("ollama:api")) != 1 {
				t.Error("the request itself is missing")
			}
		})
	}
}

// What the spool may not hold is counted, requests go on, and it is told once there is room.
func TestCaptureOutgrowsItsSpool(t *testing.T) {
	t.Parallel()
	c := captured(t, acked(0))
	c.startCapture("SPOOL_BYTES", "1MiB", "PROMPTS", "full", "REDACT", "off")
	c.fillSpool()
	held := int64(0)
	for _, path := range c.segments() {
		info, err := os.Stat(path)
		c.must(err)
		held += info.Size()
	}
	if held > 1<<20 {
		t.Errorf("the spool holds %d bytes", held)
	}
	c.tellsOfLoss()
}

// A full disk is as a full spool.
func TestCaptureFillsTheDisk(t *testing.T) {
	t.Parallel()
	c := captured(t, acked(0))
	c.smallDisk("2m")
	c.startCapture("PROMPTS", "full", "REDACT", "off")
	c.fillSpool()
	if !strings.Contains(c.capture.Log(), "no space left on device") {
		t.Errorf("it says:\n%s", c.capture.Log())
	}
	c.tellsOfLoss()
}

// fillSpool asks until capture says that nothing can be kept.
func (c *rig) fillSpool() {
	c.t.Helper()
	prompt := strings.Repeat("a long question ", 3000)
	for n := 0; !strings.Contains(c.capture.Log(), "requests are counted and not kept"); n++ {
		if n == 1000 {
			c.t.Fatal("the spool is never full")
		}
		c.chat(n, prompt)
	}
}

// tellsOfLoss demands that what was not kept is told of once the shipper makes room, and
// that capturing goes on.
func (c *rig) tellsOfLoss() {
	c.t.Helper()
	c.start()
	c.eventually("a request after the loss", func() bool {
		c.chat(5000, "is there room?")
		return c.numbers()[5000] > 0
	})
	c.stopCapture()
	c.eventually("the loss", func() bool {
		return slices.ContainsFunc(c.of("ollama:hec:health"), func(e apiEvent) bool { return e.LostRecords > 0 })
	})
	c.stop()
}

// With SPOOL=off the shipper captures, and nothing is on the disk.
func TestTheShipperCapturesItself(t *testing.T) {
	t.Parallel()
	c := captured(t, acked(0))
	c.env["SPOOL"] = "off"
	c.start()
	c.eventually("it to capture", func() bool { return strings.Contains(c.shipper.Log(), "msg=capturing") })
	for n := range 5 {
		c.chat(n, "the key "+aSecret)
	}
	c.eventually("all requests", func() bool { return c.hasChats(0, 5) })
	c.chat(5, "the last before a stop")
	c.stop()
	if !c.hasChats(0, 6) || len(c.of("ollama:prompts")) != 6 ||
		len(c.of("ollama:connection")) < 6 {
		t.Errorf(
			"requests %v, %d prompts, %d connections",
			c.numbers(),
			len(c.of("ollama:prompts")),
			len(c.of("ollama:connection")),
		)
	}
	if found := c.got.find(aSecret); len(found) > 0 {
		t.Errorf("not redacted: %s", found[0].Event)
	}
	if _, err := os.Stat(filepath.Join(c.state, "capture")); !os.IsNotExist(err) {
		t.Errorf("there is a spool: %v", err)
	}
}

// With SPOOL=off what the receiver refuses is counted and lost, and no text of it is on the disk.
func TestNoTextTouchesTheDisk(t *testing.T) {
	t.Parallel()
	c := captured(t, receiver.Options{MaxContentLength: 20_000})
	c.env["SPOOL"] = "off"
	c.start()
	c.eventually("it to capture", func() bool { return strings.Contains(c.shipper.Log(), "msg=capturing") })
	c.chat(0, strings.Repeat("hush ", 10_000))
	c.eventually("a refusal", func() bool { return strings.Contains(c.shipper.Log(), "event rejected, and not kept") })
	c.chat(1, "short")
	c.eventually("what comes later", func() bool { return c.numbers()[1] > 0 })
	c.stop()
	if !strings.Contains(c.shipper.Log(), "dead_letters=1") {
		t.Errorf("not counted: %s", c.shipper.Log())
	}
	c.must(filepath.WalkDir(c.state, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		if strings.Contains(string(text), "hush") || strings.Contains(path, "dead-letter") {
			t.Errorf("%s: %.200s", path, text)
		}
		return err
	}))
	if strings.Contains(c.shipper.Log(), "hush") {
		t.Errorf("the log tells: %s", c.shipper.Log())
	}
}

// A port that Ollama's log names is captured, too.
func TestCaptureFollowsTheLogToAPort(t *testing.T) {
	t.Parallel()
	c := captured(t, receiver.Options{})
	c.env["CAPTURE_PORTS"] = "1"
	c.startCapture()
	c.start()
	c.append("server.log", fmt.Sprintf(
		"time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1205 msg=\"Listening on 127.0.0.1:%s (version 0.13.5)\"\n",
		c.port,
	))
	c.eventually("the port", func() bool { return strings.Contains(c.capture.Log(), "another port is captured") })
	c.chat(1, "hello")
	c.eventually("the request", func() bool { return c.hasChats(1, 2) })
	c.stopCapture()
	c.stop()
}

// Without the right to read packets it ends at once, and says what to do.
func TestCaptureWithoutItsRight(t *testing.T) {
	t.Parallel()
	c := captured(t, receiver.Options{})
	command := c.command("capture")
	command.Before = []string{"setpriv", "--bounding-set=-all", "--inh-caps=-all"}
	s, err := command.Start()
	if err != nil {
		t.Skipf("rights cannot be taken away here: %v", err)
	}
	c.wantExit(s, 1)
	if !strings.Contains(s.Log(), "CAP_NET_RAW") || !strings.Contains(s.Log(), "CAPTURE=connections") ||
		len(c.segments()) != 0 {
		t.Errorf("%s; %q", s.Log(), c.segments())
	}
}

// As the packages have it: two users, the spool shared by a group, and no right but CAP_NET_RAW
// for the one and none for the other.
func TestCaptureAndShipperAreTwoUsers(t *testing.T) {
	t.Parallel()
	const shipper, capturer = 64001, 64002
	c := captured(t, acked(0))
	spooled := filepath.Join(c.state, "capture")
	c.must(os.MkdirAll(spooled, 0o700))
	for _, above := range []string{filepath.Dir(c.state), filepath.Dir(filepath.Dir(c.state))} {
		c.must(os.Chmod(above, 0o755))
	}
	for path, mode := range map[string]os.FileMode{c.state: 0o710, spooled: 0o770 | os.ModeSetgid} {
		owner := shipper
		if path == spooled {
			owner = capturer
		}
		if err := os.Chown(path, owner, shipper); err != nil {
			t.Skipf("users cannot be changed here: %v", err)
		}
		c.must(os.Chmod(path, mode))
	}
	c.before = []string{
		"setpriv", fmt.Sprintf("--reuid=%d", capturer), fmt.Sprintf("--regid=%d", capturer), fmt.Sprintf("--groups=%d", shipper),
		"--inh-caps=-all,+net_raw", "--ambient-caps=-all,+net_raw", "--bounding-set=-all,+net_raw", "--no-new-privs",
	}
	c.startCapture()
	c.chat(1, "hello")
	c.eventually("it to be on the disk", func() bool { return strings.Contains(c.onDisk(), `"model":"m-1"`) })
	for _, path := range c.segments() {
		info, err := os.Stat(path)
		c.must(err)
		is := info.Sys().(*syscall.Stat_t)
		if info.Mode().Perm() != 0o640 || is.Uid != capturer || is.Gid != shipper {
			t.Errorf("%s: %v, %d:%d", path, info.Mode(), is.Uid, is.Gid)
		}
	}
	c.before = []string{
		"setpriv", fmt.Sprintf("--reuid=%d", shipper), fmt.Sprintf("--regid=%d", shipper), "--clear-groups",
		"--inh-caps=-all", "--bounding-set=-all", "--no-new-privs",
	}
	c.start()
	c.eventually("the request", func() bool { return c.hasChats(1, 2) })
	c.append("server.log", fmt.Sprintf("time=2026-04-13T08:00:00.123Z level=INFO source=routes.go:1 "+
		"msg=\"Listening on 127.0.0.1:%d (version 0.13.5)\"\n", 1))
	c.eventually("a port that the shipper tells of", func() bool { return strings.Contains(c.capture.Log(), "another port is captured") })
	c.stopCapture()
	c.eventually("the spool to be empty", func() bool { return len(c.segments()) == 0 })
	c.stop()
}
