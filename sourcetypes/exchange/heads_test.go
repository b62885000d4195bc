package exchange

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"ollama-hec/input/wire"
)

// held is how much more memory is in use behind f than before.
func held(f func()) int64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.GC()
	runtime.ReadMemStats(&after)
	return int64(after.HeapAlloc) - int64(before.HeapAlloc)
}

// Many connections that each have many requests under way, with heads as long as they may be, take no
// more than the room, and a little for each; all requests are told, and what is missing is said.
func TestManyLargeHeads(t *testing.T) {
	const connections = 300
	records, paths := 0, 0
	o := defaults()
	o.Emit = func(r Record) {
		records++
		if strings.Contains(string(r.Event), `"uri_path":"/api/show"`) {
			paths++
		}
	}
	e := New(o)
	var open []wire.Conversation
	long := strings.Repeat("x", 8000)
	head := post("/api/show?"+long, `{"model":"m"}`, "X-Forwarded-For: "+long, "Origin: "+long)
	if n := held(func() {
		for range connections {
			c := e.Open(peer())
			for range maxQueue {
				c.Data(wire.FromClient, start, []byte(head))
			}
			open = append(open, c)
		}
	}); n > headRoom+connections*(2*costQueued+4<<10) {
		t.Errorf("%d bytes are held", n)
	}
	for _, c := range open {
		c.Done(wire.EndFIN, wire.FromServer, start)
	}
	if st := e.Stats(); records != connections*maxQueue || paths != records || st.CutTexts == 0 || st.Unfollowed == 0 {
		t.Errorf("%d records, %d with their path, %+v", records, paths, st)
	}
	if left := e.heads.left.Load(); left != headRoom {
		t.Errorf("%d bytes are kept", headRoom-left)
	}
}

// Nor do many that say their heads slowly. Who comes then is told with all that is short.
func TestManySlowHeads(t *testing.T) {
	const connections = 1500
	o := defaults()
	var records []string
	o.Emit = func(r Record) { records = append(records, string(r.Event)) }
	e := New(o)
	var open []wire.Conversation
	long := strings.Repeat("x", 7000)
	if n := held(func() {
		for range connections {
			c := e.Open(peer())
			c.Data(wire.FromClient, start, []byte("POST /api/chat?"+long+" HTTP/1.1\r\n"))
			for _, name := range []string{"Host", "User-Agent", "X-Forwarded-For", "Origin", "Other"} {
				c.Data(wire.FromClient, start, []byte(name+": "+long+"\r\n"))
			}
			c.Data(wire.FromClient, start, []byte("More: "+long))
			open = append(open, c)
		}
	}); n > headRoom+connections*(12<<10) {
		t.Errorf("%d bytes are held", n)
	}

	s := &sent{Conversation: e.Open(peer()), all: e}
	s.client(post("/api/chat?"+long, askedChat, "Content-Type: application/json", "X-Forwarded-For: "+long))
	s.server(answer200(jsonUTF8, `{"done":true}`))
	if len(records) != 2 || !strings.Contains(records[0], `"uri_path":"/api/chat"`) || !strings.Contains(records[0], `"partial":true`) ||
		!strings.Contains(records[0], `"model":"llama3.2"`) || !strings.Contains(records[1], "Why is the sky blue?") ||
		!strings.Contains(records[0], `"src":"203.0.113.77"`) {
		t.Errorf("%.2000s", records)
	}
	s.client(post("/api/chat", askedChat)) // the next one is short
	s.server(answer200(jsonUTF8, `{"done":true}`))
	if len(records) != 4 || strings.Contains(records[2], "partial") {
		t.Errorf("%.2000s", records)
	}
	for _, c := range open {
		c.Done(wire.EndFIN, wire.FromClient, start)
	}
	if left := e.heads.left.Load(); left != headRoom || len(records) != 4+connections {
		t.Errorf("%d bytes are kept, %d records", headRoom-left, len(records))
	}
}

// Where there is no room a line that is padded is no other than the same line without, and in whatever
// pieces a head comes, its events are the same.
func TestPaddedWithoutRoom(t *testing.T) {
	pad := strings.Repeat(" ", 3000)
	for _, field := range []string{
		"Content-Length:" + pad + "35", "Content-Length: " + strings.Repeat("0", 3000) + "35", "Content-Length:\r\n" + pad + "35",
		"Transfer-Encoding:" + pad + "chunked", "Transfer-Encoding:\r\n" + pad + "chunked",
		"X-Forwarded-For: " + strings.Repeat("1", 3000) + "\r\nContent-Length: 35",
		"User-Agent: " + strings.Repeat("a ", 1500) + "\r\nContent-Length: 35",
	} {
		body := `{"model":"m","prompt":"what is up"}`
		if strings.HasPrefix(field, "Transfer") {
			body = fmt.Sprintf("%x;%s\r\n%s\r\n0\r\n\r\n", len(body), strings.Repeat("x", 3000), body)
		}
		talk := "POST /api/generate?" + strings.Repeat("y", 2000) + " HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n" + body +
			request("GET", "/api/ps", "")
		var want []string
		for _, n := range []int{len(talk), 1, 7, 900, 1100} {
			s := talkTo(defaults())
			s.all.heads.left.Store(0)
			for i := 0; i < len(talk); i += n {
				s.client(talk[i:min(i+n, len(talk))])
			}
			s.server(answer200(jsonUTF8, `{"done":true}`))
			s.server(answer200(jsonUTF8, `{"models":[]}`))
			if want == nil {
				want = s.records
			}
			if len(s.records) != 3 || !strings.Contains(s.records[1], "what is up") || !strings.Contains(s.records[2], "/api/ps") ||
				!strings.Contains(s.records[0], `"partial":true`) || strings.Contains(s.records[2], "partial") {
				t.Errorf("%.40s, in pieces of %d: %.1500s", field, n, s.records)
			}
			if strings.Join(s.records, "\n") != strings.Join(want, "\n") {
				t.Errorf("%.40s, in pieces of %d\n%.1500s\nas a whole\n%.1500s", field, n, s.records, want)
			}
		}
	}
}
