package sourcetypes

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestPatternsLeaveMasks(t *testing.T) {
	set := Redact{Secrets: true, Patterns: []*regexp.Regexp{regexp.MustCompile(`REDACTED|token|\d+`)}}
	const want = `a=[REDACTED:custom] X_TOKEN=[REDACTED:token] [REDACTED:custom]`
	got := redacted(set, `a=12 X_TOKEN=abc token`)
	if got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again := redacted(set, got); again != got {
		t.Errorf("a second run changed it to %s", again)
	}
}

// TestPatternsSeeWhatWasWritten: a person writes a pattern for a text as it
// is, not as a log or JSON escapes it, and it holds in every sourcetype.
func TestPatternsSeeWhatWasWritten(t *testing.T) {
	o := defaults()
	patterns, err := ParsePatterns(`"ssn":"[^"]+"` + "\n" + `C:\\Users\\\w+` + "\n" + `^Dear \w+` + "\n" + `case\nnumber` + "\n" + `Größe \d`)
	if err != nil {
		t.Fatal(err)
	}
	o.Redact.Patterns = patterns
	for _, test := range []struct{ line, want string }{
		{debugStamp + `msg="chat request" images=0 prompt="{\"ssn\":\"123-45\"} C:\\Users\\bob\n"`, debugStamp + `msg="chat request" images=0 prompt="{[REDACTED:custom]} [REDACTED:custom]\n"`},
		{debugStamp + `msg="chat request" images=0 prompt="Dear Jane, the case\nnumber"`, debugStamp + `msg="chat request" images=0 prompt="[REDACTED:custom], the [REDACTED:custom]"`},
		{debugStamp + `msg="chat request" images=0 prompt="Gr\u00f6\u00dfe 7 {\"p\":\"C:\\\\Users\\\\bob\"}"`, debugStamp + `msg="chat request" images=0 prompt="[REDACTED:custom] {\"p\":\"[REDACTED:custom]\"}"`},
		{debugStamp + `msg="chat request" images=0 prompt="cut C:\\Users\\bob`, debugStamp + `msg="chat request" images=0 prompt="cut [REDACTED:custom]`},
		{`5" wide: "C:\\Users\\bob" C:\Users\jane`, `5" wide: "[REDACTED:custom]" [REDACTED:custom]`},
		{`{"msg":"C:\\Users\\bob","password":"C:\\Users\\bob"}`, `{"msg":"[REDACTED:custom]","password":"[REDACTED:password]"}`},
		{strings.Replace(ginLine, "/api/tags", `/x?C:\\Users\\bob`, 1), strings.Replace(ginLine, "/api/tags", `/x?[REDACTED:custom]`, 1)},
	} {
		events := normalize(t, o, test.line)
		if events[0].Body != test.want {
			t.Errorf("%s\nbecomes %s\nwant    %s", test.line, events[0].Body, test.want)
		}
		for _, e := range events {
			if strings.Contains(e.Body, "bob") || strings.Contains(e.Body, "123-45") || strings.Contains(e.Body, "Jane") {
				t.Errorf("%v leaks: %s", e.Sourcetype, e.Body)
			}
		}
		if again := redacted(o.Redact, events[0].Body); again != events[0].Body {
			t.Errorf("a second run changes %s\nto %s", events[0].Body, again)
		}
	}
}

// FuzzUnquoteMapped: both ways to unquote agree.
func FuzzUnquoteMapped(f *testing.F) {
	for _, seed := range []string{`a\n\\\"b`, `\u00e9\x4`, `é\U0001f600\`, "\xff\\"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		plain, from := unquoteMapped(text, 7)
		if want := appendUnquoted(nil, text); string(plain) != string(want) {
			t.Fatalf("%q becomes %q, want %q", text, plain, want)
		}
		if len(from) != len(plain)+1 || from[len(plain)] != len(text)+7 || !slices.IsSorted(from) {
			t.Fatalf("%q comes from %v", text, from)
		}
	})
}
