package main

import (
	"encoding/json"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/splunk_app/modinput/modinputtest"
)

// An input with connections tells who connects, on the port that Ollama's log names, and
// still of the prompts in the log.
func TestConnectionsAreIndexed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	// As long as it is open every way to look for connections shows it.
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()

	path := filepath.Join(t.TempDir(), "server.log")
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	appendTo(t, path, fmt.Sprintf("time=%s level=INFO source=routes.go:1288 msg=\"Listening on %s (version 0.6.5)\"\n", now, l.Addr())+
		fmt.Sprintf("time=%s level=DEBUG source=routes.go:297 msg=\"generate request\" images=0 prompt=\"Why?\"\n", now)+lastLine+"\n")
	p := splunk(t).Start(t, stanza("a", "paths", path, "connections", "all", "index", "i", "host", "h", "prompts", "full"))
	events := p.Await("the connection and the prompt", func(events []modinputtest.Event) bool {
		return len(connectionsFrom(events, c.LocalAddr())) > 0 && len(ofSourcetype(events, "ollama:prompts")) > 0
	})
	endedWell(t, p)
	ev := connectionsFrom(events, c.LocalAddr())[0]
	if ev.Index != "i" || ev.Host != "h" || ev.Source != "capture" || ev.Time == "" {
		t.Errorf("%+v", ev)
	}
	if log := strings.Join(p.Log(), "\n"); !strings.Contains(log, "capturing") {
		t.Errorf("it does not say that it captures:\n%s", log)
	}
}

// Without the argument nothing is captured.
func TestConnectionsAreOffByDefault(t *testing.T) {
	log := newLog(t)
	log.grow(1)
	p := splunk(t).Start(t, stanza("a", "paths", log.path))
	log.came(p)
	endedWell(t, p)
	if said := strings.Join(p.Log(), "\n"); strings.Contains(said, "capturing") {
		t.Errorf("it captures:\n%s", said)
	}
}

func ofSourcetype(events []modinputtest.Event, sourcetype string) (some []modinputtest.Event) {
	for _, ev := range events {
		if ev.Sourcetype == sourcetype {
			some = append(some, ev)
		}
	}
	return some
}

// connectionsFrom are the events about connections of a client.
func connectionsFrom(events []modinputtest.Event, client net.Addr) (some []modinputtest.Event) {
	for _, ev := range ofSourcetype(events, "ollama:connection") {
		var c struct {
			Src  string
			Port int `json:"src_port"`
		}
		if json.Unmarshal([]byte(ev.Data), &c) == nil && fmt.Sprintf("%s:%d", c.Src, c.Port) == client.String() {
			some = append(some, ev)
		}
	}
	return some
}
