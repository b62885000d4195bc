package sourcetypes

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode/utf8"
)

func redacted(set Redact, text string) string {
	var hits [kinds]int64
	r := newRedactor(set, &hits)
	return string(r.apply([]byte(text), 0))
}

// TestCleanCorpus: with default settings only the two prompts that hold a made
// up secret change.
func TestCleanCorpus(t *testing.T) {
	for _, file := range logFiles(t) {
		if !strings.HasPrefix(file, corpusDir) {
			continue
		}
		log, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(log)) {
			line = strings.TrimSuffix(line, "\n")
			if got := redacted(DefaultRedact(), line); got != line && !strings.Contains(line, "jane.doe@example.com") {
				t.Errorf("%s: a clean line changed\nfrom %s\nto   %s", file, line, got)
			}
		}
	}
}

// TestPatternsSeeWhatWasWritten: a person writes a pattern for a text as it
// is, not as a log or JSON escapes it, and it holds in every sourcetype.
func TestPatternsSeeWhatWasWritten(t *testing.T) {
	o := defaults()
	patterns, err := ParsePatterns(
		`"ssn":"[^"]+"` + "\n" + `C:\\Users\\\w+` + "\n" + `^Dear \w+` + "\n" + `case\nnumber` + "\n" + `Größe \d`,
	)
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

// TestNoSecretSurvivesInPrompts: a prompt is shipped as text and, escaped, in
// the line itself. Neither may hold a secret, nor may a JSON text in it.
func TestNoSecretSurvivesInPrompts(t *testing.T) {
	const canary = "TK5abQ9xyz"
	for _, text := range []string{
		"Bearer\tTK5abQ9xyz", "Bearer\n\tTK5abQ9xyz", `Bearer "TK5abQ9xyz"`, "Authorization:\tBearer\tTK5abQ9xyz", "Authorization: Bearer 'TK5abQ9xyz'",
		"Authorization:\n  Basic TK5abQ9xyz", `Authorization: Digest username="a", response="TK5abQ9xyz"`,
		"AWS4-HMAC-SHA256 Credential=a/b,\n  SignedHeaders=host, Signature=TK5abQ9xyz", "curl 'https://h/?q=Authorization%3A%20Bearer%20TK5abQ9xyz'",
		"password:\nTK5abQ9xyz", "password:\r\n\tTK5abQ9xyz", "password =\tTK5abQ9xyz", "password: \"a \\\" TK5abQ9xyz\"", `password: 'a \'b\' TK5abQ9xyz'`, "password: `a TK5abQ9xyz`",
		`password=a"TK5abQ9xyz`, `password=a\"TK5abQ9xyz`, "password=<TK5abQ9xyz>", "<password>TK5abQ9xyz</password>", "curl --password\n  TK5abQ9xyz", "password: |\n  TK5abQ9xyz",
		"SECRET_KEY_BASE=TK5abQ9xyz", `{"token": "TK5abQ9xyz"}`, "{\n\t\"password\":\t\"TK5abQ9xyz\"\n}", "cookie: a=b;\tc=TK5abQ9xyz",
	} {
		var asJSON strings.Builder
		enc := json.NewEncoder(&asJSON)
		enc.SetEscapeHTML(false)
		if err := enc.Encode(map[string]string{"content": text}); err != nil {
			t.Fatal(err)
		}
		for _, prompt := range []string{text, "x\n" + text + "\ny", asJSON.String()} {
			for _, e := range normalize(t, defaults(), slogText(t, levelDebug, "chat request", "images", 0, "prompt", prompt)) {
				if strings.Contains(e.Body, canary) {
					t.Errorf("%q\nleaves it in %s", prompt, e.Body)
				}
			}
		}
	}
}

// FuzzRedactedLine: a slog line stays one, with the same keys.
func FuzzRedactedLine(f *testing.F) {
	for _, seed := range []string{
		`time=2026-11-21T19:15:41.541Z level=INFO source=a.go:1 msg="x \"password\":\"%s\" y"`,
		`msg="{\"name\": \"API_KEY\", \"value\": \"x1y2z3\"}" a=b`, `level=INFO msg="os.Setenv(\"A_KEY\", \"x1y2z3\")" k=v`,
		`OLLAMA_TOKEN=%s NEXT=1`, `env="map[A_KEY:%s B: C_SECRET:%s]" x=y`, `msg="Authorization: Bearer " a=b`, `msg="Cookie: a=b; c=d" x=1`,
		`msg="-----BEGIN PRIVATE KEY-----\nMII" a=b c="-----END PRIVATE KEY-----"`, `a="token" b="c" d=e`, `msg=token a="is: x1y2z3"`, `key="token", b="x1y2"`,
		`a="\"jane doe\"@example.com" b=c`, `msg="curl -u a:b" c=d`, `0="\\000\\000KEY\\\", \\\"vAlue\\\":\"00=0"`, `msg="mysql -p" c="d"`,
		`0="0KEY\\\",\\\"0000000000A0000\""`, `0="    -0000000000KEY000000 " 0=""`, `0=-0KEY 0=""`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		keys, ok := slogKeys(text)
		if !ok || len(text) > 2000 || !utf8.ValidString(text) {
			return
		}
		once := redacted(DefaultRedact(), text)
		if now, still := slogKeys(once); !still || now != keys {
			t.Errorf("no longer the same slog line: %q, of %q: keys %s, were %s", once, text, now, keys)
		}
	})
}

// keyBytes is what slog's keys are made of in Go programs.
const keyBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_."

// slogKeys lists the unquoted keys of a line that is one key=value after the other.
func slogKeys(line string) (keys string, ok bool) {
	b := []byte(line)
	i := 0
	for {
		f, next, more := nextField(b, i)
		if !more {
			return keys, i == len(b) && keys != ""
		}
		if f.quoted && f.value.to == len(b) {
			return "", false // cut short
		}
		if f.quoted && f.value.to+1 < len(b) && b[f.value.to+1] != ' ' {
			return "", false // slog writes a space between two
		}
		if f.quotedKey || len(f.key.of(b)) == 0 || strings.Trim(string(f.key.of(b)), keyBytes) != "" ||
			!f.quoted && (len(f.value.of(b)) == 0 || strings.ContainsAny(string(f.value.of(b)), `"\'=`)) {
			return "", false // nothing that slog writes
		}
		if !f.quoted && b[f.value.to-1] == ':' {
			return "", false // reads as a name before its secret: what follows is better hidden than kept
		}
		keys += string(f.key.of(b)) + " "
		i = next
	}
}
