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
		"/a.log":                           "",
		"/Users/a/My Logs/server.log":      "",
		"/var/log/ollama old/*.log":        "",
		`C:\Program Files\Ollama\app.log`:  "",
		"/var/log/a:b.log":                 "",
		"/var/log/{a b,c}.log":             "",
		"/srv/it's; really/odd/server.log": "",
	} {
		got := HintSeveral(glob)
		if want == "" && got != "" || want != "" && !strings.HasSuffix(got, "by commas in PATHS: "+want) {
			t.Errorf("%q: %s", glob, got)
		}
	}
}
