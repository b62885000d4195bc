package detections

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// All lines at once: one result a host, with every incident in it.
func TestNetworkFailureOfHosts(t *testing.T) {
	var events []Event
	want := make(map[string]int)
	for _, l := range corpus(t) {
		e := l.event()
		e.Host = l.file
		events = append(events, e)
		if l.kind != "" {
			want[l.file]++
		}
	}
	found := networkFailure().Run(events)
	if len(found) != len(want) {
		t.Errorf("%d results, want one for each of %d hosts", len(found), len(want))
	}
	for _, f := range found {
		host := spl.Row(f.Row).First("host")
		if got := spl.Row(f.Row).First("incidents"); got != fmt.Sprint(want[host]) {
			t.Errorf("%s: %s incidents, want %d", host, got, want[host])
		}
		if columns := strings.Join(
			f.Columns,
			" ",
		); columns != "last_incident host incidents src warning_messages error_messages remote_hosts kinds severity attack_type count" {
			t.Errorf("columns %s", columns)
		}
	}
}
