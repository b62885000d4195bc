//go:build linux

package proxies

import (
	"strings"
	"testing"

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
	r.receive("127.0.0.1:0", receiver.Options{Tokens: acking})
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
// what follows comes once.
func TestBalancerWithoutStickySessions(t *testing.T) {
	t.Parallel()
	r := balanced(t, false)
	r.start()
	for range 20 {
		r.write(500, 0)
		r.arrived()
	}
	r.says("hint=", "sticky")
	before := r.copies() - r.lines
	for range 10 {
		r.write(500, 0)
		r.arrived()
	}
	r.delivered(3)
	if again := r.copies() - r.lines - before; again > 0 {
		t.Errorf("%d lines came again that were written after it had been noticed", again)
	}
	if before > 2000 {
		t.Errorf("%d of the first 10,000 lines came again", before)
	}
}
