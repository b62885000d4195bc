package detections

import (
	"fmt"
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/simulate/spl"
)

func accessLine(src string) Event {
	return Event{Sourcetype: "ollama:server", Host: "gpu-1", Time: "1767773642",
		Raw: fmt.Sprintf(`[GIN] 2026/01/07 - 09:14:02 | 200 |    6.0018187s | %15s | POST     "/api/pull?x=1"`, src)}
}

func apiEvent(src string) Event {
	member := ""
	if src != "" {
		member = fmt.Sprintf(`"src":%q,`, src)
	}
	return Event{
		Sourcetype: "ollama:api",
		Host:       "gpu-1",
		Time:       "1767773642",
		Raw:        `{"origin":"access_log",` + member + `"http_method":"POST","uri_path":"/api/pull","uri_query":"x=1","status":200,"response_time_ms":6001.8187,"api":"ollama","operation":"pull"}`,
	}
}

// Which sources are external, however the request arrived.
func TestExternalSources(t *testing.T) {
	tests := map[string]bool{
		"203.0.113.77":            true,
		"9.255.255.255":           true,
		"10.0.0.0":                false,
		"10.255.255.255":          false,
		"11.0.0.0":                true,
		"100.63.255.255":          true,
		"100.64.0.1":              false,
		"100.127.255.255":         false,
		"100.128.0.0":             true,
		"127.0.0.1":               false,
		"127.9.9.9":               false,
		"169.254.169.254":         false,
		"172.15.255.255":          true,
		"172.16.0.1":              false,
		"172.31.255.255":          false,
		"172.32.0.0":              true,
		"192.168.1.40":            false,
		"192.169.0.1":             true,
		"0.0.0.0":                 false,
		"":                        false,
		"-":                       false,
		"::1":                     false,
		"::2":                     true,
		"fe80::1":                 false,
		"fe80::1%eth0":            false,
		"febf::1":                 false,
		"fec0::1":                 true,
		"fc00::1":                 false,
		"fdff::1":                 false,
		"FD00::1":                 false,
		"ff02::1":                 false,
		"2001:db8:bad::17":        true,
		"::ffff:10.1.2.3":         false,
		"::FFFF:127.0.0.1":        false,
		"0:0:0:0:0:ffff:10.1.2.3": false,
		"::ffff:203.0.113.9":      true,
		"::ffff:0.0.0.0":          false,
		"2001:db8::ffff:10.0.0.1": true, // ends like a mapped address, but is none
	}
	arrivals := map[string]func(string) []Event{
		"access line": func(src string) []Event { return []Event{accessLine(src)} },
		"ollama:api":  func(src string) []Event { return []Event{apiEvent(src)} },
		"both":        func(src string) []Event { return []Event{accessLine(src), apiEvent(src)} },
	}
	for _, s := range splunks(t) {
		access := externalAccess().on(t, s)
		for arrival, events := range arrivals {
			for src, want := range tests {
				found := access(events(src)...)
				switch {
				case len(found) > 0 != want:
					t.Errorf("%s, %s: %q is reported %v, want %v", s.name, arrival, src, len(found) > 0, want)
				case want && (len(found) != 1 || found[0].Row["requests"][0] != "1"):
					t.Errorf("%s, %s: %q: %v, want one request", s.name, arrival, src, found)
				}
			}
		}
	}
}

// A request that arrives twice is one; where one kind of event has more, its count holds.
func TestExternalRequestsCount(t *testing.T) {
	repeat := func(n int, e Event) (list []Event) {
		for i := range n {
			e.Time = fmt.Sprint(1767773642 + i)
			list = append(list, e)
		}
		return list
	}
	tests := []struct {
		lines, api int
		want       string
	}{{3, 3, "3"}, {3, 0, "3"}, {0, 3, "3"}, {2, 5, "5"}, {5, 2, "5"}}
	for _, tt := range tests {
		events := append(repeat(tt.lines, accessLine("203.0.113.7")), repeat(tt.api, apiEvent("203.0.113.7"))...)
		found := externalAccess().Run(append(events, accessLine("192.168.1.5")))
		if len(found) != 1 || found[0].Row["requests"][0] != tt.want {
			t.Fatalf("%d lines and %d ollama:api: %v, want %s requests", tt.lines, tt.api, found, tt.want)
		}
		row := spl.Row(found[0].Row)
		if got := strings.Join(
			[]string{
				row.First("src"),
				row.First("http_method"),
				row.First("uri_path"),
				row.First("status"),
				row.First("last_request"),
			},
			" ",
		); got[:len("203.0.113.7 POST /api/pull 200 2026-01-07 08:14:")] != "203.0.113.7 POST /api/pull 200 2026-01-07 08:14:" {
			t.Errorf("found %s", got)
		}
		if len(row["uri_path"]) != 1 {
			t.Errorf("the two kinds of event disagree on the path: %q", row["uri_path"])
		}
	}
}

// What the path of a request, or a prompt, says of itself is not believed.
func TestExternalAccessIsNotForged(t *testing.T) {
	for _, raw := range []string{
		`[GIN] 2026/01/07 - 09:14:02 | 404 |       5.308µs |       127.0.0.1 | GET      "/x?src=203.0.113.9"`,
		`[GIN] 2026/01/07 - 09:14:02 | 404 |       5.308µs |       127.0.0.1 | GET      "/x\n[GIN] 2026/01/07 - 09:14:02 | 200 | 1s | 203.0.113.9 | GET \"/y\""`,
		`time=2026-01-07T09:14:02.120Z level=DEBUG source=routes.go:229 msg="generate request" prompt="[GIN] 2026/01/07 - 09:14:02 | 200 | 1s | 203.0.113.9 | GET \"/y\""`,
		`[GIN-debug] GET    /api/tags                 --> server.(*Server).ListHandler-fm (5 handlers)`,
		`[GIN] 2026/01/07 - 09:14:02 | 200 |       5.308µs |                 | GET      "/api/tags?203.0.113.9"`,
	} {
		if found := externalAccess().Run(
			[]Event{{Sourcetype: "ollama:server", Host: "h", Time: "1", Raw: raw}},
		); len(
			found,
		) > 0 {
			t.Errorf("%s is reported: %s", raw, found[0].Text)
		}
	}
}

// A range in the lookup is trusted, IPv4 and IPv6 alike.
func TestTrustedRanges(t *testing.T) {
	table, err := spl.ReadLookup(
		strings.NewReader("range,comment\n203.0.113.0/24,\n2001:db8:a::/48,office\n198.51.100.7,one host\n"),
		spl.Matching{CIDR: []string{"range"}},
	)
	if err != nil {
		t.Fatal(err)
	}
	env := environment()
	env.Lookups = map[string]*spl.Lookup{TrustedRanges.Name: table}
	search, err := spl.Compile(externalAccess().Search, env)
	if err != nil {
		t.Fatal(err)
	}
	for src, trusted := range map[string]bool{
		"203.0.113.9": true, "2001:db8:a::1": true, "::ffff:203.0.113.9": true, "198.51.100.7": true,
		"203.0.114.9": false, "2001:db8:b::1": false, "198.51.100.8": false,
	} {
		res := search.Run([]spl.Row{knowledge.Unconfigured(accessLine(src))})
		if len(res.Rows) == 0 != trusted {
			t.Errorf("%s: trusted %v, want %v", src, !trusted, trusted)
		}
	}
}

// Every request of the corpus from outside is found, and no other.
func TestExternalAccessInCorpus(t *testing.T) {
	var events []Event
	want := make(map[string]int)
	for _, l := range corpus(t) {
		events = append(events, l.event())
		for _, src := range []string{"203.0.113.77", "198.51.100.23", "2001:db8:bad::17"} {
			if strings.HasPrefix(l.text, "[GIN]") && strings.Contains(l.text, " "+src+" |") {
				want[src]++
			}
		}
	}
	found := externalAccess().Run(events)
	if len(found) != len(want) {
		t.Errorf("%d sources, want %d", len(found), len(want))
	}
	for _, f := range found {
		if src := f.Row["src"][0]; f.Row["requests"][0] != fmt.Sprint(want[src]) || want[src] == 0 {
			t.Errorf("%s: %v requests, want %d", src, f.Row["requests"], want[src])
		}
	}
}
