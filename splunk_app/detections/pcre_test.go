package detections

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	splunkapp "ollama-hec/splunk_app"
	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/simulate/pcre"
)

// Splunk's limits for a regular expression of a search or an extraction:
// limits.conf, [rex] and [kv], match_limit and depth_limit.
const splunksLimits = "(*LIMIT_MATCH=100000)(*LIMIT_DEPTH=1000)"

// escapes are as many as a client may put into what Ollama logs in quotes.
const escapes = 20000

// hostileEvents are what a client makes Ollama log to get past an extraction.
func hostileEvents() map[string]string {
	stamp := `time=2026-11-21T19:15:41.541Z level=WARN source=images.go:730 msg=`
	many := func(s string) string { return strings.Repeat(s, escapes) }
	return map[string]string{
		"path of escapes": `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 203.0.113.9 | GET      "/` + many(`\"`) + `"`,
		"query of escapes": `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 203.0.113.9 | GET      "/api/tags?` +
			many(`\"`) + `"`,
		"path of a megabyte":      `[GIN] 2026/11/21 - 19:12:19 | 404 | 1.5ms | 203.0.113.9 | GET      "/` + strings.Repeat(`\x00`, 250_000) + `"`,
		"query of a megabyte":     `[GIN] 2026/11/21 - 19:12:19 | 200 | 1.5ms | 203.0.113.9 | GET      "/api/tags?` + strings.Repeat(`\"`, 500_000) + `"`,
		"message of a megabyte":   stamp + `"a lookup of ` + strings.Repeat(`\"`, 500_000) + `" error=timeout`,
		"error behind a megabyte": stamp + `"cannot pull" model="` + strings.Repeat(`\"`, 500_000) + `" error="i/o timeout"`,
		"path of NULs":            `[GIN] 2026/11/21 - 19:12:19 | 404 | 1.5ms | 203.0.113.9 | GET      "/` + many(`\x00`) + `"`,
		"message of escapes": stamp + `"request failed: Get \"https://a/` + many(
			`\"`,
		) + `\": dial tcp: connection refused"`,
		"error of escapes": stamp + `"cannot pull" error="Get \"https://a/` + many(`\"`) + `\": EOF"`,
		"error behind escapes": stamp + `"cannot pull" model="` + many(
			`\"`,
		) + `" error="dial tcp 192.0.2.1:443: i/o timeout"`,
		"words of the network": stamp + `"` + many(`tcp http: `) + `x"`,
		"deadlines":            stamp + `"` + many(`lookup a on b `) + `x"`,
		"pairs":                stamp + `x` + many(` a=b`),
		"quoted keys":          stamp + `x` + many(` "a b"="c d"`),
		"open quotes":          stamp + many(` "`),
		"go log":               `2024/01/08 11:22:33 images.go:1137: request failed: Get "https://` + many(`\"`) + `": EOF`,
		"runner":               many(`\"key\":\"value, `),
		"runners":              stamp + `"` + many(`runner process has terminated `) + `"`,
		"endings":              stamp + `"runner terminated` + many(` exit status `) + `"`,
		"origins":              stamp[:len(stamp)-4] + `msg="server config" env="map[OLLAMA_ORIGINS:[` + many(`[a] * `),
		"remotes":              stamp[:len(stamp)-4] + `msg="server config" env="map[` + many(`OLLAMA_REMOTES:[a `),
		"override":             stamp + `"cloud base URL override enabled" url="` + many(`\"`) + `" error="` + many(`\"`),
		"registries":           stamp + `"request failed: ` + many(`Get \"http://a/v2`) + `"`,
		"redirects":            stamp + `"` + many(`Get \"http://a\": redirect `) + `"`,
		"realms":               stamp + `"` + many(`realm host `) + `"`,
		"listening":            stamp + `"Listening on ` + many(`[`) + `"`,
		"recovery":             `2026/11/21 19:12:19 [Recovery] ` + many(`2026/11/21 - 19:12:19 panic `),
		"prompt":               `{"origin":"capture","prompt":"` + many(`\"ignore all your `) + `"}`,
		"model":                `{"origin":"capture","uri_path":"/api/pull","model":"` + many(`a/`) + `"}`,
	}
}

// part is how much of an event a pattern looks at: all of it, what lineOf leaves, or what a
// search leaves of a long field.
type part int

const (
	whole part = iota
	line100k
	field8k
)

func (p part) of(text string) string {
	switch {
	case p == line100k:
		return text[:min(len(text), 100_000)]
	case p == field8k && len(text) > 8000:
		return text[:4000] + " … " + text[len(text)-4000:]
	}
	return text
}

// pattern is a regular expression as it is shipped.
type pattern struct {
	where, text string
	part        part
}

var (
	// literal is a text in quotes of a search or of an EVAL; every pattern is one.
	literal = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
	// onLine is a rex that looks at what lineOf leaves.
	onLine = regexp.MustCompile(`\| rex field=line "((?:[^"\\]|\\.)*)"`)
	// onWhole is a rex or a function that looks at the whole event, or at a field of it that no search cuts.
	onWhole = regexp.MustCompile(
		`(?:\| rex |\| rex field=(?:model|version) |(?:match|replace)\((?:replace\()?(?:_raw|path|model|client|line_src|line_path|origins|remotes|called_url|text), )"((?:[^"\\]|\\.)*)"`,
	)
)

// shippedPatterns are all regular expressions of the add-on, and texts of
// searches that look like one.
func shippedPatterns(t *testing.T) (all []pattern) {
	t.Helper()
	collect := func(where, text string, re *regexp.Regexp, part part) {
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			if strings.HasPrefix(m[1], `\1`) || strings.HasPrefix(m[1], "*") { // a replacement, a wildcard
				continue
			}
			if _, err := pcre.Compile(m[1]); err == nil { // else a text: every pattern was compiled to get here
				all = append(all, pattern{where, strings.ReplaceAll(m[1], `\"`, `"`), part})
			}
		}
	}
	defer func() {
		seen := make(map[pattern]bool) // searches share much
		all = slices.DeleteFunc(all, func(p pattern) bool {
			key := pattern{text: p.text, part: p.part}
			again := seen[key]
			seen[key] = true
			return again
		})
	}()
	for _, d := range All() {
		collect(d.Name, d.Search, onWhole, whole)
		collect(d.Name, d.Search, onLine, line100k)
		collect(d.Name, onLine.ReplaceAllString(onWhole.ReplaceAllString(d.Search, ""), ""), literal, field8k)
	}
	for _, name := range []string{"props", "transforms"} {
		text, err := splunkapp.Tree.ReadFile("default/" + name + ".conf")
		if err != nil {
			t.Fatal(err)
		}
		conf, err := knowledge.ParseConf(string(text))
		if err != nil {
			t.Fatal(err)
		}
		for _, stanza := range conf {
			for key, value := range stanza.Keys {
				where := name + ".conf [" + stanza.Name + "] " + key
				switch kind, _, _ := strings.Cut(key, "-"); kind {
				case "EXTRACT", "REGEX", "LINE_BREAKER", "EVENT_BREAKER", "TIME_PREFIX":
					all = append(all, pattern{where, value, whole})
				case "EVAL":
					collect(where, value, literal, whole)
				}
			}
		}
	}
	return all
}

// No event that a client can cause makes a shipped regular expression give up
// under Splunk's limits: it would extract nothing, and a search might fail as a
// whole. PCRE2 itself says so, where its test program is installed.
func TestPatternsStayWithinSplunksLimits(t *testing.T) {
	program, err := exec.LookPath("pcre2test")
	if err != nil {
		t.Skip("pcre2test is not installed (Debian: pcre2-utils)")
	}
	patterns, events := shippedPatterns(t), hostileEvents()
	if len(patterns) < 40 {
		t.Fatalf("only %d patterns found", len(patterns))
	}
	names := slices.Sorted(maps.Keys(events))
	for _, p := range patterns {
		var input bytes.Buffer
		fmt.Fprintf(&input, "/%s/hex,subject_literal\n", hex.EncodeToString([]byte(splunksLimits+p.text)))
		for _, name := range names {
			event := p.part.of(events[name])
			input.WriteString(event + "\n")
		}
		cmd := exec.CommandContext(t.Context(), program, "-q")
		cmd.Stdin = &input
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%.500s", p.where, err, out)
		}
		said := verdict.FindAllString(string(out), -1)
		if len(said) != len(names) {
			t.Fatalf("%s: %d answers for %d events: %q\n%.300s", p.where, len(said), len(names), p.text, out)
		}
		for i, answer := range said {
			if strings.HasPrefix(answer, "Failed") {
				t.Errorf("%s on %s: %s\n%s", p.where, names[i], answer, p.text)
			}
		}
	}
}

// verdict is what pcre2test says of an event.
var verdict = regexp.MustCompile(`(?m)^(?: 0: |No match|Failed: .*)`)

// What a client makes as long as it can is found all the same.
func TestLongLinesAreFound(t *testing.T) {
	events := hostileEvents()
	server := func(raw string) Event {
		return Event{Sourcetype: "ollama:server", Host: "gpu-1", Time: "1800000000", Raw: raw}
	}
	for _, name := range []string{"path of a megabyte", "query of a megabyte"} {
		if found := externalAccess().Run([]Event{server(events[name])}); len(found) != 1 {
			t.Errorf("%s: %d results of external access", name, len(found))
		}
	}
	long := strings.Replace(events["message of a megabyte"], "a lookup of ", "dial tcp: lookup evil.example: no such host ", 1)
	if found := networkFailure().Run([]Event{server(long)}); len(found) != 1 || found[0].Row["kinds"][0] != "dns" {
		t.Errorf("a failure in front of a megabyte: %v", found)
	}
}
