//go:build linux

package realollama

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ollama-hec/input/netnstest"
	"ollama-hec/input/spool"
	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
)

// captured is what is told of a request that was seen on the wire.
type captured struct {
	Origin, Src       string
	Method            string `json:"http_method"`
	Path              string `json:"uri_path"`
	Query             string `json:"uri_query"`
	Status            int
	API, Operation    string
	In                *int64 `json:"bytes_in"`
	Out               *int64 `json:"bytes_out"`
	Model, Error, Cut string
	Stream            *bool
	Prompt            *int64   `json:"prompt_tokens"`
	Completion        *int64   `json:"completion_tokens"`
	Total             *float64 `json:"total_duration_ms"`
	TTFT              *float64 `json:"ttft_ms"`
	Took              *float64 `json:"response_time_ms"`
	DoneReason        string   `json:"done_reason"`
	ForwardedFor      string   `json:"x_forwarded_for"`
	Host              string   `json:"http_host"`
	From              string   `json:"http_origin"`
	Partial, Joined   bool
	Lost              int64 `json:"lost_bytes"`
	seen              spool.Record
}

// TestRealOllamaCapture: each request that clients make of a real server is seen on the wire, with the model, the
// numbers of tokens and bytes, and the error that the client got, also where the server logs nothing.
func TestRealOllamaCapture(t *testing.T) {
	srv := startServer(t, os.Getenv("OLLAMA_BINARY"), filepath.Join(t.TempDir(), "server.log"))
	at := netip.MustParseAddrPort(srv.url[len("http://"):])
	socket, err := wire.Listen([]uint16{at.Port()}, nil)
	if errors.Is(err, os.ErrPermission) {
		netnstest.Without(t, err.Error())
	}
	if err != nil {
		t.Fatal(err)
	}
	var records []spool.Record // of the goroutine that reads
	all := exchange.New(exchange.Options{
		Origin: "capture", Redact: sourcetypes.DefaultRedact(), Emit: func(r spool.Record) { records = append(records, r) },
	})
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- socket.Run(ctx, all.Open) }()

	clients, made := workload(t, srv.url)
	eventually(t, "all are seen", func() bool { return all.Stats().Requests == int64(made) })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if s := all.Stats(); s.Requests != int64(made) || s.LostBytes > 0 || s.Joined+s.Unasked+s.Unfollowed > 0 {
		t.Errorf("of %d requests: %+v, %+v", made, s, socket.Stats())
	}
	compareAll(t, clients, made, records)
	t.Logf("%d packets", socket.Stats().Packets)
}

// workload has clients ask all there is to ask, most of them at once, and returns them and how many requests they made.
func workload(t *testing.T, url string) (clients []*client, made int) {
	t.Helper()
	work := func(f func(c *client) error) func() {
		c := newClient(url, netip.AddrFrom4([4]byte{127, 0, 0, byte(10 + len(clients))}).String())
		clients = append(clients, c)
		return func() {
			if err := f(c); err != nil {
				t.Error(err)
			}
		}
	}
	doing := func(asks []ask) func() {
		made += len(asks)
		return work(func(c *client) error { return c.do(t.Context(), asks...) })
	}
	doing(install(Model(1)))()
	var working sync.WaitGroup
	for _, asks := range [][]ask{talk(), compatible(), scan(), forge(), pull(), overlong()} {
		working.Go(doing(asks))
	}
	working.Go(work(func(c *client) error { return c.abort(t.Context(), endless(), 3) }))
	made++
	working.Wait()
	return clients, made
}

// compareAll compares what clients got with what is told of it.
func compareAll(t *testing.T, clients []*client, made int, records []spool.Record) {
	t.Helper()
	counted := 0
	for _, c := range clients {
		counted += c.seen(t, records)
	}
	texts(t, clients, records)
	t.Logf("%d requests, %d of them with tokens, %d records", made, counted, len(records))
	if counted < 10 {
		t.Errorf("%d requests with tokens", counted)
	}
}

// seen compares what was captured of a client with what it got, and returns how many answers had tokens.
func (c *client) seen(t *testing.T, records []spool.Record) (counted int) {
	t.Helper()
	var events []captured
	for _, r := range records {
		e := captured{seen: r}
		if err := json.Unmarshal(r.Event, &e); err != nil {
			t.Fatalf("%s: %v", r.Event, err)
		}
		if e.Src == c.src && r.Sourcetype == "ollama:api" {
			events = append(events, e)
		}
	}
	slices.SortStableFunc(events, func(a, b captured) int { return a.seen.Time.Compare(b.seen.Time) })
	if len(c.answers) == 0 { // it gave up
		if len(events) != 1 || events[0].Cut != "client" || events[0].Completion != nil || events[0].DoneReason != "" ||
			events[0].Model != "tiny" {
			t.Errorf("a request that was given up: %+v", events)
		}
		return 0
	}
	if len(events) != len(c.answers) {
		t.Errorf("of %d requests from %s %d were seen", len(c.answers), c.src, len(events))
		return 0
	}
	for i, a := range c.answers {
		if a.compare(t, &events[i]) {
			counted++
		}
	}
	return counted
}

// compare compares what a client got with what is told of it, and reports whether there were tokens.
func (a *answer) compare(t *testing.T, e *captured) (tokens bool) {
	t.Helper()
	want := a.read()
	bad := func(what string, got, want any) {
		t.Errorf("%s %s: %s is %v, want %v\n%s\n%.500s", a.method, a.target, what, got, want, e.seen.Event, a.body)
	}
	equal(bad, "method", e.Method, a.method)
	equal(bad, "path", e.Path, a.url.Path)
	equal(bad, "query", e.Query, cmp.Or(a.query, a.url.RawQuery))
	equal(bad, "status", e.Status, a.status)
	equal(bad, "model", e.Model, want.model)
	if in := value(e.In); e.Operation != "blob" || e.Cut == "" { // a blob that the server has it does not read again
		equal(bad, "bytes_in", in, int64(len(a.ask.body)))
		equal(bad, "cut", e.Cut, "")
	} else if in < 0 || in >= int64(len(a.ask.body)) || e.Cut != "server" {
		bad("bytes_in of a blob that was refused", in, len(a.ask.body))
	}
	equal(bad, "bytes_out", value(e.Out), int64(len(a.body)))
	equal(bad, "prompt_tokens", value(e.Prompt), value(want.prompt))
	equal(bad, "completion_tokens", value(e.Completion), value(want.completion))
	equal(bad, "total_duration_ms", value(e.Total), value(want.total))
	equal(bad, "done_reason", e.DoneReason, want.reason)
	equal(bad, "error", e.Error, want.err)
	equal(bad, "x_forwarded_for", e.ForwardedFor, a.header0("X-Forwarded-For"))
	equal(bad, "http_origin", e.From, a.header0("Origin"))
	equal(bad, "http_host", e.Host, a.header0("Host"))
	if e.Took == nil || e.Partial || e.Joined || e.Lost > 0 || (e.TTFT != nil) && *e.TTFT > *e.Took {
		bad("how it was seen", string(e.seen.Event), "whole")
	}
	return want.prompt != nil
}

func (a *answer) header0(name string) string { return a.ask.header[name] }

func equal[T comparable](bad func(string, any, any), what string, got, want T) {
	if got != want {
		bad(what, got, want)
	}
}

// value is what p points to, -1: it points to nothing.
func value[T int64 | float64](p *T) T {
	if p == nil {
		return -1
	}
	return *p
}

// figures are what an answer says of itself, and the model that was asked for.
type figures struct {
	model, reason, err string
	prompt, completion *int64
	total              *float64
}

// read reads the question and the answer as a client does.
func (a *answer) read() (f figures) {
	var asked struct{ Model, Name, Source string }
	if json.NewDecoder(strings.NewReader(a.ask.body)).Decode(&asked) == nil {
		f.model = cmp.Or(asked.Model, asked.Name, asked.Source)
	}
	if name, ok := strings.CutPrefix(a.url.Path, "/v1/models/"); ok {
		f.model = name
	}
	if a.method == "HEAD" {
		return f
	}
	for line := range bytes.Lines(a.body) {
		f.line(bytes.TrimPrefix(line, []byte("data: ")))
	}
	f.line(a.body)
	return f
}

func (f *figures) line(text []byte) {
	var said struct {
		Error      json.RawMessage
		DoneReason string   `json:"done_reason"`
		Prompt     *int64   `json:"prompt_eval_count"`
		Completion *int64   `json:"eval_count"`
		Total      *float64 `json:"total_duration"`
		Usage      *struct {
			Prompt     *int64 `json:"prompt_tokens"`
			Completion *int64 `json:"completion_tokens"`
		}
		Choices []struct {
			Reason *string `json:"finish_reason"`
		}
	}
	if json.Unmarshal(text, &said) != nil {
		return
	}
	f.reason = cmp.Or(said.DoneReason, f.reason)
	if said.Prompt != nil {
		f.prompt = said.Prompt
	}
	if said.Completion != nil {
		f.completion = said.Completion
	}
	if said.Total != nil {
		ms := *said.Total / 1e6
		f.total = &ms
	}
	if said.Usage != nil {
		f.prompt, f.completion = said.Usage.Prompt, said.Usage.Completion
	}
	for _, c := range said.Choices {
		if c.Reason != nil {
			f.reason = cmp.Or(*c.Reason, f.reason)
		}
	}
	var object struct{ Message string }
	if json.Unmarshal(said.Error, &f.err) != nil && json.Unmarshal(said.Error, &object) == nil && said.Error != nil {
		f.err = object.Message
	}
}

// texts compares the prompts that were captured with those that were asked, without the secrets.
func texts(t *testing.T, clients []*client, records []spool.Record) {
	t.Helper()
	var got []string
	for _, r := range records {
		var e prompt
		if r.Sourcetype != "ollama:prompts" {
			continue
		}
		if err := json.Unmarshal(r.Event, &e); err != nil {
			t.Fatalf("%s: %v", r.Event, err)
		}
		got = append(got, e.Prompt)
	}
	for _, c := range clients {
		for _, text := range c.prompts {
			text = strings.NewReplacer(secrets...).Replace(text)
			holds := func(p string) bool {
				cut := len(p) > 1000 && strings.HasPrefix(text, p)
				return cut || strings.Contains(p, text)
			}
			if !slices.ContainsFunc(got, holds) {
				t.Errorf("the prompt %.80q was not captured", text)
			}
		}
	}
}
