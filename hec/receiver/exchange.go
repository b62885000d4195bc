package receiver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
)

// Endpoint is one of the services HEC offers.
type Endpoint uint8

const (
	EndpointEvent Endpoint = iota
	EndpointRaw
	EndpointAck
	EndpointHealth
	endpoints // how many there are
)

var paths = map[string]Endpoint{
	"/services/collector":            EndpointEvent,
	"/services/collector/1.0":        EndpointEvent,
	"/services/collector/event":      EndpointEvent,
	"/services/collector/event/1.0":  EndpointEvent,
	"/services/collector/raw":        EndpointRaw,
	"/services/collector/raw/1.0":    EndpointRaw,
	"/services/collector/ack":        EndpointAck,
	"/services/collector/ack/1.0":    EndpointAck,
	"/services/collector/health":     EndpointHealth,
	"/services/collector/health/1.0": EndpointHealth,
}

// ackQueryLimit bounds the body of an ack query.
const ackQueryLimit = 1 << 20

// exchange is one request and its reply.
type exchange struct {
	r        *Receiver
	w        http.ResponseWriter
	req      *http.Request
	endpoint Endpoint
	n        uint64 // requests before on this endpoint
	fault    Fault
	reserved int64 // of the receiver's room
}

// ServeHTTP answers one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.serving.RLock()
	defer r.serving.RUnlock()
	x := &exchange{r: r, w: w, req: req}
	defer func() { r.room.used.Add(-x.reserved) }()
	if r.misdirected(req) {
		r.stats.request(nil)
		x.send(notOurs(req.Host))
		return
	}
	endpoint, known := paths[req.URL.Path]
	if !known {
		r.stats.request(nil)
		x.send(notFound(http.StatusNotFound))
		return
	}
	x.endpoint = endpoint
	x.n = r.seen[endpoint].Add(1) - 1
	x.fault = (*r.fault.Load())(&Request{HTTP: req, Endpoint: endpoint, N: x.n})
	if reflect.ValueOf(x.fault).IsZero() {
		r.stats.request(nil)
	} else {
		r.stats.request(&x.fault)
	}
	x.send(x.serve())
}

func (x *exchange) serve() reply {
	if x.fault.Restart {
		x.r.Restart()
	}
	if x.fault.Pause > 0 {
		x.liftDeadline()
	}
	if x.fault.hitsAt(Unread) {
		r := x.inject(-1)
		r.early = true
		return r
	}
	allowed := []string{http.MethodPost, http.MethodOptions}
	if x.endpoint == EndpointHealth {
		allowed = []string{http.MethodGet, http.MethodHead, http.MethodOptions}
	}
	switch {
	case x.req.Method == http.MethodOptions:
		x.w.Header().Set("Allow", strings.Join(allowed, ","))
		return bare(http.StatusOK, "", "")
	case !slices.Contains(allowed, x.req.Method):
		x.w.Header().Set("Allow", strings.Join(allowed, ","))
		return notFound(http.StatusMethodNotAllowed)
	case x.r.closed():
		return answer(codeShuttingDown)
	case x.endpoint == EndpointHealth:
		return x.health()
	}
	token, code := authorize(*x.r.tokens.Load(), x.req)
	if code != codeSuccess {
		return answer(code)
	}
	if x.endpoint == EndpointAck {
		return x.query(token)
	}
	return x.submit(token)
}

// health looks at no token, as splunkd was seen to.
func (x *exchange) health() reply {
	if x.fault.hitsAt(Read) || x.fault.hitsAt(Taken) {
		return x.inject(-1)
	}
	return answer(codeHealthy)
}

// submit takes the events of one body.
func (x *exchange) submit(token Token) reply {
	channel, code := x.channel(token)
	if code != codeSuccess {
		return answer(code)
	}
	if x.r.options.CountOnly {
		return x.count(token, channel)
	}
	body, err := x.read(x.r.options.MaxContentLength)
	switch {
	case err != nil:
		return x.unreadable(err)
	case x.fault.hitsAt(Read):
		return x.inject(-1)
	}
	var p parsed
	if x.endpoint == EndpointRaw {
		p = lines(body, x.req.URL.Query(), token)
	} else {
		p = parse(body, token)
	}
	if n := x.fault.Invalid; n != nil {
		p = parsed{events: p.events[:min(max(*n, 0), len(p.events))], number: *n}
	}
	for i := range p.events {
		p.events[i].Request = x.n
	}
	good := reply{code: p.code, number: p.number, ack: -1}
	if len(p.events)+p.fieldsOnly > 0 && token.Ack {
		if good.ack, code = x.issue(channel); code != codeSuccess {
			return answer(code)
		}
	}
	if !x.fault.Lose {
		if err := x.r.take(p); err != nil {
			return answer(codeInternal)
		}
	}
	if x.fault.hitsAt(Taken) {
		return x.inject(good.ack)
	}
	return good
}

// count is submit without looking at the events.
func (x *exchange) count(token Token, channel string) reply {
	var c counter
	err := x.unpack(x.r.options.MaxContentLength, c.readFrom)
	switch {
	case err != nil:
		return x.unreadable(err)
	case x.fault.hitsAt(Read):
		return x.inject(-1)
	}
	good := answer(codeSuccess)
	if token.Ack {
		var code int
		if good.ack, code = x.issue(channel); code != codeSuccess {
			return answer(code)
		}
	}
	if !x.fault.Lose {
		x.r.stats.counted(c.objects)
	}
	if x.fault.hitsAt(Taken) {
		return x.inject(good.ack)
	}
	return good
}

func (x *exchange) issue(channel string) (id int64, code int) {
	delay := x.r.options.AckDelay
	if x.fault.Lose || x.fault.AckDelay < 0 || delay < 0 {
		delay = -1
	} else {
		delay += x.fault.AckDelay
	}
	id, ok := x.r.acks.issue(channel, delay)
	if !ok {
		return -1, codeAckFull
	}
	return id, codeSuccess
}

// query answers which acks are indexed. That acknowledgment is off comes
// before any look at the channel.
func (x *exchange) query(token Token) reply {
	if !token.Ack {
		return answer(codeAckDisabled)
	}
	channel, code := x.channel(token)
	if code != codeSuccess {
		return answer(code)
	}
	body, err := x.read(min(ackQueryLimit, x.r.options.MaxContentLength))
	switch {
	case err != nil:
		return x.unreadable(err)
	case x.fault.hitsAt(Read):
		return x.inject(-1)
	case len(bytes.TrimSpace(body)) == 0:
		return answer(codeNoData)
	}
	var asked struct {
		Acks []int64 `json:"acks"`
	}
	if json.Unmarshal(body, &asked) != nil || asked.Acks == nil {
		return answer(codeBadFormat)
	}
	indexed := x.r.acks.indexed(channel, asked.Acks)
	if x.fault.hitsAt(Taken) {
		return x.inject(-1)
	}
	b := []byte(`{"acks":{`)
	for i, id := range asked.Acks {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `"%d":%t`, id, indexed[i])
	}
	return bare(http.StatusOK, contentJSON, string(append(b, "}}"...)))
}

// channel is the channel of a request, "" where none is needed.
func (x *exchange) channel(token Token) (name string, code int) {
	name = x.req.Header.Get("X-Splunk-Request-Channel")
	if name == "" {
		name = x.req.URL.Query().Get("channel")
	}
	name = strings.ToLower(name)
	switch {
	case !token.Ack:
	case name == "" && x.r.options.Cloud:
		return "", codeNoCloudChannel
	case name == "":
		return "", codeNoChannel
	case !guid(name):
		return "", codeBadChannel
	}
	x.checkCookie(name)
	return name, codeSuccess
}

func (x *exchange) checkCookie(channel string) {
	cookie := x.r.options.Cookie
	if cookie == "" || !guid(channel) {
		return
	}
	if x.r.acks.sticky(channel, returns(x.req, cookie)) {
		x.r.stats.wrongNode()
	}
}

// unreadable is what a body that could not be read comes to.
func (x *exchange) unreadable(err error) reply {
	switch {
	case errors.Is(err, errTooLarge) && x.r.options.Cloud:
		r := answer(codeBadFormat)
		r.number, r.early = 0, true
		return r
	case errors.Is(err, errTooLarge):
		r := page(http.StatusRequestEntityTooLarge)
		r.early = true
		return r
	case errors.Is(err, errBusy):
		r := answer(codeBusy)
		r.early = true
		return r
	case errors.Is(err, errEncoding):
		return page(http.StatusUnsupportedMediaType)
	case errors.Is(err, errLost):
		return reply{gone: true}
	}
	return answer(codeBadFormat) // it does not unpack
}

// send gives the reply. A body not read yet is read first, within limits, so
// that a client still writing gets to see it.
func (x *exchange) send(r reply) {
	if r.gone {
		panic(http.ErrAbortHandler)
	}
	if !r.early {
		io.Copy(io.Discard, io.LimitReader(x.req.Body, x.r.options.MaxContentLength))
	}
	x.r.stats.answered(r)
	header := x.w.Header()
	if x.fault.Close || x.fault.Cut || r.early { // or else net/http waits for the body
		header.Set("Connection", "close")
	}
	if x.r.options.Cookie != "" {
		header.Add("Set-Cookie", x.r.options.Cookie)
	}
	for name, values := range x.fault.Header {
		header[http.CanonicalHeaderKey(name)] = values
	}
	kind, body := r.content()
	header["Content-Type"] = []string{kind}
	if kind == "" {
		header["Content-Type"] = nil // or else net/http guesses one
	}
	if r.httpStatus() != http.StatusNoContent {
		header.Set("Content-Length", fmt.Sprint(len(body)))
	}
	x.w.WriteHeader(r.httpStatus())
	if x.fault.Cut {
		x.w.Write(body[:len(body)/2])
		http.NewResponseController(x.w).Flush()
		panic(http.ErrAbortHandler)
	}
	x.w.Write(body)
}
