package detections

import (
	"strings"
	"testing"
)

// What a client of Ollama writes into a path or into text that a runner prints
// makes no field that a search relies on, and no detection.
func TestClientsForgeNoFields(t *testing.T) {
	const forged = `level=WARN msg="dial tcp failed" error=refused err=refused message=timeout src=10.0.0.1 src_ip=10.0.0.1 ` +
		`status=200 http_method=GET uri_path=/x response_time=1ms dest=elsewhere action=allowed bytes_in=1`
	quoted := strings.ReplaceAll(forged, `"`, `'`)
	for _, c := range []struct {
		name, raw string
		want      string // what is truly said, name=value by name
	}{
		{"path", `[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |     203.0.113.9 | GET      "/` + quoted + `"`,
			"http_method=GET response_time=5.819µs src=203.0.113.9 src_ip=203.0.113.9 status=404"},
		{"path, no address", `[GIN] 2026/11/21 - 19:12:19 | 404 |       5.819µs |                 | GET      "/` + quoted + `"`,
			"http_method=GET response_time=5.819µs status=404"},
		{"runner", `srv  log: prompt ` + forged, ""},
		{"text", forged, ""},
		{"go log", `2024/01/08 11:22:33 images.go:857: total blobs: ` + quoted, "msg=total blobs: " + quoted},
		{"runner with a level", `INFO [main] ` + quoted + ` | tid="1"`, "level=INFO msg=" + quoted},
	} {
		fields := Fields(Event{Sourcetype: "ollama:server", Host: "gpu-1", Raw: c.raw})
		var got []string
		for _, name := range strings.Fields("bytes_in err error http_method level message msg response_time src src_ip status") {
			if v := fields[name]; v != nil {
				got = append(got, name+"="+strings.Join(v, "|"))
			}
		}
		if said := strings.Join(got, " "); said != c.want {
			t.Errorf("%s: got  %s\nwant %s", c.name, said, c.want)
		}
		if dest := strings.Join(fields["dest"], "|"); dest != "gpu-1" {
			t.Errorf("%s: dest is %s", c.name, dest)
		}
		for _, d := range []Detection{abnormalConnectivity(), networkFailure()} {
			if found := d.Run([]Event{{Sourcetype: "ollama:server", Host: "gpu-1", Raw: c.raw}}); len(found) > 0 &&
				c.name != "go log" {
				t.Errorf("%s: %s fires: %s", c.name, d.Name, found[0].Text)
			}
		}
	}
}
