//go:build linux

package harness

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// times is a fault that the first n submissions meet.
func times(n int, f receiver.Fault) receiver.FaultFunc {
	faults := make([]receiver.Fault, n)
	for i := range faults {
		faults[i] = f
	}
	return receiver.Plan(faults...)
}

// A fault of the receiver costs no line. Where it leaves open what was taken,
// lines may come twice, and where it does not, they must not.
func TestReceiverFaults(t *testing.T) {
	t.Parallel()
	after := func(f receiver.Fault) receiver.Fault { f.At = receiver.Taken; return f }
	for _, test := range []struct {
		name  string
		fault receiver.FaultFunc
		twice bool // the shipper cannot know
		hangs bool // until the shipper gives up
	}{
		{name: "reset before the body", fault: times(3, receiver.Fault{At: receiver.Unread, Reset: true})},
		{name: "reset after the body", fault: times(3, receiver.Fault{Reset: true})},
		{name: "reply lost", fault: times(3, after(receiver.Fault{Reset: true})), twice: true},
		{name: "reply cut", fault: times(3, receiver.Fault{Cut: true}), twice: true},
		{name: "hangs once", fault: times(1, receiver.Fault{Hang: true}), hangs: true},
		{name: "takes it and hangs", fault: times(1, after(receiver.Fault{Hang: true})), twice: true, hangs: true},
		{name: "busy", fault: times(4, receiver.Fault{Code: 9})},
		{name: "internal error after taking", fault: times(3, after(receiver.Fault{Code: 8})), twice: true},
		{name: "shutting down", fault: times(3, receiver.Fault{Code: 23})},
		{name: "queue full", fault: times(3, receiver.Fault{Code: 26})},
		{name: "nearly full", fault: times(3, receiver.Fault{Code: 24})},
		{name: "acks nearly full", fault: times(3, receiver.Fault{Code: 25})},
		{name: "no such index", fault: times(2, receiver.Fault{Code: 7})},
		{name: "no data", fault: times(2, receiver.Fault{Code: 5})},
		{name: "proxy page", fault: times(3, receiver.Fault{Status: 502})},
		{name: "proxy without mercy", fault: times(2, receiver.Fault{Status: 429, Header: map[string][]string{"Retry-After": {"999999999"}}})},
		{name: "redirect", fault: times(2, receiver.Fault{Status: 302, Header: map[string][]string{"Location": {"http://127.0.0.1:9/"}}})},
		{name: "slow to read", fault: times(2, receiver.Fault{Pause: 5 * time.Millisecond})},
		{name: "closes after each reply", fault: receiver.Always(receiver.Fault{Close: true})},
		{name: "one in three goes wrong", fault: receiver.Chance(1, 0.3, receiver.Fault{Reset: true},
			after(receiver.Fault{Reset: true}), receiver.Fault{Code: 9}, after(receiver.Fault{Status: 504})), twice: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, acked(0))
			b.server.SetFault(test.fault)
			b.env["BATCH_EVENTS"] = "300"
			if test.hangs {
				delete(b.env, "REPLY_TIMEOUT")
			}
			b.write("a.log", b.lines("a", 0, 2000))
			b.write("b.log", b.lines("b", 0, 2000))
			b.start()
			b.arrived()
			b.append("a.log", b.lines("a", 2000, 1000))
			b.excused()
			if tally := b.ledger.Tally(); !test.twice && tally.AfterAmbiguous > 0 {
				t.Errorf("lines came twice: %+v", tally)
			}
		})
	}
}

// Five seconds of 503 delay everything and repeat nothing.
func TestBusyForAWhile(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.server.SetFault(receiver.Always(receiver.Fault{Code: 9}))
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	busy := 5 * time.Second
	if long {
		busy = time.Minute
	}
	for n := range 10 {
		b.pass(busy / 10)
		b.append("a.log", b.lines("a", 1000+100*n, 100))
	}
	b.server.SetFault(nil)
	b.exactly()
}

// Behind a balancer every request of a channel returns to the node that knows it.
func TestBalancerCookies(t *testing.T) {
	t.Parallel()
	o := acked(100 * time.Millisecond)
	o.Cookie = "node=1"
	b := newBench(t, o)
	for n := range 16 { // enough for several lanes
		name := fmt.Sprintf("f%d", n)
		b.write(name+".log", b.lines(name, 0, 1000))
	}
	b.start()
	b.exactly()
	if n := b.server.Stats().WrongNode; n > 0 {
		t.Errorf("%d requests were sent without the cookie", n)
	}
}

// Revoked in the middle, rotated through TOKEN_FILE: delivery is paused, says so
// once, and resumes by itself.
func TestTokenRotation(t *testing.T) {
	t.Parallel()
	const first, second = tokenPrefix + "1000", tokenPrefix + "2000"
	b := newBench(t, receiver.Options{Tokens: []receiver.Token{{Value: first}}})
	file := filepath.Join(b.t.TempDir(), "token")
	b.must(os.WriteFile(file, []byte(first+"\n"), 0o600))
	b.env["TOKEN_FILE"] = file
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.arrived()
	b.server.SetTokens(receiver.Token{Value: second})
	b.append("a.log", b.lines("a", 1000, 1000))
	b.eventually("a word on it", func() bool { return strings.Contains(b.shipper.Log(), "delivery is paused") })
	b.pass(2 * time.Second)
	if n := strings.Count(b.shipper.Log(), "delivery is paused"); n != 1 {
		t.Errorf("said %d times", n)
	}
	b.must(os.WriteFile(file+".new", []byte(second), 0o600))
	b.must(os.Rename(file+".new", file))
	b.exactly()
}

// One of two endpoints goes and comes back.
func TestFailover(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	other, err := Serve(b.ledger, "127.0.0.1:0", receiver.Options{})
	b.must(err)
	t.Cleanup(func() { other.Close() })
	b.env["URL"] += "," + other.URL()
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.arrived()
	if other.Stats().Taken() > 0 {
		t.Error("the second endpoint was used without need")
	}
	b.server.Close()
	b.append("a.log", b.lines("a", 1000, 1000))
	b.arrived()
	if other.Stats().Taken() < 1000 {
		t.Error("the second endpoint was not used")
	}
	b.serve(b.addr(), receiver.Options{})
	for seq := 2000; b.server.Stats().Taken() == 0; seq++ {
		b.append("a.log", b.lines("a", seq, 1))
		b.arrived()
	}
	b.exactly()
}

// A receiver that dies and comes back at the same address.
func TestReceiverRestarts(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.start()
	for n := range 5 {
		b.append("a.log", b.lines("a", 1000*n, 1000))
		b.arrived()
		b.server.Close()
		b.append("b.log", b.lines("b", 1000*n, 1000))
		b.serve(b.addr(), receiver.Options{})
	}
	b.excused()
}

// Acknowledgment: late, with failing questions, and switched off in the middle.
func TestAcknowledgments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		delay time.Duration
		spoil func(b *bench)
	}{
		{"late", 3 * time.Second, func(*bench) {}},
		{"questions fail", 0, func(b *bench) {
			b.server.SetFault(receiver.On(receiver.EndpointAck, func(req *receiver.Request) receiver.Fault {
				if req.N < 5 {
					return []receiver.Fault{{Status: 500}, {Reset: true}, {Code: 9}, {Status: 200, Body: "{}"}, {Cut: true, At: receiver.Unread, Status: 502}}[req.N]
				}
				return receiver.Fault{}
			}))
		}},
		{"switched off", 5 * time.Second, func(b *bench) {
			b.eventually("an answer", func() bool { return b.server.Stats().Taken() > 0 })
			b.server.SetTokens(receiver.Token{})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, acked(test.delay))
			b.write("a.log", b.lines("a", 0, 1000))
			b.start()
			test.spoil(b)
			b.arrived()
			b.append("a.log", b.lines("a", 1000, 1000))
			b.arrived()
			b.eventually("a checkpoint", func() bool { return bytes.Contains(b.checkpoint(), b.offset("a.log")) })
			b.exactly()
		})
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		prep func(b *bench)
		args string
		code int
		says string
	}{
		{"done", func(*bench) {}, "run --once", 0, ""},
		{"without URL", func(b *bench) { delete(b.env, "URL") }, "run", 2, "OLLAMA_HEC_URL"},
		{"bad URL", func(b *bench) { b.env["URL"] = "splunk:8088" }, "run", 2, "OLLAMA_HEC_URL"},
		{"bad glob", func(b *bench) { b.env["PATHS"] = "/var/log/[" }, "run", 2, "PATHS"},
		{"state directory not writable", func(b *bench) {
			b.attr = nobody()
			b.env["STATE_DIR"] = "/proc/nowhere"
		}, "run", 2, "STATE_DIR"},
		{"state directory is a file", func(b *bench) { b.write("state", ""); b.env["STATE_DIR"] = b.path("state") }, "run", 2, "STATE_DIR"},
		{"two tokens", func(b *bench) { b.env["TOKEN"], b.env["TOKEN_FILE"] = Token(0), b.path("token") }, "run", 2, "TOKEN_FILE"},
		{"no such token file", func(b *bench) { b.env["TOKEN_FILE"] = b.path("token") }, "run", 2, "TOKEN_FILE"},
		{"bad number", func(b *bench) { b.env["BATCH_EVENTS"] = "many" }, "run", 2, "BATCH_EVENTS"},
		{"unknown flag", func(*bench) {}, "run --frobnicate", 2, "frobnicate"},
		{"rejected token", func(b *bench) { b.server.SetTokens(receiver.Token{Value: "another"}) }, "run --once", 1, "token"},
		{"disabled token", func(b *bench) { b.server.SetTokens(receiver.Token{Disabled: true}) }, "run --once", 1, "disabled"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, receiver.Options{})
			b.write("a.log", "some line\n")
			test.prep(b)
			s := b.launch(strings.Fields(test.args)...)
			b.wantExit(s, test.code)
			if !strings.Contains(s.Log(), test.says) {
				t.Errorf("it does not say %q:\n%s", test.says, s.Log())
			}
		})
	}
}

// --once waits for a receiver that is down.
func TestOnceThroughAnOutage(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.server.SetFault(receiver.Always(receiver.Fault{Code: 9}))
	b.write("a.log", b.lines("a", 0, 1000)+"no end yet")
	s := b.launch("run", "--once")
	b.eventually("an attempt", func() bool { return strings.Contains(s.Log(), "trying again") })
	b.server.SetFault(nil)
	b.wantExit(s, 0)
	b.exactlyNow()
}

// A stop in the middle of a backlog delivers what was read and no more; the
// next start goes on there.
func TestStopInTheMiddle(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.write("a.log", b.lines("a", 0, 200_000))
	for range 3 {
		before := b.server.Stats().Taken()
		b.start()
		b.eventually("some", func() bool { return b.server.Stats().Taken() > before })
		b.shipper.Signal(syscall.SIGTERM)
		b.wantExit(b.shipper, 0)
	}
	b.start()
	b.exactly()
}

// An address nobody listens at does not hold up the other.
func TestADeadFirstEndpoint(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.env["URL"] = "http://" + place(t).Addr() + "," + b.server.URL()
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	for n := range 20 {
		b.arrived()
		b.append("a.log", b.lines("a", 1000+n, 1))
	}
	b.exactly()
}
