package exchange

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/input/wire"
)

// BenchmarkTokens is what 20 streams cost for each chunk of them, and that none of it is
// allocated.
func BenchmarkTokens(b *testing.B) {
	for _, k := range []struct {
		name, path, contentType, chunk string
	}{
		{"native", "/api/chat", ndjson, chunk(token)},
		{"OpenAI", "/v1/chat/completions", sse, chunk(openAIChunk)},
	} {
		for _, responses := range []ResponseMode{NoResponses, FullResponses} {
			b.Run(fmt.Sprintf("%s/responses=%v", k.name, responses != NoResponses), func(b *testing.B) {
				o := defaults()
				o.Responses = responses
				o.Emit = func(Record) {}
				e := New(o)
				var streams []wire.Conversation
				for range 20 {
					c := e.Open(peer())
					c.Data(wire.FromClient, start, []byte(post(k.path, askedChat)))
					c.Data(wire.FromServer, start, []byte(streamed(k.contentType)))
					for range 20_000 { // the text of answers is full
						c.Data(wire.FromServer, start, []byte(k.chunk))
					}
					streams = append(streams, c)
				}
				text := []byte(k.chunk)
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					streams[i%20].Data(wire.FromServer, start, text)
				}
			})
		}
	}
}

// BenchmarkBodies is what large bodies cost, in segments of 64 KiB.
func BenchmarkBodies(b *testing.B) {
	lines := strings.Repeat(token, 65536/len(token))
	for _, k := range []struct{ name, before, text string }{
		{"lines in large chunks", post("/api/chat", askedChat) + "|" + streamed(ndjson), chunk(lines)},
		{"a line in each chunk", post("/api/chat", askedChat) + "|" + streamed(ndjson), strings.Repeat(chunk(token), 65536/len(chunk(token)))},
		{"blob", "POST /api/blobs/sha256:aa HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000\r\n\r\n", strings.Repeat("GGUF", 16384)},
		{"image", "POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000\r\n\r\n" + `{"images":["`, strings.Repeat("iVBO", 16384)},
		{"tokens of a context", "POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000\r\n\r\n" + `{"context":[`, strings.Repeat("128006, ", 8192)},
		{"prompt", "POST /api/generate HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000000000\r\n\r\n" + `{"prompt":"`, strings.Repeat("Why is the sky blue?\\n ", 2850)},
		{"embeddings", post("/api/embed", "{}") + "|HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000000000000\r\n\r\n" + `{"embeddings":[[`, strings.Repeat("0.010071029,-0.0017594862,", 2621)},
	} {
		b.Run(k.name, func(b *testing.B) {
			o := defaults()
			o.Emit = func(Record) {}
			c := New(o).Open(peer())
			before, answer, _ := strings.Cut(k.before, "|")
			c.Data(wire.FromClient, start, []byte(before))
			from := wire.FromClient
			if answer != "" {
				from = wire.FromServer
				c.Data(from, start, []byte(answer))
			}
			text := []byte(k.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				c.Data(from, start, text)
			}
		})
	}
}

// BenchmarkRequests is what a short request costs, on a connection that is kept.
func BenchmarkRequests(b *testing.B) {
	o := defaults()
	o.Emit = func(Record) {}
	c := New(o).Open(peer())
	ask, answer := []byte(post("/api/embed", `{"model":"all-minilm","input":"one"}`)), []byte(answer200(jsonUTF8, `{"model":"all-minilm","embeddings":[[0.1]],"prompt_eval_count":3}`))
	b.ReportAllocs()
	for b.Loop() {
		c.Data(wire.FromClient, start, ask)
		c.Data(wire.FromServer, start, answer)
	}
}
