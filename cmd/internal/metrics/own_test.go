package metrics

import (
	"runtime"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/settings"
)

// What is told of the process is about the process: not the traffic of the machine.
func TestOnlyTheProcessIsTold(t *testing.T) {
	_, url := runningWith(t, nil, func(*settings.Settings, *Deps) {})
	_, text := get(t, url+"/metrics")
	if runtime.GOOS == "linux" && !strings.Contains(text, "\nprocess_resident_memory_bytes ") {
		t.Errorf("the process is not told:\n%s", text)
	}
	if strings.Contains(text, "process_network_") {
		t.Errorf("the machine's traffic is told as that of the process:\n%s", text)
	}
}
