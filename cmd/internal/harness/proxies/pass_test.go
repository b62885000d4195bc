//go:build linux

package proxies

import (
	"testing"
	"time"

	"ollama-hec/cmd/internal/harness"
	"ollama-hec/hec/receiver"
)

// each runs a case behind every reverse proxy that it has a configuration for.
func each(t *testing.T, bodies map[*program]string, run func(t *testing.T, p *program, body string)) {
	for _, p := range reverse {
		if body, ok := bodies[p]; ok {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				run(t, p, body)
			})
		}
	}
}

// passing are the configurations that pass everything on.
func passing() map[*program]string {
	bodies := map[*program]string{}
	for _, p := range reverse {
		bodies[p] = p.bodyFor
	}
	return bodies
}

// acking is the token of the shipper, with acknowledgment. A receiver that takes any
// token answers to names of this machine only, and a forward proxy is asked by another.
var acking = []receiver.Token{{Value: harness.Token(0), Ack: true}}

func TestPassThrough(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{Tokens: acking})
		r.front(p, body)
		r.write(20_000, 0)
		r.start()
		r.arrived()
		r.write(100, 0)
		r.delivered(1)
	})
}

// A front end that is reloaded while lines come costs none, and sends none twice
// but for what was on its way.
func TestReloadInMidStream(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{})
		f := r.front(p, body)
		r.start()
		for range 4 {
			r.write(1000, 0)
			r.eventually("a line more", func() bool { return r.copies() > 0 })
			f.reload(body)
			r.write(1000, 0)
			r.arrived()
		}
		r.delivered(2)
	})
}

// unmatched are routes that match no path of HEC, and what such a front end says.
var unmatched = map[*program][]struct{ name, body string }{
	nginx: {
		{"204", `location / { return 204; }`},
		{"200 OK", `location / { default_type text/plain; return 200 "OK"; }`},
		{"404", `location /other { proxy_pass http://{receiver}; }`},
	},
	haproxy: {
		{"200 OK", `http-request return status 200 content-type text/plain string "OK"`},
		{"200 and JSON", `http-request return status 200 content-type application/json string "{\"status\":\"Success\"}"`},
	},
	caddy: {
		{"empty 200", "handle /other/* {\n reverse_proxy {receiver}\n}"},
		{"200 and a code that is none", "respond `{\"code\":200,\"text\":\"OK\"}` 200"},
	},
}

// Where no route matches nothing counts as delivered, the hint says where to look,
// and all comes once the route is right.
func TestRouteThatDoesNotMatch(t *testing.T) {
	t.Parallel()
	for _, p := range reverse {
		for _, wrong := range unmatched[p] {
			t.Run(p.name+" "+wrong.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, receiver.Options{})
				f := r.front(p, wrong.body)
				r.write(3000, 0)
				r.start()
				r.says("paused", "hint=")
				f.reload(p.bodyFor)
				r.delivered(1)
			})
		}
	}
}

// check tells it, too.
func TestCheckBehindARouteThatDoesNotMatch(t *testing.T) {
	t.Parallel()
	for _, p := range reverse {
		for _, wrong := range unmatched[p] {
			t.Run(p.name+" "+wrong.name, func(t *testing.T) {
				t.Parallel()
				r := newRig(t, receiver.Options{})
				r.front(p, wrong.body)
				r.write(1, 0)
				s := r.launch("check")
				r.ended(s)
				if s.ExitCode() != 1 {
					t.Errorf("check ended with %d:\n%s%s", s.ExitCode(), s.Out(), s.Log())
				}
			})
		}
	}
}

// A reload that takes the route away and one that brings it back lose nothing,
// with and without acknowledgment.
func TestRouteGoneForAWhile(t *testing.T) {
	t.Parallel()
	for _, p := range reverse {
		for _, wrong := range unmatched[p] {
			for name, tokens := range map[string][]receiver.Token{"": nil, " with acknowledgment": acking} {
				t.Run(p.name+" "+wrong.name+name, func(t *testing.T) {
					t.Parallel()
					r := newRig(t, receiver.Options{Tokens: tokens})
					f := r.front(p, p.bodyFor)
					r.write(2000, 0)
					r.start()
					r.arrived()
					f.reload(wrong.body)
					r.eventually("the wrong route", func() bool { is, answers := isHEC(f.url()); return answers && !is })
					r.write(2000, 0)
					r.says("paused", "hint=")
					f.reload(p.bodyFor)
					r.write(2000, 0)
					r.delivered(1)
				})
			}
		}
	}
}

func TestReceiverDownBehindAFrontEnd(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{})
		addr := r.addr(0)
		r.front(p, body)
		r.write(1000, 0)
		r.start()
		r.arrived()
		r.receivers[0].Close()
		r.write(1000, 0)
		r.says("not take events")
		r.receive(addr, receiver.Options{})
		r.delivered(1)
	})
}

// What a restarted receiver has forgotten is sent again at once, not when the time
// for acknowledgments is over.
func TestReceiverRestartedBehindAFrontEnd(t *testing.T) {
	t.Parallel()
	each(t, passing(), func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{Tokens: acking, AckDelay: time.Hour})
		addr := r.addr(0)
		r.front(p, body)
		r.write(1000, 0)
		r.start()
		r.arrived()
		r.receivers[0].Close()
		r.write(10, 0)
		r.receive(addr, receiver.Options{Tokens: acking})
		r.eventually("what waited, again", func() bool { return r.mostCopies() > 1 })
		r.delivered(2)
	})
}
