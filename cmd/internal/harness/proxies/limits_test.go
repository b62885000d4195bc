//go:build linux

package proxies

import (
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// tooLarge are front ends that take bodies of some hundred bytes, and answer 413
// to larger ones.
var tooLarge = map[*program]string{
	nginx:   `client_max_body_size 800; location / { proxy_pass http://{receiver}; }`,
	haproxy: "option http-buffer-request\n\thttp-request deny deny_status 413 if { req.body_size gt 800 }\n\tdefault_backend receiver",
	caddy:   "request_body {\nmax_size 800B\n}\nreverse_proxy {receiver}",
}

// Bodies are halved until they fit, those of polls too: each part has an
// acknowledgment of its own, and hundreds wait at once.
func TestBodiesLimited(t *testing.T) {
	t.Parallel()
	each(t, tooLarge, func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{Tokens: acking, AckDelay: 2 * time.Second})
		r.front(p, body)
		r.write(800, 200)
		r.start()
		r.delivered(1)
	})
}

// impatient are front ends that wait a second for the receiver.
var impatient = map[*program]string{
	nginx:   `location / { proxy_pass http://{receiver}; proxy_read_timeout 1s; proxy_send_timeout 1s; proxy_next_upstream off; }`,
	haproxy: "default_backend slow\nbackend slow\n\ttimeout server 1s\n\tserver one {receiver}",
	caddy:   "reverse_proxy {receiver} {\ntransport http {\nresponse_header_timeout 1s\n}\n}",
}

// A receiver that takes longer than the gateway waits gets smaller batches after
// the second time-out: otherwise it would take the same events for ever.
func TestGatewayTimeouts(t *testing.T) {
	t.Parallel()
	each(t, impatient, func(t *testing.T, p *program, body string) {
		r := newRig(t, receiver.Options{})
		r.receivers[0].SetFault(receiver.Submissions(func(req *receiver.Request) receiver.Fault {
			// In proportion to what comes: a second for 64 KiB.
			<-time.After(time.Duration(req.HTTP.ContentLength) * time.Second / (64 << 10))
			return receiver.Fault{}
		}))
		r.front(p, body)
		r.write(1500, 200) // 200 KB as gzip: three seconds
		r.start()
		r.says("504", "hint=", "time-out")
		r.delivered(8)
	})
}
