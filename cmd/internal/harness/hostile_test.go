//go:build linux

package harness

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"ollama-hec/hec/receiver"
)

// hostile is what is repeated in such a line.
var hostile = []string{
	`"`, `\u0022`, "'", "%22", "}", "a--", `\"api_key\":\"`, "token=", "-----BEGIN ", "a@b.",
}

// A client chooses what stands in a request's line, and a model what a runner says of
// its answer. No such line, 900 KB of it, keeps a stop waiting or the lines behind it.
func TestStopWithinAHostileLine(t *testing.T) {
	t.Parallel()
	for _, prompts := range []string{"redacted", "off"} {
		b := newBench(t, receiver.Options{})
		b.env["PROMPTS"] = prompts
		var lines []string
		text, plain := "", func(i int) string {
			line := fmt.Sprintf(`time=2026-11-21T19:12:%02d.000Z level=INFO source=images.go:1 msg="total blobs: %d"`, i, i)
			b.ledger.Due(line)
			lines = append(lines, line)
			return line + "\n"
		}
		for i, part := range hostile {
			long := strings.Repeat(part, 900_000/len(part))
			text += plain(i) + `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 10.1.2.3 | GET "/api/tags?token=` + long + "\"\n" +
				"common_chat_peg_parse: unparsed peg-native output: " + long + "\n"
		}
		b.write("a.log", text+plain(len(hostile)))
		for missing := 1; missing > 0; missing, _ = b.ledger.Missing() {
			before := b.server.Stats().Taken()
			b.start()
			b.eventually("some", func() bool { return b.server.Stats().Taken() > before })
			b.shipper.Signal(syscall.SIGTERM)
			b.wantExit(b.shipper, 0)
		}
		for _, line := range lines {
			if n := b.ledger.Times(line); n != 1 {
				t.Errorf("PROMPTS=%s: came %d times: %s", prompts, n, line)
			}
		}
	}
}
