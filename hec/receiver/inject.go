package receiver

import (
	"net"
	"net/http"
	"time"
)

// hangLimit bounds a hang that neither the client nor Close ends: a client
// that went while its body was unread is not noticed.
const hangLimit = 10 * time.Minute

// inject makes the fault happen, and returns the reply.
func (x *exchange) inject(ack int64) reply {
	f := x.fault
	switch {
	case f.Hang:
		x.liftDeadline()
		x.wait(hangLimit)
		return reply{gone: true}
	case f.Reset:
		x.reset()
		return reply{gone: true}
	case f.Code == 0:
		r := page(f.Status)
		if f.Blank {
			return bare(f.Status, "", "")
		}
		if f.Body != "" {
			r.kind, r.body = "text/plain; charset=utf-8", f.Body
		}
		return r
	}
	r := answer(f.Code)
	r.status = f.Status
	if f.Invalid != nil {
		r.number = *f.Invalid
	}
	if f.accepts() {
		r.ack = ack
	}
	return r
}

// liftDeadline lifts the time limit on reading the request, which would end it.
func (x *exchange) liftDeadline() {
	// A writer without deadlines has no limit to lift.
	_ = http.NewResponseController(x.w).SetReadDeadline(time.Time{})
}

// reset drops the connection so that the client sees a TCP RST.
func (x *exchange) reset() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		return // gone all the same, if less abruptly
	}
	defer conn.Close()
	if c, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = c.NetConn()
	}
	if c, ok := conn.(interface{ SetLinger(int) error }); ok { // TCP
		c.SetLinger(0)
		conn.Close()
	}
}

// wait reports false if the client went or the receiver closed first.
func (x *exchange) wait(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-x.req.Context().Done():
	case <-x.r.closing:
	}
	return false
}
