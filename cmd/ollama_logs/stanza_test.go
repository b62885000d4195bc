package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/modinput/modinputtest"
)

func TestValidation(t *testing.T) {
	notPEM := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(notPEM, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	const url = "https://splunk:8088"
	tests := []struct {
		name   string
		params []string
		want   []string // parts of the message; none: valid
	}{
		{"defaults", nil, nil},
		{"empty values", []string{"paths", "", "start", " ", "output", "", "url", "", "ack", ""}, nil},
		{
			"every argument",
			[]string{
				"paths",
				"/var/log/ollama/**/*.log, /srv/{a,b}.log",
				"journal_unit",
				"ollama",
				"start",
				"end",
				"timezone",
				"Europe/Berlin",
				"api_events",
				"off",
				"prompts",
				"full",
				"redact",
				"emails",
				"skip",
				"access,runner",
				"connections",
				"first",
				"output",
				"hec",
				"url",
				url + "," + url,
				"ack",
				"on",
			},
			nil,
		},
		{
			"what every input has",
			[]string{"interval", "60", "sourcetype", "x", "source", "y", "python.version", "python3"},
			nil,
		},
		{"connections", []string{"connections", "some"}, []string{"connections is", `"some"`, "off, first or all"}},
		{"glob", []string{"paths", "/var/log/[.log"}, []string{"paths: ", `"/var/log/[.log"`, "it takes *, **"}},
		{"relative glob", []string{"paths", "logs/*.log"}, []string{"paths: ", `"logs/*.log"`, exampleGlob}},
		{"pipe", []string{"paths", "-"}, []string{"paths: ", `"-"`, exampleGlob}},
		{"start", []string{"start", "middle"}, []string{"start: ", `"middle"`, "beginning or end"}},
		{"zone", []string{"timezone", "Berlin"}, []string{"timezone: ", `"Berlin"`, "Europe/Berlin"}},
		{"switch", []string{"api_events", "maybe"}, []string{"api_events: ", `"maybe"`, "off or on"}},
		{"prompts", []string{"prompts", "some"}, []string{"prompts: ", `"some"`, "redacted, full or off"}},
		{"redact", []string{"redact", "names"}, []string{"redact: ", `"names"`, "secrets and emails"}},
		{"skip", []string{"skip", "all"}, []string{"skip: ", `"all"`, "access, runner and startup"}},
		{
			"answers without a code and acknowledgment",
			[]string{"output", "hec", "url", url, "ack", "on", "accept_without_code", "on"},
			[]string{"accept_without_code: ", "ack=on"},
		},
		{"ack", []string{"ack", "yes"}, []string{"ack: ", `"yes"`, "auto or on or off"}},
		{"output", []string{"output", "stdout"}, []string{"output is", `"stdout"`, "splunkd or hec"}},
		{"no url", []string{"output", "hec"}, []string{"needs url", url}},
		{"empty url", []string{"output", "hec", "url", " , "}, []string{"url: ", url}},
		{"url", []string{"output", "hec", "url", url + ",splunk:8088"}, []string{"url: ", `"splunk:8088"`, url}},
		{"url with a password", []string{"output", "hec", "url", "https://a:hunter2@splunk:8088"}, []string{"url: ", url}},
		{
			"no certificate",
			[]string{"output", "hec", "url", url, "ca_file", notPEM},
			[]string{" ca_file: ", notPEM, "want a file of PEM"},
		},
		{
			"no such file",
			[]string{"output", "hec", "url", url, "ca_file", notPEM + "x"},
			[]string{" ca_file: ", notPEM + "x", "want a file of PEM"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stanza("a", tt.params...)
			s.Name = "a"
			got := splunk(t).Validate(t, s)
			if tt.want == nil {
				if got != (modinputtest.Reply{}) {
					t.Errorf("got %+v", got)
				}
				return
			}
			if got.Exit != modinput.ExitFailed || !strings.HasPrefix(got.Stdout, "<error><message>") ||
				strings.Contains(got.Stderr, "hunter2") {
				t.Errorf("got %+v", got)
			}
			for _, part := range tt.want {
				if !strings.Contains(got.Stderr, part) {
					t.Errorf("%q is not in %s", part, got.Stderr)
				}
			}
		})
	}
}

// A stanza in a conf file is judged when it runs: nobody has validated it.
func TestARunJudgesItsStanza(t *testing.T) {
	p := splunk(t).Start(t, stanza("a", "prompts", "some"))
	p.AwaitLog(`ERROR prompts: got "some", want redacted, full or off`)
	if exit := p.Stop(); exit != modinput.ExitFailed {
		t.Errorf("exit %d", exit)
	}
}

func TestStateDirectoriesAreApart(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]string{}
	for _, name := range []string{"a", "A", "a b", "a/b", "a_b", `a\b`, "a:b", "..", "/", "", "con", "é", "e",
		strings.Repeat("x", 300), strings.Repeat("x", 301)} {
		got, err := stateDir(dir, &modinput.Stanza{Name: "ollama_logs://" + name})
		if err != nil {
			t.Fatal(err)
		}
		if filepath.Dir(got) != dir || len(filepath.Base(got)) > 60 ||
			strings.Trim(filepath.Base(got), "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Errorf("%q is kept in %s", name, got)
		}
		if other, taken := seen[got]; taken {
			t.Errorf("%q and %q share %s", name, other, got)
		}
		seen[got] = name
	}
	if _, err := stateDir("", &modinput.Stanza{Name: "a"}); err == nil {
		t.Error("no checkpoint directory, and no error")
	}
}
