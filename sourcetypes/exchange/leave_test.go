package exchange

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input/wire"
)

// early are the talks in which nothing is missing and nobody ends anything.
func early(t *testing.T) (all []talk) {
	t.Helper()
	for _, talk := range talks() {
		ends := slices.ContainsFunc(talk.steps, func(s step) bool { return s.end != nil })
		if talk.complete() && !ends && len(talk.steps) > 0 {
			all = append(all, talk)
		}
	}
	if len(all) < 20 {
		t.Fatalf("%d talks", len(all))
	}
	return all
}

// A client that closes after it has asked, and takes its answers, has cut nothing.
func TestHalfClosed(t *testing.T) {
	for _, talk := range early(t) {
		for seed := range uint64(5) {
			random := rand.New(rand.NewPCG(seed, 7))
			got, _ := talk.read(talk.early(random, 1+random.IntN(700)))
			want, _ := talk.read(talk.packets(random, 1400))
			if !slices.Equal(withoutTimes(got), withoutTimes(want)) {
				t.Errorf("%s: closed early\n%s\nclosed late\n%s", talk.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
	}
}

// A client that leaves after it has asked is what its last request is cut by, also where the
// server ends the answer in form before that is told; but not where it has got what counts.
func TestClientLeaves(t *testing.T) {
	for _, talk := range early(t) {
		random := rand.New(rand.NewPCG(1, 7))
		all := talk.early(random, 700)
		end := slices.IndexFunc(all, func(p packet) bool { return p.from == wire.FromClient && p.flags&fin != 0 })
		var left []packet
		for _, p := range all[end+1:] {
			if p.from == wire.FromServer {
				p.ack = all[end].seq + 1
				left = append(left, p)
			}
		}
		if !slices.ContainsFunc(left, func(p packet) bool { return p.data != "" }) {
			continue // it was answered before
		}
		reset := packet{wire.FromClient, left[0].at, all[end].seq + 1, 0, rst, ""}
		for _, after := range []int{len(left) - 1, len(left)} { // the server's end comes last
			seen := slices.Concat(all[:end+1], left[:after], []packet{reset}, left[after:])
			got, _ := talk.read(seen)
			last := ""
			for _, r := range got {
				if strings.HasPrefix(r, "ollama:api") {
					last = r
				}
			}
			said := strings.Contains(fmt.Sprint(left), `"done":true`) || strings.Contains(fmt.Sprint(left), "[DONE]") ||
				strings.Contains(fmt.Sprint(left), "message_stop") || strings.Contains(fmt.Sprint(left), "response.completed")
			if cut := strings.Contains(last, `"cut":"client"`); cut == said {
				t.Errorf("%s: cut %v, all was said %v: %s", talk.name, cut, said, last)
			}
		}
	}
}

// A server that closed answers no more: of what it was asked is told at once.
func TestServerCloses(t *testing.T) {
	s := talkTo(defaults())
	s.client(post("/api/chat", askedChat))
	s.server(streamed(ndjson) + chunk(token))
	s.Closed(wire.FromServer, start)
	if len(s.records) != 2 || !strings.Contains(s.records[0], `"cut":"server"`) {
		t.Errorf("%q", s.records)
	}
	s.Done(wire.EndFIN, wire.FromServer, start)
	if len(s.records) != 2 {
		t.Errorf("%q", s.records)
	}

	s = talkTo(defaults()) // the end of a body without a length, whatever the client does then
	s.client("GET /api/version HTTP/1.0\r\n\r\n")
	s.server("HTTP/1.0 200 OK\r\n\r\n{}")
	s.Closed(wire.FromServer, start)
	if len(s.records) != 1 || strings.Contains(s.records[0], "cut") || !strings.Contains(s.records[0], `"bytes_out":2`) {
		t.Errorf("%q", s.records)
	}

	s = talkTo(defaults()) // it was not asked all
	s.client(post("/api/chat", askedChat)[:150])
	s.Closed(wire.FromServer, start)
	if len(s.records) != 0 {
		t.Errorf("%q", s.records)
	}
	s.Done(wire.EndFIN, wire.FromServer, start)
	if len(s.records) != 1 || !strings.Contains(s.records[0], `"cut":"server"`) {
		t.Errorf("%q", s.records)
	}
}

// Where nobody knows what the client made of an answer that came after it had closed, it is whole.
func TestLeftAndForgotten(t *testing.T) {
	s := talkTo(defaults())
	s.client(post("/api/show", `{"model":"m"}`))
	s.Closed(wire.FromClient, start)
	s.server(answer200(jsonUTF8, `{}`))
	if len(s.records) != 0 {
		t.Errorf("%q", s.records)
	}
	s.Done(wire.EndForgotten, wire.FromClient, start)
	if len(s.records) != 1 || strings.Contains(s.records[0], "cut") || strings.Contains(s.records[0], "partial") {
		t.Errorf("%q", s.records)
	}
}

// A request of which something was said twice is told, and that it may be another one.
func TestContradicted(t *testing.T) {
	s := talkTo(defaults())
	s.client(post("/api/show", `{"model":"before"}`))
	s.server(answer200(jsonUTF8, `{}`))
	s.client(post("/api/show", `{"model":"lie"}`))
	s.Contradicted(wire.FromClient, start)
	s.server(answer200(jsonUTF8, `{}`))
	s.client(post("/api/show", `{"model":"after"}`))
	s.server(answer200(jsonUTF8, `{}`))
	if len(s.records) != 3 || strings.Contains(s.records[0]+s.records[2], "partial") || !strings.Contains(s.records[1], `"partial":true`) {
		t.Errorf("%q", s.records)
	}
}
