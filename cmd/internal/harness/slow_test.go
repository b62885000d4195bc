//go:build linux

package harness

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec/receiver"
)

// A Splunk that takes seconds for each request costs neither requests nor memory, and the spool keeps to its bound:
// what comes last is left out, counted, and told of.
func TestASlowSplunkCostsNoRequest(t *testing.T) {
	t.Parallel()
	const bound = 1 << 20
	b, got := behindProxy(t)
	b.env["PROMPTS"], b.env["REDACT"], b.env["SPOOL_BYTES"] = "full", "off", "1MiB"
	b.server.SetFault(func(req *receiver.Request) receiver.Fault {
		select {
		case <-time.After(2 * time.Second):
		case <-req.HTTP.Context().Done():
		}
		return receiver.Fault{}
	})
	p, url := b.proxy()
	b.start()
	prompt := strings.Repeat("a long question ", 3000)
	asked := 0
	ask := func() {
		asked++
		answer := b.ask(url+"/api/generate", fmt.Sprintf(`{"model":"tiny","prompt":"number %d: %s"}`, asked, prompt))
		if !strings.Contains(answer, `"done":true`) {
			t.Errorf("request %d: %s", asked, answer)
		}
	}
	for b.seenBy("proxy").Counts["spool_lost_full"] == 0 {
		ask()
		held := int64(0)
		for _, path := range b.segments() {
			if info, err := os.Stat(path); err == nil { // else it was delivered meanwhile
				held += info.Size()
			}
		}
		if held > bound {
			t.Fatalf("the spool holds %d bytes of %d", held, bound)
		}
	}
	release := b.hang()
	for range 3 {
		ask() // which would have no end if it waited for Splunk
	}
	if peak := b.peakMemory(); peak > 64<<20 {
		t.Errorf("the shipper took %d MiB", peak>>20)
	}
	if peak := b.peakMemoryOf(p); peak > 64<<20 {
		t.Errorf("the proxy took %d MiB", peak>>20)
	}
	p.Signal(os.Interrupt)
	b.wantExit(p, 0)
	release()
	b.eventually("an empty spool", func() bool { return len(b.segments()) == 0 })
	p, _ = b.proxy() // the one before had no room to tell what it had lost
	p.Signal(os.Interrupt)
	b.wantExit(p, 0)
	b.eventually("an empty spool", func() bool { return len(b.segments()) == 0 })
	b.stop()
	lost := b.lostRecords(got)
	came := len(got.find(`"uri_path":"/api/generate"`)) + len(got.find(`"prompt":`))
	if lost == 0 || came+lost != 2*asked {
		t.Errorf("of %d requests %d events came and %d are said to be lost", asked, came, lost)
	}
	if len(got.find("number 1: ")) == 0 {
		t.Error("the oldest is left out")
	}
}
