//go:build linux && long

package harness

import (
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// long has the cases run at full length, and those here that take minutes.
const long = true

// A clean stop whose acknowledgments never come: the next start asks for half a
// minute and sends again.
func TestStopWithLostAcknowledgments(t *testing.T) {
	t.Parallel()
	b := newBench(t, acked(time.Hour))
	b.env["DRAIN_TIMEOUT"] = "500ms"
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	b.arrived()
	b.answered("a.log")
	b.stop()
	b.life++ // what was not acknowledged may come again
	b.server.Restart()
	b.server.SetFault(nil)
	b.start()
	b.eventually("them again", func() bool { return b.ledger.Tally().AfterCrash == 1000 })
}

// An acknowledgment that never comes has the batch sent again, after 5 minutes.
func TestAcknowledgmentLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, acked(0))
	b.server.SetFault(times(1, receiver.Fault{AckDelay: -1}))
	b.write("a.log", b.lines("a", 0, 1000))
	b.start()
	deadline := time.Now().Add(8 * time.Minute)
	for b.ledger.Tally().AfterAmbiguous == 0 && time.Now().Before(deadline) {
		b.pass(time.Second)
	}
	b.excused()
	if n := b.ledger.Times(b.name("a", 0)); n != 2 {
		t.Errorf("a line of the batch came %d times", n)
	}
}
