package sourcetypes

import (
	"bytes"
	"strconv"
)

// accessEvent is the ollama:api event of an access line.
func (n *Normalizer) accessEvent(b *block) []byte {
	text, q := b.text, &b.request
	dst := append(n.json[:0], `{"origin":"access_log"`...)
	dst = n.appendSrc(dst, q.src.of(text))
	method := q.method.of(text)
	if q.route != nil {
		if q.verb == 0 {
			dst = n.appendMethod(dst, method)
		}
		dst = append(dst, q.route.request[q.verb]...)
		dst = appendStatus(dst, q.status.of(text))
		dst = appendLatency(dst, q.latency.of(text))
		n.json = append(dst, q.route.tail[q.verb]...)
		return n.json
	}
	dst = n.appendMethod(dst, method)
	n.text = appendUnquoted(n.text[:0], q.target.of(text))
	path, query, _ := bytes.Cut(n.text, []byte("?"))
	dst = n.appendTarget(dst, path, query, asIs, asIs)
	dst = appendStatus(dst, q.status.of(text))
	dst = appendLatency(dst, q.latency.of(text))
	if len(path) == 0 { // the line was cut
		n.json = append(dst, `,"operation":"unknown"}`...)
		return n.json
	}
	n.json = appendOperation(dst, string(method), path)
	return n.json
}

// saysHTTP reports whether b is the log line of a request that was answered
// before gin saw it: it has no access line.
func (b *block) saysHTTP() bool { return b.saysMsg("http ") }

// httpEvent is the ollama:api event of such a line, which gives no latency;
// nil if it turns out to be another kind of line.
func (n *Normalizer) httpEvent(b *block) []byte {
	line := uncut(b.head())
	var method, path, query, status, remote field
	for i := b.body; ; {
		f, next, ok := nextField(line, i)
		if !ok {
			break
		}
		i = next
		switch string(f.key.of(line)) {
		case "method":
			method = f
		case "path":
			path = f
		case "query":
			query = f
		case "status":
			status = f
		case "remote":
			remote = f
		}
	}
	if method.value.to == 0 || path.value.to == 0 || status.value.to == 0 {
		return nil
	}
	dst := append(n.json[:0], `{"origin":"access_log"`...)
	dst = n.appendSrc(dst, hostOf(remote.value.of(line)))
	dst = n.appendMethod(dst, method.value.of(line))
	n.text = path.appendValue(n.text[:0], line)
	length := len(n.text)
	n.text = query.appendValue(n.text, line)
	dst = n.appendTarget(dst, n.text[:length], n.text[length:], asIs, asIs)
	dst = appendStatus(dst, status.value.of(line))
	n.json = appendOperation(dst, string(method.value.of(line)), n.text[:length])
	return n.json
}

// appendValue appends a field's value without its escapes.
func (f *field) appendValue(dst, line []byte) []byte {
	if f.quoted {
		return appendUnquoted(dst, f.value.of(line))
	}
	return append(dst, f.value.of(line)...)
}

// hostOf is the address in address:port or [address]:port.
func hostOf(remote []byte) []byte {
	if i := bytes.LastIndexByte(remote, ':'); i > 0 && (remote[i-1] == ']' || bytes.IndexByte(remote, ':') == i) {
		remote = remote[:i]
	}
	return bytes.Trim(remote, "[]")
}

func (n *Normalizer) appendSrc(dst, src []byte) []byte {
	if len(src) == 0 {
		return dst
	}
	return append(dst, n.sources.of(src, &n.redact)...)
}

func (n *Normalizer) appendMethod(dst, method []byte) []byte {
	if len(method) == 0 {
		return dst
	}
	dst = append(dst, `,"http_method":`...)
	return n.appendText(dst, method)
}

// appendTarget appends what a request is for. The two functions cut what is redacted.
func (n *Normalizer) appendTarget(dst, path, query []byte, cutPath, cutQuery func([]byte) []byte) []byte {
	if len(path) > 0 {
		dst = append(dst, `,"uri_path":`...)
		dst = appendString(dst, cutPath(n.redact.apply(path, 0)))
	}
	if len(query) > 0 {
		dst = append(dst, `,"uri_query":`...)
		dst = appendString(dst, cutQuery(n.redactQuery(path, query)))
	}
	return dst
}

// asIs cuts nothing.
func asIs(b []byte) []byte { return b }

// redactQuery redacts a query. A secret's name at its start is known by the ? before it,
// which is not part of the query.
func (n *Normalizer) redactQuery(path, query []byte) []byte {
	n.query = n.concealQuery(append(n.query[:0], '?'), path, query)
	return bytes.TrimPrefix(n.redact.apply(n.query, 0), []byte("?"))
}

// appendText appends a text as it may be shipped, as a JSON string.
func (n *Normalizer) appendText(dst, text []byte) []byte {
	return appendString(dst, n.redact.apply(text, 0))
}

func appendStatus(dst, status []byte) []byte {
	if len(status) == 0 || len(status) > 9 {
		return dst
	}
	for _, c := range status {
		if !digit(c) {
			return dst
		}
	}
	for len(status) > 1 && status[0] == '0' {
		status = status[1:]
	}
	dst = append(dst, `,"status":`...)
	return append(dst, status...)
}

func appendLatency(dst, latency []byte) []byte {
	mark := len(dst)
	dst = append(dst, `,"response_time_ms":`...)
	dst, ok := appendMillis(dst, latency)
	if !ok {
		return dst[:mark]
	}
	return dst
}

func appendOperation(dst []byte, method string, path []byte) []byte {
	api, operation := operation(method, path)
	dst = append(dst, `,"api":"`...)
	dst = append(dst, api...)
	dst = append(dst, `","operation":"`...)
	dst = append(dst, operation...)
	return append(dst, `"}`...)
}

// appendMillis appends the milliseconds of a duration as Go writes it, such as
// 94.911µs or 1h2m3s, digit for digit.
func appendMillis(dst, d []byte) ([]byte, bool) {
	var nanos uint64
	if len(d) == 0 {
		return dst, false
	}
	for len(d) > 0 {
		value, i, fraction := uint64(0), 0, 0
		for ; i < len(d) && digit(d[i]); i++ {
			value = value*10 + uint64(d[i]-'0')
		}
		if i < len(d) && d[i] == '.' {
			point := i
			for i++; i < len(d) && digit(d[i]); i++ {
				value = value*10 + uint64(d[i]-'0')
			}
			fraction = i - point - 1
		}
		unit, zeros, n := durationUnit(d[i:])
		if i == 0 || n == 0 || fraction > zeros || i-fraction > 18-zeros || unit > 1 && value > maxHours {
			return dst, false // nothing, or too much for 64 bits
		}
		nanos += value * unit * powers[zeros-fraction]
		d = d[i+n:]
	}
	return appendNanos(dst, nanos), true
}

// appendNanos appends so many nanoseconds as milliseconds.
func appendNanos(dst []byte, nanos uint64) []byte {
	dst = strconv.AppendUint(dst, nanos/1e6, 10)
	rest := uint32(nanos % 1e6)
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+rest/100000), byte('0'+rest/10000%10), byte('0'+rest/1000%10),
		byte('0'+rest/100%10), byte('0'+rest/10%10), byte('0'+rest%10))
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// maxHours is how many hours Go's longest duration has.
const maxHours = 2562047

var powers = [...]uint64{1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9}

// durationUnit reads the unit at the start of b: unit and so many zeros are its
// nanoseconds, and n is how long it is. Only a power of ten takes a fraction.
func durationUnit(b []byte) (unit uint64, zeros, n int) {
	if len(b) == 0 {
		return 0, 0, 0
	}
	second := len(b) > 1 && b[1] == 's'
	switch {
	case b[0] == 's':
		return 1, 9, 1
	case b[0] == 'm' && second:
		return 1, 6, 2
	case hasPrefix(b, "µs"), hasPrefix(b, "μs"):
		return 1, 3, 3
	case b[0] == 'u' && second:
		return 1, 3, 2
	case b[0] == 'n' && second:
		return 1, 0, 2
	case b[0] == 'm':
		return 60e9, 0, 1
	case b[0] == 'h':
		return 3600e9, 0, 1
	}
	return 0, 0, 0
}
