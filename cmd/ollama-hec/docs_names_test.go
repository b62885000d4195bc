package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/simulate/spl"
)

// What the documents call a flag, a setting or a metric is one, and the
// configuration and the searches they show can be read.
func TestNamesInTheDocuments(t *testing.T) {
	flags := map[string]bool{"--insecure": true, "--purge": true, "--set": true, "--help": true} // of curl, dpkg, helm and all
	var collectFlags func(*cobra.Command)
	collectFlags = func(cmd *cobra.Command) {
		for _, f := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(cmd.Flags().FlagUsages(), -1) {
			flags[f] = true
		}
		for _, c := range cmd.Commands() {
			collectFlags(c)
		}
	}
	collectFlags(newRoot(streams{}))
	variables := map[string]bool{splunkdToken: true}
	for _, r := range settings.All() {
		variables[r.Env] = true
	}
	var source strings.Builder
	sources, err := filepath.Glob("../internal/metrics/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, doc := range documents(t) {
		text := readDocument(t, doc)
		for _, name := range regexp.MustCompile(`OLLAMA_HEC_[A-Z][A-Z_]*[A-Z]`).FindAllString(text, -1) {
			if !variables[name] {
				t.Errorf("%s: there is no setting %s", doc, name)
			}
		}
		for _, name := range regexp.MustCompile(`ollama_hec_[a-z_]+[a-z]`).FindAllString(text, -1) {
			name = strings.TrimSuffix(name, "_bucket") // of a histogram
			if !strings.Contains(source.String(), `"`+strings.TrimPrefix(name, "ollama_hec_")+`"`) &&
				!strings.Contains(source.String(), `"`+name+`"`) {
				t.Errorf("%s: there is no metric %s", doc, name)
			}
		}
		for _, s := range snippets(doc, text) {
			name, value, given := strings.Cut(s.text, "=")
			switch {
			case s.inline && strings.HasPrefix(s.text, "--"):
				for _, f := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(s.text, -1) {
					if !flags[f] {
						t.Errorf("%s:%d: there is no flag %s", doc, s.line, f)
					}
				}
			case s.inline && given && variables[settings.Prefix+"_"+name]:
				if err := new(settings.Settings).Set(name, value); err != nil {
					t.Errorf("%s:%d: %v", doc, s.line, err)
				}
			case s.kind() == conf && !s.inline:
				if _, err := knowledge.ParseConf(s.text); err != nil {
					t.Errorf("%s:%d: %v", doc, s.line, err)
				}
			case s.kind() == search && !s.inline:
				if _, err := spl.Compile(strings.ReplaceAll(s.text, "now()", "0"), spl.Env{}); err != nil {
					t.Errorf("%s:%d: %v", doc, s.line, err)
				}
			}
		}
	}
}
