//go:build linux

package harness

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// METRICS_ADDR may leave the port open: the log says which was taken, and it answers there.
func TestMetricsOnAnyPort(t *testing.T) {
	t.Parallel()
	b := newBench(t, receiver.Options{})
	b.env["METRICS_ADDR"] = "127.0.0.1:0"
	b.start()
	told := regexp.MustCompile(`metrics=(127\.0\.0\.1:[1-9][0-9]*)`)
	b.eventually("the address", func() bool { return told.MatchString(b.shipper.Log()) })
	resp, err := http.Get("http://" + told.FindStringSubmatch(b.shipper.Log())[1] + "/metrics")
	b.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	b.must(err)
	if !strings.Contains(string(text), "\nollama_hec_ready ") {
		t.Errorf("there is\n%s", text)
	}
}
