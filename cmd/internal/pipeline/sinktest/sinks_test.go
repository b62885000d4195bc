package sinktest

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"testing"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/hec/receiver"
	"ollama-hec/hec/scs"
	"ollama-hec/hec/scs/scstest"
	"ollama-hec/splunk_app/modinput"
)

func TestHEC(t *testing.T) {
	for name, ack := range map[string]bool{"acknowledged": true, "not acknowledged": false} {
		t.Run(name, func(t *testing.T) { Run(t, func(t *testing.T) Fixture { return openHEC(t, ack) }) })
	}
}

func openHEC(t *testing.T, ack bool) Fixture {
	const token = "7e577e57-7e57-7e57-7e57-7e577e577e57"
	var mu sync.Mutex
	var came, hosts []string
	r := receiver.New(receiver.Options{Tokens: []receiver.Token{{Value: token, Ack: ack}}, Event: func(ev receiver.Event) {
		var text string
		if err := json.Unmarshal(ev.Event, &text); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		came, hosts = append(came, text), append(hosts, ev.Host)
	}})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	served := make(chan struct{})
	go func() {
		defer close(served)
		if err := r.Serve(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { r.Close(); <-served })
	client, err := hec.New(hec.Config{
		URLs: []string{r.URL()}, Token: hec.StaticToken(token), Lanes: pipeline.DefaultLanes,
		DeadLetters: deadletter.Open(t.TempDir()), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return Fixture{
		Sink: client, Encoder: hec.NewEnvelope(hec.Origin{Host: "h", Source: "s"}), Gzip: true,
		Came: func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(came)
		},
		Hosts: func() []string {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(hosts)
		},
		Stall:  func() { r.SetFault(receiver.Always(receiver.Fault{Code: 9})) }, // busy
		Resume: func() { r.SetFault(nil) },
	}
}

func TestCloudServices(t *testing.T) {
	for name, gzip := range map[string]bool{"plain": false, "compressed": true} {
		t.Run(name, func(t *testing.T) { Run(t, func(t *testing.T) Fixture { return openCloudServices(t, gzip) }) })
	}
}

func openCloudServices(t *testing.T, gzip bool) Fixture {
	service := scstest.Start(t)
	address, err := scs.ParseAddress(service.URL)
	if err != nil {
		t.Fatal(err)
	}
	client, err := scs.New(scs.Config{
		Tenant: scstest.Tenant, Address: address, Credentials: scs.AccessToken{Source: hec.StaticToken(scstest.AccessToken)},
		Lanes: pipeline.DefaultLanes, DeadLetters: deadletter.Open(t.TempDir()), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return Fixture{
		Sink: client, Encoder: scs.NewEnvelope(hec.Origin{Host: "h", Source: "s"}), Gzip: gzip,
		Came: func() []string { return scstest.Texts(service.Arrived()) },
		Hosts: func() (hosts []string) {
			for _, ev := range service.Arrived() {
				hosts = append(hosts, *ev.Host)
			}
			return hosts
		},
		Stall: func() {
			service.SetFault(scstest.Always("postEvents", scstest.Fault{Status: http.StatusServiceUnavailable}))
		},
		Resume: func() { service.SetFault(nil) },
	}
}

func TestStream(t *testing.T) {
	for name, gzip := range map[string]bool{"plain": false, "compressed": true} {
		t.Run(name, func(t *testing.T) { Run(t, func(t *testing.T) Fixture { return openStream(t, gzip) }) })
	}
}

func openStream(t *testing.T, gzip bool) Fixture {
	p := new(pipe)
	stream := modinput.NewStream(p)
	if err := stream.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	return Fixture{
		Sink: stream, Encoder: modinput.NewEncoder("ollama_logs://a", "s", "", "", ""), Gzip: gzip,
		Came:  func() []string { texts, _ := p.events(t); return texts },
		Hosts: func() []string { _, hosts := p.events(t); return hosts },
		Stall: p.full.Lock, Resume: p.full.Unlock,
	}
}

// pipe is splunkd's end of the event stream.
type pipe struct {
	full sync.Mutex // while it is held the pipe takes nothing

	mu   sync.Mutex
	text []byte
}

func (p *pipe) Write(text []byte) (int, error) {
	p.full.Lock()
	defer p.full.Unlock()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = append(p.text, text...)
	return len(text), nil
}

// events reads the document so far as splunkd would.
func (p *pipe) events(t *testing.T) (texts, hosts []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var doc struct {
		Events []struct {
			Data string `xml:"data"`
			Host string `xml:"host"`
		} `xml:"event"`
	}
	if err := xml.Unmarshal(slices.Concat(bytes.TrimSpace(p.text), []byte("</stream>")), &doc); err != nil {
		t.Fatalf("what was written is no document: %v", err)
	}
	for _, ev := range doc.Events {
		texts, hosts = append(texts, ev.Data), append(hosts, ev.Host)
	}
	return texts, hosts
}
