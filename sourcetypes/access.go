package sourcetypes

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// span is a part of a line.
type span struct{ from, to int }

func (s span) of(text []byte) []byte { return text[s.from:s.to] }

// request holds where the parts of an access line are.
type request struct {
	status, latency, src, method span
	target                       span   // path and query, still quoted
	verb                         verb   // the method, if it is a usual one
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
	l.strict, l.body = false, from+27
	q := &l.request
	if from == 0 && q.fixed(text) {
		l.strict, l.body = true, len(text)
		return true
	}
	*q = request{}
	i, plain, whole := q.readColumns(text, from+27)
	if !whole {
		return true
	}
	i, plainMethod := q.readMethod(text, skipSpaces(text, i+1))
	plain = plain && plainMethod
	if i == len(text) || text[i] != '"' {
		return true
	}
	last := len(text) - 1
	if n := gluedLine(text[i+1:]); n >= 0 {
		last, plain = i+1+n, false
	} else if last <= i || text[last] != '"' || escaped(text, last) {
		q.target = span{i + 1, i + 1 + len(uncut(text[i+1:]))}
		return true
	}
	q.target = span{i + 1, last}
	if !plain {
		return true
	}
	target := text[i+1 : last]
	if q.route = findRoute(target); q.route != nil {
		l.strict, l.body = true, len(text)
	} else {
		l.strict, l.body = !dirty(target), i
	}
	return true
}

// readColumns reads the columns from i on that stand before the method, and returns where
// they end. plain means that there is nothing to clean in them; whole, that there are all.
func (q *request) readColumns(text []byte, i int) (end int, plain, whole bool) {
	var plainStatus, plainLatency, plainSrc bool
	if q.status, i, plainStatus, whole = column(text, i, inStatus); !whole {
		return i, false, false
	}
	if q.latency, i, plainLatency, whole = column(text, i, inLatency); !whole {
		return i, false, false
	}
	bar := i
	if q.src, i, plainSrc, whole = column(text, i, inSrc); !whole {
		q.src, i, whole = wideColumn(text, bar)
	}
	return i, plainStatus && plainLatency && plainSrc, whole
}

// readMethod reads the method at i, and returns where the path begins. plain means that
// there is nothing to clean in the method.
func (q *request) readMethod(text []byte, i int) (path int, plain bool) {
	start := i
	for i < len(text) && upper(text[i]) {
		i++
	}
	plain = i < len(text) && text[i] == ' '
	for i < len(text) && text[i] > ' ' && text[i] != '"' {
		i++
	}
	q.method = span{start, i}
	for v, name := range verbs {
		if string(q.method.of(text)) == name {
			q.verb = verb(v)
		}
	}
	return skipSpaces(text, i), plain
}

// fixed reads a line whose columns have the width gin pads them to and whose
// path is a known one: nearly all of them. It does so without loops of which
// the processor would have to guess the end.
func (q *request) fixed(text []byte) bool {
	const status, latency, width, address = 30, 36, 13, 15
	if len(text) < 80 || !bar(text, status-3) || !bar(text, status+3) || !digit(text[status]) || !digit(text[status+1]) ||
		!digit(text[status+2]) {
		return false
	}
	end := latency + width
	allowed := uint8(inLatency)
	if micro := text[end-2] == 0xc2 && text[end-1] == 0xb5 && text[end] == 's'; micro {
		end++ // the µ of µs is two bytes
		for _, c := range text[latency : latency+width-2] {
			allowed &= paddedBytes[c]
		}
	} else {
		for _, c := range text[latency : latency+width] {
			allowed &= paddedBytes[c]
		}
	}
	if allowed == 0 || !bar(text, end) {
		return false
	}
	q.latency = span{min(latency+leadingSpaces(text[latency:]), end), end}
	src := end + 3
	end = src + address
	allowed = inSrc
	for _, c := range text[src : src+address] {
		allowed &= paddedBytes[c]
	}
	if allowed == 0 || !bar(text, end) {
		return false
	}
	q.src = span{min(src+leadingSpaces(text[src:]), end), end}
	quote := end + 3 + 9
	if len(text) < quote+3 || text[quote] != '"' || text[quote-1] != ' ' || text[len(text)-1] != '"' {
		return false
	}
	q.status = span{status, status + 3}
	q.target = span{quote + 1, len(text) - 1}
	q.verb = verbOf(text[end+3:])
	if q.verb == 0 {
		return false
	}
	q.method = span{end + 3, end + 3 + len(verbs[q.verb])}
	q.route = findRoute(text[quote+1 : len(text)-1])
	return q.route != nil
}

// gluedLine is where the quote is that closes a path and has another access
// line right behind it: two processes wrote to one file at once. -1: nowhere.
func gluedLine(text []byte) int {
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(`"[GIN] `))
		if i < 0 {
			return -1
		}
		if from += i; !escaped(text, from) {
			return from
		}
		from++
	}
}

// bar reports whether the next column begins behind the bar at i.
func bar(text []byte, i int) bool { return text[i] == ' ' && text[i+1] == '|' && text[i+2] == ' ' }

// leadingSpaces counts them at the start of b, which has 16 bytes: up to 16.
func leadingSpaces(b []byte) int {
	const spaces = 0x2020202020202020
	if x := binary.LittleEndian.Uint64(b) ^ spaces; x != 0 {
		return bits.TrailingZeros64(x) / 8
	}
	return 8 + bits.TrailingZeros64(binary.LittleEndian.Uint64(b[8:])^spaces)/8
}

// verb is an index of verbs; 0 stands for any other method.
type verb uint8

var verbs = [...]string{"", "GET", "POST", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"}

// verbOf reads the method at the start of b, padded to eight bytes.
func verbOf(b []byte) verb {
	switch binary.LittleEndian.Uint64(b) {
	case 0x2020202020544547:
		return 1
	case 0x2020202054534f50:
		return 2
	case 0x2020202044414548:
		return 3
	case 0x2020202020545550:
		return 4
	case 0x20204554454c4544:
		return 5
	case 0x2020204843544150:
		return 6
	case 0x20534e4f4954504f:
		return 7
	}
	return 0
}

// column reads what stands between the bar at i, with spaces before it, and
// the next bar, which is at end. plain says that it holds what gin puts there
// and nothing else, so that it needs neither cleaning nor redaction.
func column(b []byte, i int, in uint8) (part span, end int, plain, ok bool) {
	i = skipSpaces(b, i)
	if i == len(b) || b[i] != '|' {
		return part, i, false, false
	}
	i = skipSpaces(b, i+1)
	part.from = i
	for i < len(b) && columnBytes[b[i]]&in != 0 {
		i++
	}
	if in == inLatency && i+2 < len(b) && b[i] == 0xc2 && b[i+1] == 0xb5 && b[i+2] == 's' { // µs
		i += 3
	}
	plain = i < len(b) && (b[i] == ' ' || b[i] == '|')
	for i < len(b) && b[i] != '|' && b[i] != ' ' {
		i++
	}
	part.to = i
	i = skipSpaces(b, i)
	if i == len(b) || b[i] != '|' {
		return span{}, i, false, false
	}
	return part, i, plain && part.to-part.from < 64, true
}

// wideColumn is column for an address that was forged and holds spaces.
func wideColumn(b []byte, i int) (part span, end int, ok bool) {
	if i == len(b) || b[i] != '|' {
		return part, i, false
	}
	from := skipSpaces(b, i+1)
	n := bytes.Index(b[from:], []byte(" | "))
	if n < 0 {
		return part, i, false
	}
	return span{from, from + len(bytes.TrimRight(b[from:from+n], " "))}, from + n + 1, true
}

const (
	inStatus = 1 << iota
	inLatency
	inSrc
)

// columnBytes has, for each byte, the columns that it may be part of.
var columnBytes = func() (t [256]uint8) {
	for _, c := range []byte("0123456789") {
		t[c] = inStatus | inLatency | inSrc
	}
	for _, c := range []byte(".hmnsu") {
		t[c] |= inLatency
	}
	for _, c := range []byte(".:abcdefABCDEF") {
		t[c] |= inSrc
	}
	return t
}()

// paddedBytes is columnBytes with the spaces before.
var paddedBytes = func() [256]uint8 {
	t := columnBytes
	t[' '] = inLatency | inSrc
	return t
}()

func skipSpaces(b []byte, i int) int {
	for i < len(b) && b[i] == ' ' {
		i++
	}
	return i
}
