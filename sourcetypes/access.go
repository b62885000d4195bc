package sourcetypes

// span is a part of a line.
type span struct{ from, to int }

func (s span) of(text []byte) []byte { return text[s.from:s.to] }

// request is where an access line says what.
type request struct {
	status, latency, src, method span
	target                       span   // path and query, still quoted
	route                        *route // where target is a known path as it stands
}

// readAccess reads an access line as gin writes it:
//
//	[GIN] 2026/11/21 - 19:12:19 | 200 |      94.911µs |     2001:db8::1 | GET      "/api/tags"
//
// The path may hold anything, so nothing is split past the method. A line that
// was cut, or lacks a column, is read as far as it goes.
func (n *Normalizer) readAccess(l *line, text []byte, from int) bool {
	if len(text)-from < 31 || string(text[from:from+6]) != "[GIN] " {
		return false
	}
	at, ok := n.clock.gin(text[from+6:])
	if !ok {
		return false
	}
	l.form, l.stamped, l.at = access, true, at
	l.strict, l.body, l.request = false, from+27, request{}
	q, i := &l.request, from+27
	for _, part := range [...]*span{&q.status, &q.latency, &q.src} {
		if *part, i, ok = column(text, i); !ok {
			return true
		}
	}
	i = skipSpaces(text, i+1)
	start := i
	for i < len(text) && text[i] > ' ' && text[i] != '"' {
		i++
	}
	q.method = span{start, i}
	i = skipSpaces(text, i)
	if i == len(text) || text[i] != '"' {
		return true
	}
	last := len(text) - 1
	if last <= i || text[last] != '"' || escaped(text, last) {
		q.target = span{i + 1, len(text)} // cut short
		return true
	}
	q.target = span{i + 1, last}
	if q.plain(text) {
		target := q.target.of(text)
		if q.route = findRoute(target); q.route != nil {
			l.strict, l.body = true, len(text)
		} else {
			l.strict, l.body = !dirty(target), i
		}
	}
	return true
}

// column reads what stands between the bar at i, with spaces before it, and
// the next bar, which is at end.
func column(b []byte, i int) (part span, end int, ok bool) {
	i = skipSpaces(b, i)
	if i == len(b) || b[i] != '|' {
		return part, i, false
	}
	i = skipSpaces(b, i+1)
	part.from = i
	for i < len(b) && b[i] != '|' && b[i] != ' ' {
		i++
	}
	part.to = i
	i = skipSpaces(b, i)
	return part, i, i < len(b) && b[i] == '|'
}

func skipSpaces(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}

// plain says whether the columns before the path hold what gin puts there and
// nothing else, so that they need neither cleaning nor redaction.
func (q *request) plain(text []byte) bool {
	if q.latency.to-q.latency.from > 24 || q.src.to-q.src.from > 64 {
		return false
	}
	for _, c := range q.status.of(text) {
		if !digit(c) {
			return false
		}
	}
	latency := q.latency.of(text)
	for i, c := range latency {
		if columnByte[c]&inLatency == 0 &&
			!(c == 0xc2 && i+1 < len(latency) && latency[i+1] == 0xb5) && !(c == 0xb5 && i > 0 && latency[i-1] == 0xc2) {
			return false // not even the µ of µs
		}
	}
	for _, c := range q.src.of(text) {
		if columnByte[c]&inSrc == 0 {
			return false
		}
	}
	for _, c := range q.method.of(text) {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return true
}

const (
	inLatency = 1 << iota
	inSrc
)

// columnByte says which columns a byte may stand in.
var columnByte = func() (t [256]uint8) {
	for c := range t {
		if digit(byte(c)) || c == '.' {
			t[c] |= inLatency | inSrc
		}
		if c >= 'a' && c <= 'z' {
			t[c] |= inLatency
		}
		if c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' || c == ':' {
			t[c] |= inSrc
		}
	}
	return t
}()

// escaped says whether the byte at i stands behind an odd number of backslashes.
func escaped(b []byte, i int) bool {
	n := i
	for n > 0 && b[n-1] == '\\' {
		n--
	}
	return (i-n)%2 == 1
}
