//go:build linux

package harness

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// smallDisk lets the state directory lie on a disk of its own, of that size. The test is skipped where
// none can be mounted.
func (b *bench) smallDisk(size string) {
	b.t.Helper()
	small := filepath.Join(b.t.TempDir(), "disk")
	b.must(os.Mkdir(small, 0o700))
	if err := syscall.Mount("tmpfs", small, "tmpfs", 0, "size="+size); err != nil {
		b.t.Skipf("no small disk can be mounted here: %v", err)
	}
	b.t.Cleanup(func() {
		if err := syscall.Unmount(small, syscall.MNT_DETACH); err != nil {
			b.t.Error(err)
		}
	})
	b.state = filepath.Join(small, "state")
	b.env["STATE_DIR"] = b.state
}

// takeRest takes what room is left on the disk of the state directory.
func (b *bench) takeRest() {
	b.t.Helper()
	f, err := os.Create(filepath.Join(filepath.Dir(b.state), "rest"))
	b.must(err)
	defer f.Close()
	for {
		_, err := f.Write(make([]byte, 4096))
		if errors.Is(err, syscall.ENOSPC) {
			return
		}
		b.must(err)
	}
}

// A disk without any room costs no request. What is lost is counted meanwhile, and told of once the shipper
// has made room, by this proxy or, if there is none when it ends, by the next one; and no record is lost
// without being counted. That there is room at once, the spool's own tests say by a clock of their own.
func TestAProxyOnAFullDisk(t *testing.T) {
	t.Parallel()
	b, got := behindProxy(t)
	b.smallDisk("1m")
	b.env["PROMPTS"], b.env["REDACT"] = "full", "off"
	p, url := b.proxy()
	asked := int64(0)
	ask := func(prompt string) {
		asked++
		if answer := b.ask(url+"/api/generate", `{"model":"tiny","prompt":"`+prompt+`"}`); !strings.Contains(answer, `"done":true`) {
			t.Errorf("%s", answer)
		}
	}
	for range 40 {
		ask(strings.Repeat("a long question ", 3000))
	}
	b.eventually("it to be said", func() bool { return strings.Contains(p.Log(), "no space left on device") })
	b.takeRest()
	ask("no room at all")
	b.eventually("it to be counted", func() bool {
		c := b.seenBy("proxy").Counts
		return c["requests"] == asked && c["spool_lost_disk"] > 0
	})
	b.start()
	b.eventually("a request after the loss", func() bool {
		ask("is there room?")
		return len(got.find("is there room?")) > 0
	})
	end := func(p *Shipper) {
		p.Signal(os.Interrupt)
		b.wantExit(p, 0)
		b.eventually("an empty spool", func() bool { return len(b.segments()) == 0 })
	}
	end(p)
	next, _ := b.proxy()
	end(next)
	b.eventually("room for checkpoints", func() bool {
		return strings.Contains(b.shipper.Log(), "checkpoints are written again")
	})
	b.stop()
	told := b.lostRecords(got)
	came := len(got.find(`"uri_path":"/api/generate"`)) + len(got.find(`"prompt":`))
	if told == 0 || came+told != int(2*asked) {
		t.Errorf("of %d requests %d events came and %d are said to be lost", asked, came, told)
	}
}

// lostRecords is how many records of a spool are said to be lost.
func (b *bench) lostRecords(got *captures) (n int) {
	b.t.Helper()
	for _, e := range got.find(`"lost_records":`) {
		var loss struct {
			Lost int `json:"lost_records"`
		}
		b.must(json.Unmarshal(e.Event, &loss))
		n += loss.Lost
	}
	return n
}
