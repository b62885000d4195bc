package exchange

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// However long a line of a head is, and in whatever pieces it comes, the requests behind
// it are found.
func TestLongLines(t *testing.T) {
	spaces, zeros := strings.Repeat(" \t", 5000), strings.Repeat("0", 10_000)
	for name, c := range map[string]struct{ request, want string }{
		"escapes":       {"GET /api/tags?x=" + strings.Repeat("%41", 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", `"uri_path":"/api/tags","uri_query":"x=%41`},
		"plain":         {"GET /api/tags?x=" + strings.Repeat("w", 20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n", `"uri_query":"x=ww`},
		"path":          {"GET /" + strings.Repeat("%41", 9000) + " HTTP/1.1\r\nHost: x\r\n\r\n", `"uri_path":"/AAA`},
		"spaces":        {"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length:" + spaces + "2\r\n\r\n{}", `"bytes_in":2`},
		"zeros":         {"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length:" + zeros + "2\r\n\r\n{}", `"bytes_in":2`},
		"both":          {"POST /api/show HTTP/1.1\r\nHost: x\r\ncontent-length:" + spaces + zeros + "2" + spaces + "\r\n\r\n{}", `"bytes_in":2`},
		"in a new line": {"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n" + spaces + zeros + "2\r\n\r\n{}", `"bytes_in":2`},
		"in new lines":  {"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length:" + strings.Repeat("\r\n ", 9000) + "2\r\n\r\n{}", `"bytes_in":2`},
		"nothing":       {"POST /api/show HTTP/1.1\r\nHost: x\r\nContent-Length:" + zeros + "\r\n\r\n", `"bytes_in":0`},
		"chunks":        {"POST /api/show HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:" + spaces + "chunked\r\n\r\n" + chunk("GET / HTTP/1.1\r\n\r\n") + lastChunk, `"bytes_in":18`},
	} {
		for most := range 3 {
			s := talkTo(defaults())
			random := rand.New(rand.NewPCG(1, 1))
			for _, piece := range inPieces([]step{client(0, c.request)}, random, []int{1 << 20, 1400, 3}[most]) {
				s.client(piece.text)
			}
			s.server(answer200(jsonUTF8, `{}`))
			s.client(post("/api/chat", askedChat))
			s.server(answered1("404 Not Found", jsonUTF8, missing))
			if len(s.records) != 3 || !strings.Contains(s.records[0], c.want) || !strings.Contains(s.records[0], `"status":200`) ||
				!strings.Contains(s.records[1], `"status":404`) || strings.Contains(s.records[0], `"partial"`) {
				t.Errorf("%s, %d: %.900s", name, most, s.records)
			}
		}
	}
}

// Behind what is no request, a request is found again.
func TestBehindNoRequest(t *testing.T) {
	s := talkTo(defaults())
	s.client("hello\r\n")
	s.server(answered1("400 Bad Request", "text/plain", "400"))
	s.client(post("/api/chat", askedChat))
	s.server(answered1("404 Not Found", jsonUTF8, missing))
	if len(s.records) != 3 || !strings.Contains(s.records[1], `"uri_path":"/api/chat","status":404`) {
		t.Errorf("%s", s.records)
	}
}
