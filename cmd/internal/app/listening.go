package app

import (
	"bytes"
	"regexp"
	"strconv"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/input"
)

// listening is the line in which Ollama says where it listens. All of it must be as Ollama
// writes it: a port that a text in the log could name would be captured.
var listening = regexp.MustCompile(
	`^(?:time=\S{20,40} level=INFO source=routes\.go:\d+ msg="|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d routes\.go:\d+: )` +
		`Listening on [0-9A-Fa-f.:\[\]%\w]{1,64}:(\d{1,5}) ?(?:\(version [\w.+-]{1,64}\))?"?$`,
)

// longestListening is more than such a line has.
const longestListening = 256

var listeningOn = []byte("Listening on ")

// portOf returns the port that a line of Ollama's log says it listens on; 0: it does not.
func portOf(line []byte) int {
	if len(line) > longestListening || !bytes.Contains(line, listeningOn) {
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

// hearing notes on which ports a log says that Ollama listens, as its lines are taken.
type hearing struct {
	pipeline.Normalizer
	heard func(port int)
}

// AddAll implements pipeline.Normalizer.
func (h hearing) AddAll(rs []input.Record, full func() bool) (taken int) {
	taken = h.Normalizer.AddAll(rs, full)
	for i := range rs[:taken] {
		if port := portOf(rs[i].Text); port != 0 {
			h.heard(port)
		}
	}
	return taken
}
