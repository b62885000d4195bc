package settings

import (
	"bytes"
	"log/slog"
	"strings"
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

// A hint names the source that a value came from: a flag, a variable, a file of variables, or an argument
// of a stanza. The message stays.
func TestHintsNameWhereTheValueCameFrom(t *testing.T) {
	fs := pflag.NewFlagSet("run", pflag.ContinueOnError)
	AddFlags(fs)
	fs.String(EnvFileFlag, "", "")
	if err := fs.Parse([]string{"--index=i"}); err != nil {
		t.Fatal(err)
	}
	for _, variable := range []string{"OLLAMA_HEC_PATHS", "OLLAMA_HEC_INDEX", "OLLAMA_HEC_ACK"} {
		if err := FromFile(fs, variable, "/x.env"); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct{ hint, given, stanza string }{
		{"correct PATHS, or leave PATHS out", "correct OLLAMA_HEC_PATHS (in /x.env), or leave OLLAMA_HEC_PATHS out",
			"correct paths, or leave paths out"},
		{"set OLLAMA_HEC_INDEX to another", "set --index to another", "set index to another"}, // the flag counts
		{"set ACK=off", "set OLLAMA_HEC_ACK=off", "set ack=off"},
		{"raise DRAIN_TIMEOUT", "raise OLLAMA_HEC_DRAIN_TIMEOUT", "raise DRAIN_TIMEOUT"},
	} {
		for _, as := range []struct {
			call Caller
			want string
		}{{FlagNames(fs), tt.given}, {OneOf([]string{"paths", "index", "ack"}), tt.stanza}} {
			var out bytes.Buffer
			log := slog.New(WithHints(slog.NewTextHandler(&out, nil), as.call))
			log.Info("no file matches PATHS", "hint", tt.hint)
			log.With("hint", tt.hint).WithGroup("g").Info("no file matches PATHS")
			if said := out.String(); strings.Count(said, "no file matches PATHS") != 2 || strings.Count(said, as.want) != 2 {
				t.Errorf("%s: want %q in\n%s", tt.hint, as.want, said)
			}
		}
	}
}
