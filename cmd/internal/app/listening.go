package app

import (
	"bytes"
	"regexp"
	"strconv"

	"ollama-hec/input"
	"ollama-hec/sourcetypes/captured"
)

// listening matches the line in which Ollama says where it listens. The whole line must match:
// otherwise any text in the log could name a port, and requests to that port would be captured.
var listening = regexp.MustCompile(
	`^(?:time=\S{20,40} level=INFO source=routes\.go:\d+ msg="|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d routes\.go:\d+: )` +
		`Listening on [0-9A-Fa-f.:\[\]%\w]{1,64}:(\d{1,5}) ?(?:\(version [\w.+-]{1,64}\))?"?$`,
)

// longestListening is a length that no such line exceeds.
const longestListening = 256

var (
	ofRoutes    = []byte(" level=INFO source=routes.go:")
	listeningOn = []byte("Listening on ")
)

// longestStamp is more than what stands before ofRoutes.
const longestStamp = len("time=") + 40

// mayListen reports whether a line may be the one in which Ollama says where it listens. It
// looks at little of the others.
func mayListen(line []byte) bool {
	if len(line) > longestListening {
		return false
	}
	if line[0] == 't' {
		stamp := bytes.IndexByte(line[:min(len(line), longestStamp+1)], ' ')
		if stamp < 0 || !bytes.HasPrefix(line[stamp:], ofRoutes) {
			return false
		}
	}
	return bytes.Contains(line, listeningOn)
}

// portOf returns the port on which Ollama listens according to a line of its log; 0: the line
// names none.
func portOf(line []byte) int {
	if len(line) == 0 || line[0] != 't' && (line[0] < '0' || line[0] > '9') || !mayListen(line) {
		return 0
	}
	m := listening.FindSubmatch(line)
	if m == nil {
		return 0
	}
	port, err := strconv.ParseUint(string(m[1]), 10, 16)
	if err != nil {
		return 0
	}
	return int(port)
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
