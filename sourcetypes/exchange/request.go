package exchange

import (
	"bytes"
	"net/url"
	"time"

	"ollama-hec/sourcetypes/internal/text"
)

// exchange is a request and its answer.
type exchange struct {
	begun time.Time // the request's first byte
	sent  time.Time // its last one
	ended time.Time // the answer's last byte
	after int       // of the requests of its connection, which one it is

	method      string
	path, query []byte
	targetCut   bool   // their end is not kept
	headBytes   int    // what its head has of the room
	freeBytes   int    // and what it has that is free
	headCut     bool   // there was no room for all of it
	malformed   bool   // it is no request
	client      source // what its head says of who asks
	endpoint    *endpoint
	head        bool // the method is HEAD: answers have no body
	expects     bool // the client waits for 100 before it sends the body
	continued   bool // which it got

	asked    asked
	fields   *fieldScanner // of multipart/form-data
	packed   *packed       // a body that is compressed
	in       int64
	followed bool // requests may have come after it that were not seen
	inUnsure bool // in is not all of the body
	asksHole bool // a part of the body was not seen

	answer    answer
	status    int
	out       int64
	outUnsure bool

	requestEnded bool
	answerBegun  bool
	answerEnded  bool
	endUnseen    bool // when the answer ended was not seen
	streamed     bool
	statesStream bool // streamed is known
	lost         int64
	partial      bool
	told         bool // it is none, but stands for one that is told already
}

// source is what a request's head says of who asks.
type source struct {
	host, userAgent, origin, forwarded []byte
	forwardedCut                       bool
}

// requestLine reads the first line as Go's server does. It reports whether it is one
// that is followed by a head. A line of cutAt bytes was cut.
func (x *exchange) requestLine(line []byte, cutAt int, heads *room) bool {
	method, rest, _ := bytes.Cut(line, []byte{' '})
	target, proto, ok := bytes.Cut(rest, []byte{' '})
	if !ok || !isToken(method) || !isVersion(proto) {
		x.malformed = true
		return false
	}
	x.method = string(method)
	if x.targetCut = len(line) >= cutAt; x.targetCut { // a line end may be gone
		target = withoutTornEscape(target)
	}
	x.head = x.method == "HEAD"
	defer func() {
		x.find()
		x.chargeTarget(heads)
	}()
	if string(line) == "PRI * HTTP/2.0" {
		x.path = []byte("*")
		return false
	}
	u, err := url.ParseRequestURI(string(target))
	if err != nil {
		path, query, _ := bytes.Cut(target, []byte{'?'}) // what is in a query is no path, however the path is
		x.path, x.query = bytes.Clone(path), bytes.Clone(query)
		return true
	}
	x.path, x.query = []byte(u.Path), []byte(u.RawQuery)
	if u.Opaque != "" {
		x.path = []byte(u.Opaque)
	}
	return true
}

// chargeTarget takes the room for the target of the request. Without room, what is long of it goes.
func (x *exchange) chargeTarget(heads *room) {
	if x.takeText(len(x.path)+len(x.query), heads) {
		return
	}
	x.query = nil
	if len(x.path) > shortPath {
		x.path = nil
	}
}

// shortPath is how long a path may be for which there is no room: all that Ollama has are shorter.
const shortPath = 256

// withoutTornEscape is a target without an escape at its end that is not complete.
func withoutTornEscape(target []byte) []byte {
	if i := bytes.LastIndexByte(target, '%'); i >= 0 && i > len(target)-3 {
		return target[:i]
	}
	return target
}

// isVersion reports whether proto is HTTP/ and two digits with a point.
func isVersion(proto []byte) bool {
	return len(proto) == 8 && text.HasPrefix(proto, "HTTP/") && text.Digit(proto[5]) && proto[6] == '.' &&
		text.Digit(proto[7])
}

// isToken reports whether b may be a method.
func isToken(b []byte) bool {
	for _, c := range b {
		if c <= ' ' || c >= 0x7f || bytes.IndexByte([]byte(`"(),/:;<=>?@[\]{}`), c) >= 0 {
			return false
		}
	}
	return len(b) > 0 && len(b) <= maxOther
}

// takeHead takes the head of the request.
func (x *exchange) takeHead(h *head, o *Options, from *share, heads *room) {
	x.client = source{
		host: x.text(h.host, heads), origin: x.text(h.origin, heads), userAgent: x.text(h.userAgent, heads),
		forwarded: x.text(h.forwarded, heads), forwardedCut: h.forwardedCut,
	}
	x.expects = h.expects
	x.asked.start(x.endpoint, o, from)
	switch {
	case x.endpoint.form:
		x.fields = newFieldScanner(h.contentType, &x.asked.model)
	case text.EqualFold(h.encoding, "zstd") && bytes.HasPrefix(x.path, []byte("/v1/")) && x.asked.reads:
		x.packed = newPacked(zstdCoding, from.room)
	case len(h.encoding) > 0 && !text.EqualFold(h.encoding, "identity"):
		// Ollama takes the body for what it is, and refuses it.
	}
}

// answerHead takes the head of the answer.
func (x *exchange) answerHead(h *head, o *Options, from *share) {
	x.answer.start(o, from, x.asked.prompts)
	f := unread
	switch media(h.contentType) {
	case "application/json":
		f = single
	case "application/x-ndjson":
		f = lines
	case "text/event-stream":
		f = events
	}
	if x.endpoint.stream && x.status/100 == 2 && f != unread {
		x.streamed, x.statesStream = f != single, true
	}
	if x.head {
		f = unread
	}
	x.answer.body(x.endpoint, f)
	if coding := codingOf(h.encoding); coding != noCoding && f != unread {
		x.answer.packed = newPacked(coding, from.room)
	}
}

// find finds what the request is for.
func (x *exchange) find() {
	x.endpoint = anyEndpoint
	if x.method != "POST" && x.method != "DELETE" {
		return
	}
	if e := endpoints[string(x.path)]; e != nil {
		x.endpoint = e
	}
}

// requestBody takes a further part of the request's body.
func (x *exchange) requestBody(p []byte) {
	if x.packed != nil && x.in == int64(len(p)) && (p[0] == '{' || space[p[0]]) {
		x.packed = nil // it only says that it is compressed, which Ollama before 0.16.3 does not look at
	}
	switch {
	case x.asksHole:
	case x.packed != nil:
		x.packed.add(p)
	case x.fields != nil:
		x.fields.feed(p)
	case x.asked.reads:
		x.asked.scan.feed(p)
	}
}

// endRequest ends the request's body.
func (x *exchange) endRequest() {
	if x.packed != nil && !x.asksHole {
		x.packed.unpack(x.sent, func(p []byte) (more bool) {
			x.asked.scan.feed(p)
			return x.asked.scan.reads()
		})
	}
	x.asked.scan.finish()
	x.asked.rest()
}

// knowsAll reports whether the request's body was read to its end.
func (x *exchange) knowsAll() bool { return x.asked.reads && x.asked.scan.whole() }
