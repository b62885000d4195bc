//go:build linux

package harness

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
	"ollama-hec/input/netnstest"
	"ollama-hec/input/spool"
)

// helperAt is the address for the helper accept.
const helperAt = "BLACKBOX_AT"

// Where the server listens, and who connects.
const (
	serverAt = "203.0.113.1:11434"
	clientAt = "203.0.113.77"
)

// accept is a server: it reads each connection to its end.
func accept(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			_, _ = io.Copy(io.Discard, c) // it ends as its client wants
			_ = c.Close()
		}()
	}
}

// answer is a server that speaks HTTP.
func answer(address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Println("listening")
	return http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"models":[]}`) // the client may be gone
	}))
}

// serveIn starts a helper that listens in a namespace, as a process of the name ollama, and returns its id.
func serveIn(t *testing.T, where netnstest.Namespace, helper string) (pid int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "ollama")
	if err := os.Symlink(self, path); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "serve")
	cmd.Env = []string{helperEnv + "=" + helper, helperAt + "=" + serverAt}
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	where.Do(t, cmd.Start)
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("the server does not listen: %v", err)
	}
	return cmd.Process.Pid
}

// kinds are the ways in which a client ends a connection, after so many bytes.
var kinds = []struct {
	sends int
	reset bool
}{{0, false}, {46, false}, {0, true}, {3000, false}}

// rounds is how often it does each.
const rounds = 50

// dialFromPort connects from a port that no other connection has: the kernel itself may hand out the
// port of one that was reset again at once.
func dialFromPort(port int) (net.Conn, error) {
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{Port: port}}
	return dialer.Dial("tcp", serverAt)
}

const firstPort = 40000 // of those that connections are made from

// connect makes the connections, one after the other, and returns how much each sent by its port.
func connect(made map[int]uint64) error {
	for range rounds {
		for _, kind := range kinds {
			port := firstPort + len(made)
			c, err := dialFromPort(port)
			if err != nil {
				return err
			}
			made[port] = uint64(kind.sends)
			if _, err := c.Write(make([]byte, kind.sends)); err != nil {
				return err
			}
			if kind.reset {
				_ = c.(*net.TCPConn).SetLinger(0) // if it fails the connection ends in order, which is one too
			}
			if err := c.Close(); err != nil {
				return err
			}
		}
	}
	return nil
}

// connection is an event of ollama:connection, or of the start of who captures.
type connection struct {
	Origin, Src, State string
	SrcPort            int    `json:"src_port"`
	SrcScope           string `json:"src_scope"`
	Dest               string
	DestPort           int     `json:"dest_port"`
	BytesIn            *uint64 `json:"bytes_in"`
	Count              *int
	Lost               int
	ProcessName        string `json:"process_name"`
	ProcessID          int    `json:"process_id"`
	ConnectionID       string `json:"connection_id"`
}

// connections are those of the events that have come.
func (c *captures) connections(t *testing.T) (all []connection) {
	t.Helper()
	for _, e := range c.find(`"origin":"sock_diag"`) {
		var made connection
		if err := json.Unmarshal(e.Event, &made); err != nil {
			t.Fatalf("%s: %v", e.Event, err)
		}
		if e.Sourcetype != "ollama:connection" || e.Host != "bench" || e.Source != "capture" {
			t.Fatalf("sourcetype %q, host %q, source %q: %s", e.Sourcetype, e.Host, e.Source, e.Event)
		}
		all = append(all, made)
	}
	return all
}

// observed runs capture in the namespace of the server while the client makes connections.
// What it found is in the spool.
func observed(t *testing.T, env map[string]string) (b *bench, got *captures, made map[int]uint64, pid int) {
	t.Helper()
	client, server := netnstest.Cable(t)
	b, got = spooled(t, receiver.Options{})
	maps.Copy(b.env, env)
	b.env["CAPTURE"] = "connections"
	pid = serveIn(t, server, "accept")
	made = make(map[int]uint64)
	b.captureIn(server, func() int {
		client.Do(t, func() error { return connect(made) })
		return len(made)
	})
	return b, got, made, pid
}

// captureIn runs capture in a namespace while f makes connections, until all of them are known.
func (b *bench) captureIn(where netnstest.Namespace, f func() (connections int)) {
	b.t.Helper()
	b.before = []string{"ip", "netns", "exec", string(where)}
	capture := b.launch("capture")
	b.before = nil
	b.t.Cleanup(capture.Kill)
	b.eventually("it to capture", func() bool { return strings.Contains(capture.Log(), "msg=capturing") })
	n := f()
	b.eventually("every connection to have been told of", func() bool {
		var status spool.Status
		text, err := os.ReadFile(filepath.Join(spool.Path(b.state), "capture.status"))
		return err == nil && json.Unmarshal(text, &status) == nil && status.Counts["open_connections"] == 0 &&
			status.Counts["connections"]+status.Counts["lost_connections"] >= int64(n)
	})
	b.stopped(capture)
}

// stopped ends a process in order.
func (b *bench) stopped(s *Shipper) {
	b.t.Helper()
	s.Signal(os.Interrupt)
	b.wantExit(s, 0)
}

// Every connection is told of, once, as it was.
func TestEveryConnectionIsTold(t *testing.T) {
	t.Parallel()
	b, got, made, pid := observed(t, map[string]string{"CONNECTION_EVENTS": "all"})
	b.wantExit(b.launch("run", "--once"), 0)
	ids := make(map[string]bool)
	sum := 0
	for _, c := range got.connections(t) {
		n := 1
		if c.Count != nil {
			n = *c.Count
		}
		sum += n
		if c.State != "closed" {
			continue
		}
		sent, known := made[c.SrcPort]
		delete(made, c.SrcPort)
		if !known || ids[c.ConnectionID] || c.ConnectionID == "" {
			t.Errorf("no such connection, or told of twice: %+v", c)
		}
		ids[c.ConnectionID] = true
		if c.Origin != "sock_diag" || c.Src != clientAt || c.SrcScope != "external" || c.Dest != "203.0.113.1" || c.DestPort != 11434 ||
			c.ProcessName != "ollama" || c.ProcessID != pid {
			t.Errorf("%+v", c)
		}
		if c.BytesIn == nil || *c.BytesIn != sent {
			t.Errorf("%d bytes were sent: %+v", sent, c)
		}
	}
	if len(made) > 0 || sum != rounds*len(kinds) {
		t.Errorf("%d connections were not told of, and the counts add up to %d", len(made), sum)
	}
	if lost := got.find(`"lost"`); len(lost) > 0 {
		t.Errorf("lost: %s", lost[0].Event)
	}
}

// By default a client's connections of a minute are one event, but for the first.
func TestConnectionsOfAMinuteAreOneEvent(t *testing.T) {
	t.Parallel()
	b, got, _, _ := observed(t, nil)
	b.wantExit(b.launch("run", "--once"), 0)
	sum := 0
	var bytesIn uint64
	all := got.connections(t)
	for _, c := range all {
		n := 1
		if c.Count != nil {
			n = *c.Count
		}
		sum += n
		if c.Src != clientAt || c.ProcessName != "ollama" {
			t.Errorf("%+v", c)
		}
		if c.BytesIn != nil {
			bytesIn += *c.BytesIn
		}
	}
	// A few more where the machine is so slow that the minute ends.
	if sum != rounds*len(kinds) || len(all) < 2 || len(all) > 10 || bytesIn != rounds*3046 {
		t.Errorf("%d connections with %d bytes in %d events, want %d with %d in 2", sum, bytesIn, len(all), rounds*len(kinds), rounds*3046)
	}
}

// What is in the spool is reported as run would ship it, and a copy elsewhere as a log.
func TestTheSpoolIsReported(t *testing.T) {
	t.Parallel()
	b, _, made, _ := observed(t, nil)
	segments := b.segments()
	got := b.report("", segments...)
	found := got.Detections["Ollama API Accessed from External Network"]
	if len(found) != 1 || found[0]["src"] != clientAt || found[0]["connections"] != fmt.Sprint(len(made)) || got.Events["ollama:connection"] == 0 {
		t.Errorf("%+v", got)
	}
	if silent := got.Detections["Ollama Connection without Request"]; len(silent) != 1 || silent[0]["src"] != clientAt {
		t.Errorf("%+v", silent)
	}
	text, err := os.ReadFile(segments[0])
	b.must(err)
	copied := filepath.Join(b.dir, filepath.Base(segments[0]))
	b.must(os.WriteFile(copied, text, 0o600))
	if got := b.report("", copied); got.Events["ollama:connection"] > 0 || len(got.Detections["Ollama API Accessed from External Network"]) > 0 {
		t.Errorf("a copy elsewhere became events: %+v", got)
	}
}

// What the site's own patterns hide of an address is hidden before it touches the disk.
func TestAddressesAreRedactedInTheSpool(t *testing.T) {
	t.Parallel()
	b, got, _, _ := observed(t, map[string]string{"REDACT_REGEX": `203\.0\.113\.[0-9]+`})
	for _, path := range b.segments() {
		text, err := os.ReadFile(path)
		b.must(err)
		if bytes.Contains(text, []byte(clientAt)) {
			t.Errorf("%s holds the address:\n%s", filepath.Base(path), text)
		}
	}
	b.wantExit(b.launch("run", "--once"), 0)
	if all := got.connections(t); len(all) == 0 || !strings.HasPrefix(all[0].Src, "[REDACTED:") {
		t.Errorf("%+v", all)
	}
}

// A request has the id of its connection, and a connection without a request is one that no
// request names.
func TestRequestsNameTheirConnections(t *testing.T) {
	t.Parallel()
	client, server := netnstest.Cable(t)
	b, got := spooled(t, receiver.Options{})
	b.env["CONNECTION_EVENTS"] = "all"
	serveIn(t, server, "answer")
	silent := make(map[int]bool)
	b.captureIn(server, func() int {
		var asked []net.Conn
		client.Do(t, func() (err error) {
			asked, err = askAndBeSilent(silent)
			return err
		})
		// The kernel knows no connection that has ended, and capture may be slow to ask for it.
		b.eventually("every request to be told of", func() bool {
			return strings.Count(b.onDisk(), `"uri_path":"/api/tags"`) == rounds
		})
		for _, c := range asked {
			b.must(c.Close())
		}
		return 2 * rounds
	})
	b.wantExit(b.launch("run", "--once"), 0)
	requests := make(map[string]int) // ports of their clients, by id
	for _, e := range got.find(`"uri_path":"/api/tags"`) {
		var request connection
		if err := json.Unmarshal(e.Event, &request); err != nil || request.Src != clientAt || request.ConnectionID == "" {
			t.Errorf("%s: %v", e.Event, err)
		}
		requests[request.ConnectionID] = request.SrcPort
	}
	if len(requests) != rounds {
		t.Errorf("%d requests, want %d", len(requests), rounds)
	}
	for _, c := range got.connections(t) {
		if c.Origin != "sock_diag" || c.State != "closed" {
			continue
		}
		port, asked := requests[c.ConnectionID]
		delete(requests, c.ConnectionID)
		if asked == silent[c.SrcPort] || asked && port != c.SrcPort {
			t.Errorf("a request is said to be %v: %+v", asked, c)
		}
		delete(silent, c.SrcPort)
	}
	if len(requests)+len(silent) > 0 {
		t.Errorf("%d requests and %d connections without one are missing", len(requests), len(silent))
	}
}

// askAndBeSilent makes requests on a connection each, which it leaves open, and in turn connections
// without a request.
func askAndBeSilent(silent map[int]bool) (asked []net.Conn, err error) {
	for round := range rounds {
		c, err := dialFromPort(firstPort + 2*round)
		if err != nil {
			return nil, err
		}
		if err := get(c); err != nil {
			return nil, err
		}
		asked = append(asked, c)
		port := firstPort + 2*round + 1
		if c, err = dialFromPort(port); err != nil {
			return nil, err
		}
		silent[port] = true
		if err := c.Close(); err != nil {
			return nil, err
		}
	}
	return asked, nil
}

// get makes a request and reads its answer.
func get(c net.Conn) error {
	if _, err := io.WriteString(c, "GET /api/tags HTTP/1.1\r\nHost: ollama\r\n\r\n"); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	return err
}
