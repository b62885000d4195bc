package exchange

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
)

// sent is a conversation whose records are kept.
type sent struct {
	wire.Conversation
	all     *Exchanges
	records []string
}

func talkTo(o Options) *sent {
	s := &sent{}
	o.Emit = func(r Record) { s.records = append(s.records, r.Sourcetype+" "+string(r.Event)) }
	s.all = New(o)
	s.Conversation = s.all.Open(peer())
	return s
}

func (s *sent) client(text string) { s.Data(wire.FromClient, start, []byte(text)) }
func (s *sent) server(text string) { s.Data(wire.FromServer, start, []byte(text)) }

// allocated is how many bytes f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A blob of a gigabyte is counted and not held.
func TestBlobs(t *testing.T) {
	const size = 1 << 30
	piece := bytes.Repeat([]byte("GGUF\r\n\"{}"), 6400)
	s := talkTo(defaults())
	s.client(fmt.Sprintf("POST /api/blobs/sha256:aa HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", size))
	if n := allocated(func() {
		for left := size; left > 0; {
			n := min(left, len(piece))
			s.Data(wire.FromClient, start, piece[:n])
			left -= n
		}
	}); n > 1<<16 {
		t.Errorf("%d bytes allocated", n)
	}
	s.server("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
	if len(s.records) != 1 || !strings.Contains(s.records[0], `"bytes_in":1073741824`) {
		t.Errorf("%s", s.records)
	}
}

// An image is counted and not held, wherever the text stands.
func TestImages(t *testing.T) {
	piece := bytes.Repeat([]byte("iVBORw0KGgoAAAANSUhEUgAA"), 2000)
	for _, c := range []struct{ path, before, after string }{
		{"/api/generate", `{"model":"llava","images":["`, `"],"prompt":"What is it?"}`},
		{"/api/chat", `{"model":"llava","messages":[{"images":["`, `"],"content":"What is it?","role":"user"}]}`},
		{"/v1/chat/completions", `{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,`,
			`"}},{"text":"What is it?","type":"text"}]}],"model":"llava"}`},
	} {
		const pieces = 420 // 20 MB
		s := talkTo(defaults())
		length := len(c.before) + pieces*len(piece) + len(c.after)
		if n := allocated(func() {
			s.client(fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", c.path, length, c.before))
			for range pieces {
				s.Data(wire.FromClient, start, piece)
			}
			s.client(c.after)
			s.server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}); n > 1<<16 {
			t.Errorf("%s: %d bytes allocated", c.path, n)
		}
		if len(s.records) != 2 || !strings.Contains(s.records[1], `"images":1`) ||
			!strings.HasSuffix(s.records[1], `"prompt":"What is it?"}`) || !strings.Contains(s.records[0], `"model":"llava"`) {
			t.Errorf("%s: %s", c.path, s.records)
		}
	}
}

// Of a head of a megabyte no more is held than one line.
func TestLargeHeads(t *testing.T) {
	long := strings.Repeat("x", 1000)
	for name, head := range map[string]string{
		"many fields":     "GET /api/tags HTTP/1.1\r\nHost: x\r\n" + strings.Repeat("A: "+long+"\r\n", 1100),
		"one field":       "GET /api/tags HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat(long, 1200),
		"continued field": "GET /api/tags HTTP/1.1\r\nHost: x\r\nA: " + strings.Repeat("\r\n "+long, 1200),
		"the target":      "GET /api/tags?" + strings.Repeat(long, 1200),
	} {
		s := talkTo(defaults())
		if n := allocated(func() {
			for i := 0; i < len(head); i += 60_000 {
				s.client(head[i:min(len(head), i+60_000)])
			}
		}); n > 2*uint64(len(head)) { // once for the copy that the test makes
			t.Errorf("%s: %d bytes allocated", name, n)
		}
		s.server("HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n431")
		s.Done(wire.EndFIN, wire.FromServer, start)
		if len(s.records) != 1 || !strings.Contains(s.records[0], `"status":431`) || len(s.records[0]) > 6000 {
			t.Errorf("%s: %.7000s", name, s.records)
		}
	}
}

// Texts of all conversations together take no more than the room there is.
func TestRoom(t *testing.T) {
	o := defaults()
	o.Room, o.MaxPrompt = 100_000, 30_000
	records := 0
	o.Emit = func(r Record) { records++ }
	e := New(o)
	body := `{"model":"m","prompt":"` + strings.Repeat("word ", 20_000) + `"}`
	var open []wire.Conversation
	for range 50 {
		c := e.Open(peer())
		c.Data(wire.FromClient, start, []byte(post("/api/generate", body)))
		open = append(open, c)
	}
	if left := e.room.left.Load(); left < 0 || left > 30_000+slack {
		t.Errorf("%d bytes of room are left", left)
	}
	for _, c := range open {
		c.Data(wire.FromServer, start, []byte(answered1("404 Not Found", jsonUTF8, missing)))
	}
	if left := e.room.left.Load(); left != 100_000 || records < 50 {
		t.Errorf("%d bytes of room are left after %d records", left, records)
	}
}

// Of a head no more is held than what is told, and of a text that is forgotten not much.
func TestSpareMemory(t *testing.T) {
	long := strings.Repeat("x", maxHeadLine-100)
	s := talkTo(defaults())
	s.client("GET / HTTP/1.1\r\nHost: " + long + "\r\nUser-Agent: " + long + "\r\nOrigin: " + long + "\r\nContent-Type: " + long + "\r\n\r\n")
	s.client(post("/api/chat", `{"messages":[{"content":"`+strings.Repeat("word ", 10_000)+`","role":"user","content":""}]}`))
	c := s.Conversation.(*conversation)
	if of := &c.queue[0].client; len(of.host)+len(of.userAgent)+len(of.origin) > 4096 {
		t.Errorf("%d bytes of a head are held", len(of.host)+len(of.userAgent)+len(of.origin))
	}
	if asked := &c.queue[1].asked; cap(asked.message.text)+cap(asked.last.text) > 2*maxSpare {
		t.Errorf("%d bytes of texts are held", cap(asked.message.text)+cap(asked.last.text))
	}
}

// Who takes all of the room leaves others without a part of their texts, and says so.
func TestNoRoom(t *testing.T) {
	o := defaults()
	o.Room = 100_000
	s := talkTo(o)
	for range 2 {
		c := s.all.Open(peer())
		c.Data(wire.FromClient, start, []byte("POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 999999\r\n\r\n{\"prompt\":\""))
		for range 2000 {
			c.Data(wire.FromClient, start, []byte("words and more words over and over again "))
		}
	}
	s.client(post("/api/generate", `{"model":"m","prompt":"Hello"}`))
	s.server(answered1("404 Not Found", jsonUTF8, missing))
	s.client(post("/api/generate", `{"model":"m","prompt":"Hello`+strings.Repeat(" you", 10_000)+`"}`))
	s.server(answered1("404 Not Found", jsonUTF8, missing))
	if len(s.records) != 4 || !strings.HasSuffix(s.records[1], `"prompt":"Hello"}`) || strings.Contains(s.records[1], "partial") ||
		!strings.Contains(s.records[3], `"partial":true`) || !strings.Contains(s.records[3], `"prompt":"Hello you you`) {
		t.Errorf("%s", s.records)
	}
	if n := s.all.Stats().CutTexts; n != 1 {
		t.Errorf("%d were cut", n)
	}
}

func compressed(t *testing.T, coding, text string) string {
	t.Helper()
	var b bytes.Buffer
	if coding == "gzip" {
		w := gzip.NewWriter(&b)
		_, _ = w.Write([]byte(text))
		_ = w.Close()
		return b.String()
	}
	w, err := zstd.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return b.String()
}

func TestCompressed(t *testing.T) {
	chat := `{"model":"m","input":"Hello"}`
	for _, c := range []struct {
		name, path, coding, body string
		want, wantNot            string
	}{
		{"zstd", "/v1/responses", "zstd", compressed(t, "zstd", chat), `"prompt":"Hello"`, ``},
		{"zstd where Ollama does not unpack it", "/api/embed", "zstd", compressed(t, "zstd", chat), `"status":200`, `"model"`},
		{"gzip, which Ollama refuses", "/v1/responses", "gzip", compressed(t, "gzip", chat), `"status":200`, `"model"`},
		{"plain", "/v1/responses", "zstd", " " + chat, `"prompt":"Hello"`, ``},
		{"broken", "/v1/responses", "zstd", compressed(t, "zstd", chat)[:20], `"status":200`, `"prompt"`},
		{"too much", "/v1/responses", "zstd", compressed(t, "zstd", `{"pad":"`+strings.Repeat("x", maxUnpacked)+`","model":"m"}`), `"status":200`, `"model"`},
		{"almost too much", "/v1/responses", "zstd", compressed(t, "zstd", `{"pad":"`+strings.Repeat("x", maxUnpacked-100)+`","model":"m"}`), `"model":"m"`, `"prompt"`},
	} {
		s := talkTo(defaults())
		s.client(post(c.path, c.body, "Content-Encoding: "+c.coding))
		s.server(answer200(jsonUTF8, `{}`))
		got := strings.Join(s.records, "\n")
		if !strings.Contains(got, c.want) || c.wantNot != "" && strings.Contains(got, c.wantNot) {
			t.Errorf("%s: %s", c.name, got)
		}
		if left := s.all.room.left.Load(); left != DefaultRoom {
			t.Errorf("%s: %d bytes are held", c.name, DefaultRoom-left)
		}
	}
}

// A cloud's answers come as the client asked for them, compressed too.
func TestCompressedAnswers(t *testing.T) {
	for coding, kind := range map[string]string{"gzip": sse, "zstd": sse} {
		s := talkTo(defaults())
		s.client(post("/v1/chat/completions", askOpenAIBody))
		body := compressed(t, coding, openAIChunk+openAIUsage+openAIDone)
		s.server("HTTP/1.1 200 OK\r\nContent-Type: " + kind + "\r\nContent-Encoding: " + coding + "\r\nTransfer-Encoding: chunked\r\n\r\n")
		s.server(chunk(body[:10]) + chunk(body[10:]) + lastChunk)
		got := strings.Join(s.records, "\n")
		if !strings.Contains(got, `"prompt_tokens":12,"completion_tokens":3,"chunks":1`) || strings.Contains(got, "ttft") {
			t.Errorf("%s: %s", coding, got)
		}
	}
}

// A secret that begins before the end of what is shipped does not leave in part.
func TestSecretsAtTheEnd(t *testing.T) {
	secret := "ghp_" + strings.Repeat("a1B2", 9)
	for _, before := range []int{0, 900, 990, 5000, 5060, 5100} {
		o := defaults()
		o.MaxPrompt = 1000
		s := talkTo(o)
		s.client(post("/api/generate", `{"model":"m","prompt":"`+strings.Repeat("word ", before/5)+secret+` and more`+strings.Repeat(" word", 2000)+`"}`))
		s.server(answered1("404 Not Found", jsonUTF8, missing))
		if got := s.records[1]; strings.Contains(got, "ghp_a1") {
			t.Errorf("%d before it: %s", before, got)
		}
	}
}

// Nor where a path, a query or a name is cut, or was before.
func TestSecretsAcrossTheCut(t *testing.T) {
	const secret, shown = "ghp_a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2a1B2", "ghp_a1"
	pad := func(n int) string { return strings.Repeat("w-", n/2) }
	for _, at := range []int{200, 220, 248, 1000, 1008, 1018, 4050, 4070, 4086, 8100} {
		for name, request := range map[string]string{
			"path":  request("GET", "/"+pad(at)+"/"+secret+pad(200), ""),
			"query": request("GET", "/api/tags?x="+pad(at)+"/"+secret+pad(200), ""),
			"model": post("/api/show", `{"model":"`+pad(at)+"/"+secret+pad(2000)+`"}`),
			"names": post("/api/show", `{"model":"`+strings.Repeat(secret+"/", at/40)+pad(at%40)+"/"+secret+`"}`),
			"agent": request("GET", "/", "", "Origin: https://"+pad(at)+"/"+secret),
		} {
			s := talkTo(defaults())
			s.client(request)
			s.server(answer200(jsonUTF8, `{"error":"`+pad(at)+"/"+secret+pad(9000)+`"}`))
			if len(s.records) != 1 || strings.Contains(s.records[0], shown) {
				t.Errorf("%s, %d before it: %s", name, at, s.records)
			}
		}
	}
}

// With PROMPTS=off no text of a prompt or of an answer is anywhere, nor in memory.
func TestPromptsOff(t *testing.T) {
	o := defaults()
	o.Prompts, o.Responses, o.AllMessages = sourcetypes.Off, FullResponses, true
	s := talkTo(o)
	s.client(post("/api/chat?prompt=sesame", `{"model":"m","messages":[{"role":"user","content":"sesame"}],"system":"sesame"}`))
	if left := s.all.room.left.Load(); left != DefaultRoom {
		t.Errorf("%d bytes are held", DefaultRoom-left)
	}
	s.server(answer200(jsonUTF8, `{"model":"m","message":{"content":"sesame"},"done":true}`))
	if len(s.records) != 1 || strings.Contains(s.records[0], "sesame") || !strings.Contains(s.records[0], `"messages":1`) {
		t.Errorf("%s", s.records)
	}
}

// What is in a query is treated as a query even behind a path that no URL has.
func TestQueryBehindAPathThatIsNone(t *testing.T) {
	for _, path := range []string{"/api/tags%zz", "/\x01", "http://%zz/"} {
		for mode, want := range map[sourcetypes.PromptMode]string{sourcetypes.Off: "", sourcetypes.Full: `"uri_query":"prompt=sesame"`} {
			o := defaults()
			o.Prompts = mode
			s := talkTo(o)
			s.client("GET " + path + "?prompt=sesame HTTP/1.1\r\nHost: x\r\n\r\n")
			s.server(answered1("400 Bad Request", jsonUTF8, `{}`))
			if len(s.records) != 1 || !strings.Contains(s.records[0], want) ||
				strings.Contains(s.records[0], "sesame") != (want != "") {
				t.Errorf("%q, %v: %s", path, mode, s.records)
			}
		}
	}
}

// A body that looks like a request is a body, though the client was not told to send it.
func TestBodyLikeRequest(t *testing.T) {
	const forged = "POST /api/delete HTTP/1.1\r\nHost: x\r\n\r\n"
	for name, fields := range map[string][]string{"at once": {"Expect: 100-continue"}, "as always": nil} {
		s := talkTo(defaults())
		head, body, _ := strings.Cut(post("/api/blobs/sha256:aa", forged, fields...), forged)
		s.client(head)
		s.client(forged + body)
		s.server("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n")
		if want := fmt.Sprintf(`"bytes_in":%d`, len(forged)); len(s.records) != 1 || !strings.Contains(s.records[0], want) {
			t.Errorf("%s: %s", name, s.records)
		}
	}
}
