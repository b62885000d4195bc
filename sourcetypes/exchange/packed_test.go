package exchange

import (
	"strings"
	"testing"
	"time"
)

// What is compressed is kept only where somebody reads it.
func TestPackedUnread(t *testing.T) {
	body := compressed(t, "zstd", strings.Repeat("x", 1<<20))
	for path, kept := range map[string]bool{"/v1/models": false, "/v1/responses": true} {
		s := talkTo(defaults())
		s.client("POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Encoding: zstd\r\nContent-Length: 99999\r\n\r\n" + body)
		if held := DefaultRoom - s.all.room.left.Load(); (held > 0) != kept {
			t.Errorf("%s: %d bytes are held", path, held)
		}
	}
}

// A body is unpacked no further than somebody reads on.
func TestUnpackStops(t *testing.T) {
	var r room
	r.left.Store(DefaultRoom)
	p := newPacked(zstdCoding, &r)
	p.add([]byte(compressed(t, "zstd", strings.Repeat("x", 1<<20))))
	pieces := 0
	p.unpack(time.Time{}, func([]byte) bool { pieces++; return pieces < 3 })
	if pieces != 3 {
		t.Errorf("%d pieces", pieces)
	}
	s := talkTo(defaults())
	s.client(post("/v1/responses", compressed(t, "zstd", `{"model":"m","input":"Hello"}`+strings.Repeat("x", 1<<20)), "Content-Encoding: zstd"))
	s.server(answered1("404 Not Found", jsonUTF8, missing))
	if len(s.records) != 2 || !strings.HasSuffix(s.records[1], `"prompt":"Hello"}`) {
		t.Errorf("%s", s.records)
	}
}
