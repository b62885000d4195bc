package detections

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"ollama-hec/splunk_app/simulate/spl"
)

// The rex that the community's searches take access lines apart with. It knows
// neither µs nor 8m44s; what it does know must not change.
const communityAccess = `\|\s+(?<status_code>\d+)\s+\|\s+(?<response_time>[\d\.]+[a-z]+)\s+\|\s+(?<src_ip>[\:\da-f\.]+)\s+\|\s+(?<http_method>\w+)\s+\"(?<uri_path>[^\"]+)\"`

// Searches in the manner of the community's, on all real lines: they find what
// a plain look at the text finds.
func TestCommunitySearches(t *testing.T) {
	tests := []struct {
		name, search string
		inText       string // pattern of the lines that are to be found
	}{
		{"access lines", "`ollama_server` \"*[GIN]*\"", `\[GIN\]`},
		{"access lines, by term", "`ollama_server` \"GIN\"", `(?i)\bgin(\b|_)`},
		{
			"access lines taken apart",
			"`ollama_server` \"GIN\" | rex field=_raw \"" + communityAccess + "\" | where isnotnull(status_code) AND isnotnull(uri_path)",
			`\[GIN\].*\|\s+\d+\s+\|\s+[\d.]+[a-z]+\s+\|`,
		},
		{
			"runner errors",
			"`ollama_server` level=ERROR (\"*llama runner*\" OR \"*model*\")",
			`level=ERROR.*(llama runner|model)`,
		},
		{"truncated prompts", "`ollama_server` level=WARN msg=\"*truncat*\"", `level=WARN.*msg="?[^"]*truncat`},
		{
			"memory of the cache",
			"`ollama_server` \"*llama_kv_cache*\" | rex \"size\\s+=\\s+(?<mib>[\\d.]+) MiB\" | where isnotnull(mib)",
			`llama_kv_cache.*size\s+=\s+[\d.]+ MiB`,
		},
		{
			"compute buffer",
			"`ollama_server` \"*compute buffer*\" | rex \"size\\s+=\\s+(?<mib>[\\d.]+) MiB\" | where isnotnull(mib)",
			`compute buffer.*size\s+=\s+[\d.]+ MiB`,
		},
		{"loaded runners", "`ollama_server` \"*loaded runners*\" | where count>=0", `msg="loaded runners" count=\d`},
		{
			"status, method and source as fields",
			"`ollama_server` status=404 http_method=GET src=127.0.0.1 dest=ollama-01",
			`\[GIN\].*\| 404 \|.*\s127\.0\.0\.1 \| GET `,
		},
	}
	var lines []line
	var fields []spl.Row
	for _, l := range corpus(t) {
		lines, fields = append(lines, l), append(fields, withAddOn.fields(l.event()))
	}
	for _, tt := range tests {
		s, err := spl.Compile(tt.search, environment())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		pattern := regexp.MustCompile(tt.inText)
		hits := 0
		for i, l := range lines {
			want := pattern.MatchString(l.text)
			if got := len(s.Run(fields[i:i+1]).Rows) > 0; got != want {
				t.Errorf("%s: found %v, want %v: %s", tt.name, got, want, l.text)
			}
			if want {
				hits++
			}
		}
		if hits == 0 {
			t.Logf("%s: the corpus holds no such line", tt.name)
		}
	}
}

// The fields that those searches read off lines that the corpus has none of.
func TestCommunityFields(t *testing.T) {
	raw, err := os.ReadFile(casesDir + "community.tsv")
	if err != nil {
		t.Fatal(err)
	}
	if len(raw) == 0 {
		t.Fatal("no cases")
	}
	for _, row := range tsv(t, casesDir+"community.tsv") {
		got := Fields(Event{Sourcetype: "ollama:server", Host: "ollama-01", Time: "1", Raw: row["line"]})
		for _, want := range strings.Split(row["fields"], "; ") {
			name, v, _ := strings.Cut(want, "=")
			if strings.Join(got[name], "|") != v {
				t.Errorf("%s is %q, want %q: %s", name, got[name], v, row["line"])
			}
		}
	}
}
