//go:build linux

package proxies

import (
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

const roundRobin = `default_backend nodes
backend nodes
	balance roundrobin
	STICKY
	server a {receiver} COOKIE a
	server b {receiver2} COOKIE b`

// balanced is a rig with two receivers that acknowledge, behind HAProxy.
func balanced(t *testing.T, sticky bool) *rig {
	t.Helper()
	r := newRig(t, receiver.Options{Tokens: acking})
	r.receive(place(t), receiver.Options{Tokens: acking})
	body := strings.NewReplacer("\tSTICKY\n", "", " COOKIE a", "", " COOKIE b", "").Replace(roundRobin)
	if sticky {
		body = strings.NewReplacer("STICKY", "cookie NODE insert indirect nocache", "COOKIE", "cookie").Replace(roundRobin)
	}
	r.front(haproxy, body)
	return r
}

func TestBalancerWithStickySessions(t *testing.T) {
	t.Parallel()
	r := balanced(t, true)
	r.start()
	for range 10 {
		r.write(500, 0)
		r.arrived()
	}
	r.delivered(1)
}

// Without sticky sessions the acknowledgment of a batch is at one node and the
// poll at another. Until that is noticed batches may come twice or three times:
// what is written then comes once.
func TestBalancerWithoutStickySessions(t *testing.T) {
	t.Parallel()
	r := balanced(t, false)
	r.start()
	for deadline := time.Now().Add(patience); !r.said("hint=", "sticky", "every node in turn"); {
		if time.Now().After(deadline) {
			t.Fatalf("it is not noticed within %d lines", r.lines)
		}
		r.write(500, 0)
		r.arrived()
	}
	noticed := r.lines
	for range 10 {
		r.write(500, 0)
		r.arrived()
	}
	r.delivered(3)
	r.ledger.Each(func(line string, times int) {
		if number(line) >= noticed && times > 1 {
			t.Errorf("%s came %d times, and was written after it had been noticed", line, times)
		}
	})
}
