package detections

import (
	"maps"
	"slices"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// connection is an accepted connection as it is delivered.
func connection(raw string) Event {
	return Event{Sourcetype: "ollama:connection", Host: "gpu-1", Time: "1767773642.5", Raw: raw}
}

// What no access line says stands in accepted connections: who only connects, and who forges
// X-Forwarded-For. One source is one result, whatever it is seen in.
func TestExternalConnections(t *testing.T) {
	const external = `{"origin":"sock_diag","src":"203.0.113.9","src_port":40112,"src_scope":"external","dest":"10.0.0.2","dest_port":11434,"state":"open"`
	tests := []struct {
		what   string
		events []Event
		src    string // "" for no result
		seen   string
	}{
		{"a connection without a request", []Event{connection(external + `}`)}, "203.0.113.9", "connections: 1"},
		{"many in one event, and the end of one that was counted", []Event{
			connection(external + `,"count":12}`), connection(external + `,"count":0}`),
		}, "203.0.113.9", "connections: 12"},
		{
			"an access line and its connection",
			[]Event{accessLine("203.0.113.9"), apiEvent("203.0.113.9"), connection(external + `}`)},
			"203.0.113.9",
			"requests: 1, connections: 1",
		},
		{"a forged X-Forwarded-For", []Event{accessLine("10.1.2.3"), apiEvent("10.1.2.3"), connection(external + `}`)},
			"203.0.113.9", "connections: 1"},
		{
			"another port, another process of Ollama",
			[]Event{
				connection(
					`{"origin":"poll","src":"2001:db8:bad::17","src_scope":"external","dest_port":11500,"state":"open","process_name":"ollama.exe"}`,
				),
			},
			"2001:db8:bad::17",
			"connections: 1",
		},
		{"not Ollama's process", []Event{connection(external + `,"process_name":"nginx"}`)}, "", ""},
		{
			"a path that says it is another process",
			[]Event{{Sourcetype: "ollama:server", Host: "gpu-1", Time: "1767773642", Raw: `[GIN] 2026/01/07 - 09:14:02 | 404 |` +
				`       5.308µs |     203.0.113.9 | GET      "/x?process_name=nginx process_name=nginx"`}},
			"203.0.113.9",
			"requests: 1",
		},
		{
			"inside",
			[]Event{
				connection(`{"origin":"sock_diag","src":"10.20.30.40","src_scope":"private","dest_port":11434,"state":"open"}`),
			},
			"",
			"",
		},
		{"what was not seen", []Event{connection(`{"origin":"sock_diag","lost":94}`)}, "", ""},
	}
	for _, s := range splunks(t) {
		access := externalAccess().on(t, s)
		for _, tt := range tests {
			found := access(tt.events...)
			switch {
			case tt.src == "" && len(found) > 0:
				t.Errorf("%s, %s: %s", s.name, tt.what, found[0].Text)
			case tt.src != "" && len(found) != 1:
				t.Errorf("%s, %s: %d results, want one", s.name, tt.what, len(found))
			case tt.src != "" && (found[0].Row["src"][0] != tt.src || found[0].Row["seen"][0] != tt.seen):
				t.Errorf("%s, %s: %s, %s", s.name, tt.what, found[0].Row["src"], found[0].Row["seen"])
			}
		}
	}
}

// Who forges X-Forwarded-For is one result, under the address of the peer and with those that it
// claims; who has such an address in truth is another.
func TestExternalForgery(t *testing.T) {
	captured := func(src, forwarded string) Event {
		return Event{Sourcetype: "ollama:api", Host: "gpu-1", Time: "1767773642.5", Raw: `{"origin":"capture","src":"` + src +
			`","src_scope":"external","http_method":"POST","uri_path":"/api/chat","status":200,"dest_port":11434,"x_forwarded_for":"` + forwarded + `"}`}
	}
	const connected = `{"origin":"sock_diag","src":"198.51.100.7","src_scope":"external","dest_port":11434,"state":"closed"}`
	elsewhere := accessLine("198.51.100.7")
	elsewhere.Host = "gpu-2"
	tests := []struct {
		what   string
		events []Event
		want   []string // src and seen of each result
	}{
		{"many external addresses are claimed", []Event{
			captured("203.0.113.9", "198.51.100.7"), accessLine("198.51.100.7"), apiEvent("198.51.100.7"), captured("203.0.113.9", "198.51.100.8, 10.0.0.1"),
			accessLine("198.51.100.8"),
		}, []string{"203.0.113.9 requests: 2, claiming to be 198.51.100.7 and 198.51.100.8"}},
		{"an internal address is claimed", []Event{captured("203.0.113.9", "127.0.0.1"), accessLine("127.0.0.1")},
			[]string{"203.0.113.9 requests: 1, claiming to be 127.0.0.1"}},
		{"who is claimed to be asks, too", []Event{
			captured("203.0.113.9", "198.51.100.7"), captured("198.51.100.7", ""), accessLine("198.51.100.7"), accessLine("198.51.100.7"),
		}, []string{"198.51.100.7 requests: 2", "203.0.113.9 requests: 1, claiming to be 198.51.100.7"}},
		{"who is claimed to be connects, too", []Event{captured("203.0.113.9", "198.51.100.7"), accessLine("198.51.100.7"), connection(connected)},
			[]string{"198.51.100.7 requests: 1, connections: 1", "203.0.113.9 requests: 1, claiming to be 198.51.100.7"}},
		{"who is claimed to be asks elsewhere", []Event{captured("203.0.113.9", "198.51.100.7"), elsewhere},
			[]string{"203.0.113.9 requests: 1, claiming to be 198.51.100.7", "198.51.100.7 requests: 1"}},
		{"a proxy inside passes on an external client", []Event{captured("10.0.0.2", "198.51.100.7"), accessLine("198.51.100.7")},
			[]string{"198.51.100.7 requests: 1"}},
		{"no address is claimed", []Event{captured("203.0.113.9", "unknown")}, []string{"203.0.113.9 requests: 1"}},
		{"the end of a connection that was told of before", []Event{connection(`{"src":"203.0.113.9","dest_port":11434,"state":"closed","count":0}`)}, nil},
	}
	for _, s := range splunks(t) {
		access := externalAccess().on(t, s)
		for _, tt := range tests {
			var got []string
			for _, f := range access(tt.events...) {
				got = append(got, f.Row["src"][0]+" "+f.Row["seen"][0])
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("%s, %s: got  %q\nwant %q", s.name, tt.what, got, tt.want)
			}
		}
	}
}

// Connections that somebody else tells of count where the site's macro finds them, as
// input/connections/README.md says of Sysmon.
func TestConnectionsOfOthers(t *testing.T) {
	env := environment()
	env.Macros = maps.Clone(env.Macros)
	env.Macros["ollama_connection"] = `(sourcetype="ollama:connection") OR (sourcetype="XmlWinEventLog" EventCode=3 Initiated=false Image="*\\ollama.exe")`
	search, err := spl.Compile(externalAccess().Search, env)
	if err != nil {
		t.Fatal(err)
	}
	sysmon := func(initiated, image string) spl.Row {
		return spl.Row{"sourcetype": {"XmlWinEventLog"}, "host": {"win-1"}, "_time": {"1767773642"}, "_raw": {"<Event>"}, "EventCode": {"3"},
			"Initiated": {initiated}, "Image": {image}, "src": {"203.0.113.9"}, "dest_port": {"11434"}, "process_name": {"ollama.exe"}}
	}
	res := search.Run([]spl.Row{
		sysmon("false", `C:\Program Files\Ollama\ollama.exe`), sysmon("true", `C:\Program Files\Ollama\ollama.exe`), sysmon("false", `C:\nginx.exe`),
	})
	if len(res.Rows) != 1 || res.Rows[0].First("connections") != "1" || res.Rows[0].First("requests") != "" {
		t.Errorf("%v", res.Rows)
	}
}
