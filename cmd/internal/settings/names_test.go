package settings

import (
	"testing"

	"github.com/spf13/pflag"
)

func TestSettingsAreCalledAsTheUserCallsThem(t *testing.T) {
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	AddFlags(fs)
	if err := fs.Parse([]string{"--ca-file=/x", "--state-dir=/y"}); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ text, given, argument string }{
		{"CA_FILE: open /x: no such file", "--ca-file: open /x: no such file", "ca_file: open /x: no such file"},
		{"OLLAMA_HEC_CA_FILE: open /x", "--ca-file: open /x", "ca_file: open /x"},
		{"CERT_FILE, KEY_FILE: two", "OLLAMA_HEC_CERT_FILE, OLLAMA_HEC_KEY_FILE: two", "cert_file, key_file: two"},
		{"PATHS: glob", "OLLAMA_HEC_PATHS: glob", "paths: glob"},
		{"state directory STATE_DIR=/y; set STATE_DIR to another", "state directory --state-dir=/y; set --state-dir to another",
			"state directory state_dir=/y; set state_dir to another"},
		{"set TOKEN (or TOKEN_FILE)", "set OLLAMA_HEC_TOKEN (or OLLAMA_HEC_TOKEN_FILE)", "set token (or token_file)"},
		{"a URL of OLLAMA_HEC_URL", "a URL of OLLAMA_HEC_URL", "a URL of url"},
		{`no settings: /x/PATHS, "PATHS", PATH, STATE_DIRECTORY, Host, CA_FILES`, `no settings: /x/PATHS, "PATHS", PATH, STATE_DIRECTORY, Host, CA_FILES`,
			`no settings: /x/PATHS, "PATHS", PATH, STATE_DIRECTORY, Host, CA_FILES`},
	} {
		if got := RenameIn(tt.text, FlagNames(fs)); got != tt.given {
			t.Errorf("got  %s\nwant %s", got, tt.given)
		}
		if got := RenameIn(tt.text, Argument); got != tt.argument {
			t.Errorf("got  %s\nwant %s", got, tt.argument)
		}
	}
}
