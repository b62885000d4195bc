package file

import (
	"strings"
	"testing"
)

// Patterns that are separated by something else than commas match nothing: the hint shows them with
// commas. A name with blanks in it is left alone.
func TestPatternsThatAreSeparatedOtherwise(t *testing.T) {
	for glob, want := range map[string]string{
		"/a.log /b.log":                    "/a.log,/b.log",
		"/a.log;/b.log":                    "/a.log,/b.log",
		"/a/*.log ; /b/**;":                "/a/*.log,/b/**",
		"/a.log\n/b.log\n":                 "/a.log,/b.log",
		"/a.log:/b.log":                    "/a.log,/b.log",
		"/a.log|~/b.log":                   "/a.log,~/b.log",
		"/w/a.log b.log c-*":               "/w/a.log,b.log,c-*",
		`C:\a.log;C:\b.log`:                `C:\a.log,C:\b.log`,
		"/l/server.log;/l/a b.log":         "/l/server.log,/l/a b.log",
		"/l/a b.log /l/c.log":              "/l/a b.log,/l/c.log",
		"/a.log，/b.log":                    "/a.log,/b.log",
		"/a.log、/b.log":                    "/a.log,/b.log",
		"/a.log":                           "",
		"/a.log b":                         "",
		"/Users/a/My Logs/server.log":      "",
		"/var/log/ollama old/*.log":        "",
		`C:\Program Files\Ollama\app.log`:  "",
		"/var/log/a:b.log":                 "",
		"/var/log/{a b,c}.log":             "",
		"/srv/it's; really/odd/server.log": "",
	} {
		got := HintUnmatched(glob)
		if want == "" && got != "" || want != "" && !strings.HasSuffix(got, "by commas in PATHS: "+want) {
			t.Errorf("%q: %s", glob, got)
		}
	}
}

// What a shell or a browser would read as a path is named for what it is.
func TestPathsWrittenForSomethingElse(t *testing.T) {
	for glob, want := range map[string]string{
		`"/a b.log"`:              "leave out the quotation marks in PATHS: /a b.log",
		`'/a/*.log'`:              "leave out the quotation marks in PATHS: /a/*.log",
		"“/a.log”":                "leave out the quotation marks in PATHS: /a.log",
		"file:///a/server.log":    "write the path alone in PATHS, without file: /a/server.log",
		`"file:///a/server.log"`:  "write the path alone in PATHS, without file: /a/server.log",
		"/srv/file:/a/server.log": "write the path alone in PATHS, without file: /a/server.log",
		`/srv/"/a/server.log"`:    "leave out the quotation marks in PATHS: /a/server.log",
		`/srv/"server.log"`:       "leave out the quotation marks in PATHS: server.log",
		"/srv/~/server.log":       "write the whole path in PATHS: neither ~ nor a variable is replaced there",
		"~/.ollama/logs/*.log":    "write the whole path in PATHS: neither ~ nor a variable is replaced there",
		"$HOME/server.log":        "write the whole path in PATHS: neither ~ nor a variable is replaced there",
		"${HOME}/server.log":      "write the whole path in PATHS: neither ~ nor a variable is replaced there",
		`%LOCALAPPDATA%\*.log`:    "write the whole path in PATHS: neither ~ nor a variable is replaced there",
		"/srv/100%/a$/it's/a.log": "",
		"/srv/a~/b%20c.log":       "",
		`/srv/"odd"/a.log`:        "",
		"/srv/~a/profile.log":     "",
	} {
		if got := HintUnmatched(glob); got != want {
			t.Errorf("%s: %s", glob, got)
		}
	}
}
