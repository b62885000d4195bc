package app

import (
	"bytes"
	"strconv"

	"ollama-hec/input"
	"ollama-hec/sourcetypes/captured"
)

// The line in which Ollama says where it listens has one of these forms, and nothing else in it:
// otherwise any text in the log could name a port, and requests to that port would be captured.
//
//	time=… level=INFO source=routes.go:1205 msg="Listening on [::]:11434 (version 0.13.5)"
//	2023/10/06 13:38:58 routes.go:572: Listening on 127.0.0.1:11434 (version 0.1.14)
var (
	listeningOn = []byte("Listening on ")
	ofRoutes    = []byte(" level=INFO source=routes.go:")
	ofVersion   = []byte("(version ")
)

const goLogStamp = "dddd/dd/dd dd:dd:dd routes.go:" // d: a digit

// How long parts of that line are at most, and all of it.
const (
	shortestStamp = 20
	longestStamp  = 40
	longestPart   = 64 // the address, and the version
	longestLine   = 256
)

// portOf returns the port on which Ollama listens according to a line of its log; 0: the line
// names none. It looks at little of the other lines.
func portOf(line []byte) int {
	if len(line) == 0 || len(line) > longestLine || line[0] != 't' && !isDigit(line[0]) {
		return 0
	}
	said, ok := saidByRoutes(line)
	if !ok {
		return 0
	}
	address, ok := bytes.CutPrefix(said, listeningOn)
	if !ok {
		return 0
	}
	colon := bytes.LastIndexByte(address, ':') // none stands behind the port
	if colon < 1 || colon > longestPart || !all(address[:colon], isOfAddress) {
		return 0
	}
	digits, rest := cutWhile(address[colon+1:], isDigit)
	if !endsListening(rest) {
		return 0
	}
	port, err := strconv.ParseUint(string(digits), 10, 16)
	if err != nil || len(digits) > len("65535") {
		return 0
	}
	return int(port)
}

// saidByRoutes returns what routes.go says in a line.
func saidByRoutes(line []byte) (said []byte, ok bool) {
	if line[0] != 't' {
		if len(line) < len(goLogStamp) {
			return nil, false
		}
		for i, c := range []byte(goLogStamp) {
			if c == 'd' && !isDigit(line[i]) || c != 'd' && c != line[i] {
				return nil, false
			}
		}
		place, said := cutWhile(line[len(goLogStamp):], isDigit)
		said, ok = bytes.CutPrefix(said, []byte(": "))
		return said, ok && len(place) > 0
	}
	stamp, ok := bytes.CutPrefix(line, []byte("time="))
	end := bytes.IndexByte(stamp[:min(len(stamp), longestStamp+1)], ' ')
	if !ok || end < shortestStamp || !bytes.HasPrefix(stamp[end:], ofRoutes) || !all(stamp[:end], isVisible) {
		return nil, false
	}
	place, said := cutWhile(stamp[end+len(ofRoutes):], isDigit)
	said, ok = bytes.CutPrefix(said, []byte(` msg="`))
	return said, ok && len(place) > 0
}

// endsListening reports whether rest is what may stand behind the port.
func endsListening(rest []byte) bool {
	rest = bytes.TrimPrefix(rest, []byte(" "))
	if version, ok := bytes.CutPrefix(rest, ofVersion); ok {
		if version, rest = cutWhile(version, isOfVersion); len(version) < 1 || len(version) > longestPart {
			return false
		}
		if rest, ok = bytes.CutPrefix(rest, []byte(")")); !ok {
			return false
		}
	}
	return len(rest) == 0 || string(rest) == `"`
}

// cutWhile cuts b where the first byte stands that is not in a set.
func cutWhile(b []byte, in func(byte) bool) (before, rest []byte) {
	i := 0
	for i < len(b) && in(b[i]) {
		i++
	}
	return b[:i], b[i:]
}

func all(b []byte, in func(byte) bool) bool {
	_, rest := cutWhile(b, in)
	return len(rest) == 0
}

func isDigit(c byte) bool   { return '0' <= c && c <= '9' }
func isVisible(c byte) bool { return '!' <= c && c <= '~' }
func isWord(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
}
func isOfVersion(c byte) bool { return isWord(c) || c == '.' || c == '+' || c == '-' }
func isOfAddress(c byte) bool {
	return isWord(c) || c == '.' || c == ':' || c == '[' || c == ']' || c == '%'
}

// hearing is a normalizer of logs that also notes the ports on which Ollama listens, as the log
// names them.
type hearing struct {
	*captured.Once
	heard func(port int)
}

// AddAll implements pipeline.Normalizer. It takes the lines up to one that names a port first,
// for the port applies only to the lines after it.
func (h hearing) AddAll(rs []input.Record, full func() bool) (taken int) {
	stop := false
	if asked := full; full != nil {
		full = func() bool { stop = asked(); return stop }
	}
	for taken < len(rs) && !stop {
		n, port := untilPort(rs[taken:])
		took := h.Once.AddAll(rs[taken:taken+n], full)
		taken += took
		if port != 0 && took == n {
			h.Listens(rs[taken-1].Program, port)
			h.heard(port)
		}
	}
	return taken
}

// mostAhead bounds how many records are examined before one is taken: if records are taken one
// at a time, each is examined up to that many times.
const mostAhead = 64

// untilPort returns the number of records up to and including the first that names a port, and
// that port; 0: none of the next mostAhead records names one.
func untilPort(rs []input.Record) (n, port int) {
	for i := range rs[:min(len(rs), mostAhead)] {
		if r := &rs[i]; !r.Omitted {
			if port = portOf(r.Text); port != 0 {
				return i + 1, port
			}
		}
	}
	return min(len(rs), mostAhead), 0
}
