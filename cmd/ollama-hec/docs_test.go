package main

import (
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/heartbeat"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/framing"
	"ollama-hec/sourcetypes"
)

var update = flag.Bool("update", false, "write what the code says into the pages")

// The tables in the pages are what the code says.
func TestPagesAreUpToDate(t *testing.T) {
	for _, p := range []struct {
		file, place string
		content     string
		varies      *regexp.Regexp // lines that may differ from run to run
	}{
		{"SETTINGS.md", "settings", settingsTable(), nil},
		{"DEMO.md", "demo", demoOutput(t), sent},
		{"../../sourcetypes/README.md", "operations", operationsTable(), nil},
		{"../../input/framing/README.md", "envelopes", envelopesTable(), nil},
	} {
		text, err := os.ReadFile(p.file)
		if err != nil {
			t.Fatal(err)
		}
		want, err := between(string(text), p.place, p.content)
		if err != nil {
			t.Fatalf("%s: %v", p.file, err)
		}
		if *update {
			if err := os.WriteFile(p.file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got := string(text)
		if p.varies != nil {
			want, got = p.varies.ReplaceAllString(want, ""), p.varies.ReplaceAllString(got, "")
		}
		if want != got {
			t.Errorf("%s is behind the code: go test ./cmd/ollama-hec -run Pages -update", p.file)
		}
	}
}

// The notes name every field of a health event.
func TestNotesNameEveryHealthField(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "That event, `"+heartbeat.Sourcetype+"`, is")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, f := range reflect.VisibleFields(reflect.TypeFor[heartbeat.Report]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !strings.Contains(section, "`"+name+"`") {
			t.Errorf("%s is missing", name)
		}
	}
}

// between puts content in the place of what stands between the comments of name.
func between(text, name, content string) (string, error) {
	begin, end := "<!-- "+name+": from the code -->\n", "<!-- end of "+name+" -->"
	before, rest, ok := strings.Cut(text, begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		return "", fmt.Errorf("no place for %s", name)
	}
	return before + begin + content + end + after, nil
}

func settingsTable() string {
	var t strings.Builder
	t.WriteString("| variable | flag | default | meaning |\n|---|---|---|---|\n")
	for _, r := range settings.All() {
		dflt, name := "", ""
		if r.Default != "" {
			dflt = "`" + r.Default + "`"
		}
		if r.Flag != "" {
			name = "`--" + r.Flag + "`"
		}
		fmt.Fprintf(&t, "| `%s` | %s | %s | %s |\n", strings.TrimPrefix(r.Env, settings.Prefix+"_"), name, dflt, r.Desc)
	}
	return t.String()
}

func operationsTable() string {
	var t strings.Builder
	t.WriteString("| method | path | api | operation |\n|---|---|---|---|\n")
	for r := range sourcetypes.Routes() {
		fmt.Fprintf(&t, "| %s | `%s` | %s | %s |\n", r.Methods, r.Path, r.API, r.Operation)
	}
	return t.String()
}

func envelopesTable() string {
	var t strings.Builder
	t.WriteString("| what | a line of it |\n|---|---|\n")
	for _, f := range framing.Forms() {
		fmt.Fprintf(&t, "| %s | `%s` |\n", f.Says, strings.ReplaceAll(strings.ReplaceAll(f.Sample, "|", `\|`), "\t", " "))
	}
	return t.String()
}

func demoOutput(t *testing.T) string {
	t.Helper()
	status, out, errOut := command(t, "", "demo")
	if status != 0 {
		t.Fatalf("demo: status %d: %s", status, errOut)
	}
	return "```\n$ make demo\n" + out + "```\n"
}

// sent is what of the demo depends on how the batches fell, and on the clock.
var sent = regexp.MustCompile(`(?m)^sent .*$| +\d+m?s$`)
