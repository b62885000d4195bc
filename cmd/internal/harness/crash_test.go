//go:build linux

package harness

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ollama-hec/hec/receiver"
)

// acked is a receiver that acknowledges after a while.
func acked(delay time.Duration) receiver.Options {
	return receiver.Options{Tokens: []receiver.Token{{Ack: true}}, AckDelay: delay}
}

// A crash at any time loses nothing, and repeats only what was unacknowledged.
func TestCrashesAtRandomTimes(t *testing.T) {
	t.Parallel()
	crashes := 15
	if long {
		crashes = 100
	}
	for _, mode := range []struct {
		name string
		o    receiver.Options
	}{{"acknowledged", acked(100 * time.Millisecond)}, {"answered", receiver.Options{}}} {
		t.Run(mode.name, func(t *testing.T) {
			t.Parallel()
			draw := rand.New(rand.NewPCG(1, 2))
			b := newBench(t, mode.o)
			seq := 0
			grow := func() {
				b.append("a.log", b.lines("a", seq, 200))
				b.append("b.log", b.lines("b", seq, 200))
				seq += 200
			}
			grow()
			b.start()
			b.arrived() // what was never seen cannot be known to be rotated
			b.kill()
			for n := range crashes {
				b.start()
				for range 3 {
					b.pass(time.Duration(draw.IntN(400)) * time.Millisecond)
					grow()
				}
				if n%3 == 0 {
					b.rename("a.log", fmt.Sprintf("a.log.%d", crashes-n))
				}
				b.kill()
			}
			b.start()
			b.excused()
		})
	}
}

// What is acknowledged stays so: a crash after it repeats nothing.
func TestCrashAfterTheCheckpoint(t *testing.T) {
	t.Parallel()
	b := newBench(t, acked(0))
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.arrived()
	b.eventually("a checkpoint", func() bool { return bytes.Contains(b.checkpoint(), b.offset("a.log")) })
	b.kill()
	b.append("a.log", b.lines("a", 1000, 1000))
	b.start()
	b.exactly()
}

// While acknowledgments are outstanding no checkpoint moves.
func TestCrashBeforeTheAcknowledgment(t *testing.T) {
	t.Parallel()
	b := newBench(t, acked(time.Hour))
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.arrived()
	b.pass(2 * time.Second) // a checkpoint would be written by now
	if bytes.Contains(b.checkpoint(), b.offset("a.log")) {
		t.Error("a checkpoint is past what is not acknowledged")
	}
	b.kill()
	b.server.Close()
	b.serve(b.addr(), acked(0))
	b.start()
	b.excused()
	if got := b.ledger.Tally().AfterCrash; got < 1000 {
		t.Errorf("%d lines were sent again, want all 1000", got)
	}
}

func (b *bench) checkpoint() []byte {
	// Before the first one there is none, and then it is as good as empty.
	text, _ := os.ReadFile(filepath.Join(b.state, "checkpoints"))
	return text
}

// offset is how the checkpoint says that a file is delivered to its end.
func (b *bench) offset(name string) []byte {
	b.t.Helper()
	st, err := os.Stat(b.path(name))
	b.must(err)
	return []byte(`"offset":` + itoa(st.Size()) + `,`)
}

// A clean stop with acknowledgments outstanding asks for them at the next start.
func TestStopWithSlowAcknowledgments(t *testing.T) {
	t.Parallel()
	b := newBench(t, acked(4*time.Second))
	b.env["DRAIN_TIMEOUT"] = "500ms"
	b.write("a.log", b.lines("a", 0, 20_000))
	b.write("b.log", b.lines("b", 0, 20_000))
	b.start()
	b.arrived()
	b.answered("a.log", "b.log")
	b.stop()
	b.append("a.log", b.lines("a", 20_000, 100))
	b.env["DRAIN_TIMEOUT"] = unhurried["DRAIN_TIMEOUT"]
	b.start()
	b.exactly()
}

// If one of them never comes, the next start asks for half a minute, and only what
// stood under it is sent again.
func TestStopWithOneAcknowledgmentLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, acked(3*time.Second))
	b.env["DRAIN_TIMEOUT"] = "500ms"
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.arrived()
	b.server.SetFault(receiver.Always(receiver.Fault{AckDelay: -1}))
	b.write("b.log", b.lines("b", 0, 1000))
	b.arrived()
	b.server.SetFault(nil)
	b.append("a.log", b.lines("a", 1000, 1000))
	b.arrived()
	b.answered("a.log", "b.log")
	b.stop()
	b.start()
	b.excused()
	if tally := b.ledger.Tally(); tally.AfterAmbiguous != 1000 || b.ledger.Times(b.name("b", 0)) != 2 {
		t.Errorf("want the lines of b.log again and no other, got %+v", tally)
	}
}

func TestDamagedCheckpoints(t *testing.T) {
	t.Parallel()
	damage := map[string]func([]byte) []byte{
		"truncated":   func(c []byte) []byte { return c[:len(c)/2] },
		"emptied":     func([]byte) []byte { return nil },
		"zeroed":      func(c []byte) []byte { return make([]byte, len(c)) },
		"bit flipped": func(c []byte) []byte { c[len(c)/2] ^= 4; return c },
	}
	for name, spoil := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, receiver.Options{})
			b.write("a.log", b.lines("a", 0, 1000))
			b.start()
			b.arrived()
			b.listed(1)
			b.stop()
			path := filepath.Join(b.state, "checkpoints")
			text, err := os.ReadFile(path)
			b.must(err)
			b.must(os.WriteFile(path, spoil(text), 0o600))
			b.life++ // the copy before is older: what came since may come again
			b.append("a.log", b.lines("a", 1000, 100))
			b.start()
			b.arrived()
			b.eventually("a word on it", func() bool { return strings.Contains(b.shipper.Log(), "damaged") })
			b.excused()
		})
	}
}

func TestAllCheckpointsDamaged(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.env["START"] = "end" // which must not be where a damaged checkpoint leads
	b.write("a.log", "never sent\n")
	b.start()
	b.eventually("a checkpoint", func() bool { return b.checkpoint() != nil })
	b.append("a.log", b.lines("a", 0, 1000))
	b.arrived()
	b.stop()
	b.start()
	b.append("a.log", b.lines("a", 1000, 1000))
	b.arrived()
	b.stop()
	b.life++
	files, err := filepath.Glob(filepath.Join(b.state, "checkpoints*"))
	b.must(err)
	if len(files) < 2 {
		t.Fatalf("want two copies, got %q", files)
	}
	for _, path := range files {
		b.must(os.WriteFile(path, []byte("damaged"), 0o600))
	}
	b.ledger.Due("never sent")
	b.append("a.log", b.lines("a", 2000, 100))
	b.start()
	b.excused()
}

func TestTwoProcessesOnOneStateDirectory(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.start()
	b.listed(1)
	second := b.launch("run")
	b.wantExit(second, 2)
	if log := second.Log(); !strings.Contains(log, "in use") || !strings.Contains(log, "STATE_DIR") {
		t.Errorf("got %s", log)
	}
	b.write("a.log", b.lines("a", 0, 100))
	b.exactly()
}

// A state directory that cannot be written any more stops nothing: it is said,
// and fixed by itself. No file may grow here, which is as if the disk were full.
func TestStateDiskFull(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.write("a.log", b.lines("a", 0, 100))
	b.start()
	b.arrived()
	b.limitFiles(0)
	b.append("a.log", b.lines("a", 100, 100))
	b.arrived()
	b.eventually("an alarm", func() bool { return strings.Contains(b.shipper.Log(), "checkpoints cannot be written") })
	b.append("a.log", b.lines("a", 200, 100))
	b.arrived()
	b.limitFiles(unix.RLIM_INFINITY)
	b.eventually("its end", func() bool { return strings.Contains(b.shipper.Log(), "checkpoints are written again") })
	b.exactly()
}

// limitFiles bounds the files the running shipper may write.
func (b *bench) limitFiles(size uint64) {
	b.t.Helper()
	var old unix.Rlimit
	b.must(unix.Prlimit(b.shipper.Pid(), unix.RLIMIT_FSIZE, nil, &old))
	b.must(unix.Prlimit(b.shipper.Pid(), unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: size, Max: old.Max}, nil))
}

func TestASecondSignalEndsItAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.hang()
	b.env["DRAIN_TIMEOUT"] = "10m"
	b.write("a.log", b.lines("a", 0, 100))
	b.start()
	b.eventually("a request", func() bool { return b.server.Stats().Connections > 0 })
	b.eventually("the end", func() bool {
		b.shipper.Signal(syscall.SIGTERM)
		select {
		case <-b.shipper.Done():
			return true
		default:
			return false
		}
	})
	b.wantExit(b.shipper, -1)
}

// A receiver that is gone for good does not keep a stop longer than DRAIN_TIMEOUT.
func TestStopWhileTheReceiverIsDown(t *testing.T) {
	t.Parallel()
	b := bare(t)
	addr := place(t).Addr()
	b.env["URL"] = "http://" + addr
	b.env["DRAIN_TIMEOUT"] = "1s"
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.eventually("an attempt", func() bool { return strings.Contains(b.shipper.Log(), "does not take events") })
	b.stop()
	b.serve(addr, receiver.Options{})
	b.start()
	b.exactly()
}
