//go:build linux

package harness

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ollama-hec/hec/receiver"
)

// The events of a journal that was collected from several hosts come from those
// hosts, unless HOST says otherwise, also those that come after a restart.
func TestJournalOfSeveralHosts(t *testing.T) {
	if !haveJournal(t) {
		return
	}
	for _, fixed := range []string{"", "all"} {
		var mu sync.Mutex
		hosts := map[string]string{} // by line
		b := newBench(t, receiver.Options{Event: func(e receiver.Event) {
			var line string
			if json.Unmarshal(e.Event, &line) == nil {
				mu.Lock()
				defer mu.Unlock()
				hosts[line] = e.Host
			}
		}})
		delete(b.env, "PATHS")
		delete(b.env, "HOST")
		if fixed != "" {
			b.env["HOST"] = fixed
		}
		b.env["JOURNAL_DIR"], b.env["PATHS"] = b.dir, b.path("*.log")
		b.env["JOURNAL_UNIT"] = "ollama"
		for round := range 2 {
			for i, host := range []string{"gpu1", "gpu2.corp.example"} {
				entry := fmt.Sprintf(
					"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%032x\n_HOSTNAME=%s\n_SYSTEMD_UNIT=ollama.service\nMESSAGE=round %d of %s\n\n",
					1_792_610_141_000_000+round,
					1000+round,
					i+1,
					host,
					round,
					host,
				)
				cmd := exec.Command(remote, "--output="+filepath.Join(b.dir, host+".journal"), "-")
				cmd.Stdin = strings.NewReader(entry)
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Fatalf("%v: %s", err, out)
				}
			}
			b.write("own.log", strings.Repeat("own line\n", round+1))
			b.wantExit(b.launch("run", "--once"), 0)
		}
		machine, err := os.Hostname()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"own line": machine}
		for _, host := range []string{"gpu1", "gpu2.corp.example"} {
			for round := range 2 {
				want[fmt.Sprintf("round %d of %s", round, host)] = host
			}
		}
		mu.Lock()
		for line, host := range want {
			if fixed != "" {
				host = fixed
			}
			if hosts[line] != host {
				t.Errorf("HOST=%q: %q is from %q, want %q", fixed, line, hosts[line], host)
			}
		}
		mu.Unlock()
	}
}
