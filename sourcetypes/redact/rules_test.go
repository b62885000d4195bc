package redact

import (
	"fmt"
	"math/rand/v2"
	"regexp/syntax"
	"strings"
	"testing"
)

// sampler writes texts that a pattern matches.
type sampler struct{ *rand.Rand }

func (s sampler) text(re *syntax.Regexp) string {
	var b strings.Builder
	repeat := func(least, most int) {
		if most < 0 {
			most = least + 24
		}
		for range least + s.IntN(most-least+1) {
			b.WriteString(s.text(re.Sub[0]))
		}
	}
	switch re.Op {
	case syntax.OpLiteral:
		b.WriteString(string(re.Rune))
	case syntax.OpCharClass:
		var may []rune
		for r := '!'; r <= '~'; r++ {
			for i := 0; i < len(re.Rune); i += 2 {
				if r >= re.Rune[i] && r <= re.Rune[i+1] {
					may = append(may, r)
				}
			}
		}
		b.WriteRune(may[s.IntN(len(may))])
	case syntax.OpStar:
		repeat(0, -1)
	case syntax.OpPlus:
		repeat(1, -1)
	case syntax.OpQuest:
		repeat(0, 1)
	case syntax.OpRepeat:
		repeat(re.Min, re.Max)
	case syntax.OpAlternate:
		b.WriteString(s.text(re.Sub[s.IntN(len(re.Sub))]))
	case syntax.OpConcat, syntax.OpCapture:
		for _, sub := range re.Sub {
			b.WriteString(s.text(sub))
		}
	}
	return b.String()
}

// of writes what a rule's pattern matches and what of it is secret.
func (s sampler) of(t *testing.T, r *Rule) (all string) {
	t.Helper()
	re, err := syntax.Parse(r.Tail, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	for range 1000 {
		tail := s.text(re)
		if strings.ContainsAny(tail, "\"\\") || r.Looks != nil && !r.Looks([]byte(tail)) {
			continue
		}
		if r.Around != "" {
			return tail
		}
		return r.Prefixes[s.IntN(len(r.Prefixes))] + tail
	}
	t.Fatalf("%s: nothing its pattern matches looks as it should", r.Name)
	return ""
}

// TestRulesFindWhatTheySay: samples of every rule are hidden wherever they stand.
func TestRulesFindWhatTheySay(t *testing.T) {
	s := sampler{rand.New(rand.NewPCG(1, 9))}
	for _, r := range Rules {
		if r.Tail == "" || r.command != nil {
			continue
		}
		for range 20 {
			secret := s.of(t, r)
			for _, place := range []string{"%s", "got %s, rejected", `msg="no such x: %s" a=b`, `body="{\"x\": \"%s\"}"`, `{"x":"%s"}`, `GET "/v1/models?x=%s&y=1"`, "prompt=\"a\\n%s\\nb\"", "「%s」", "/x?q=a%%20%s%%20b", "(%s)"} {
				line := fmt.Sprintf(place, secret)
				if got := redacted(
					Default(),
					line,
				); !strings.Contains(got, maskHead) || len(got) > len(line)-len(secret)/3+2*len("[REDACTED:private_key]") ||
					strings.Contains(got, secret[len(secret)/2:]) {
					t.Errorf("%s: %s\nleaves %s", r.Name, line, got)
				}
			}
		}
	}
}

// TestRulesHaveSources: each rule says where it is from, and what no table has
// twice.
func TestRulesHaveSources(t *testing.T) {
	seen := map[string]string{}
	for _, r := range Rules {
		if r.Source == "" || r.Name == "" {
			t.Errorf("%+v has no source or no name", r)
		}
		for _, p := range r.Prefixes {
			if other := seen[p+r.Tail]; other != "" {
				t.Errorf("%s is in %s and %s", p, r.Name, other)
			}
			seen[p+r.Tail] = r.Name
		}
	}
}

// TestLinks: for each link, its example hides the value, quoted once more and
// twice, and as it stands.
func TestLinks(t *testing.T) {
	const secret = "Zx81kqPPw7"
	for _, l := range links {
		text := fmt.Sprintf(l.example, secret)
		for depth := range 3 {
			if got := redacted(Default(), text); strings.Contains(got, secret) || !strings.Contains(got, maskHead) {
				t.Errorf("%s, quoted %d times: %s\nleaves %s", l.name, depth, text, got)
			}
			text = "msg=" + fmt.Sprintf("%q", text)
		}
	}
}

// TestNames: what a name is, by its words.
func TestNames(t *testing.T) {
	for _, test := range []struct {
		names string
		want  string // the kind; empty: no secret's
	}{
		{"token HF_TOKEN accessToken x-auth-token csrftoken AUTH_TOKEN_V2", "token"},
		{"apiKey API_KEY openai-api-key SECRET_KEY_BASE VAULT_UNSEAL_KEY_1 vaultUnsealKey1 AccountKey sshPrivateKey", "key"},
		{"secret clientSecret WEBHOOK_SECRETS", "secret"},
		{"password PGPASSWORD smtp_pass LDAP_BIND_PW mysqlPwd DB_PASSWORD_FILE_CONTENT", "password"},
		{"max_token_count TOKEN_FILE token_url public_key sort_key cacheKey key keys monkey first_pass compass author keyboard secretary password_length password_reset_url tokenizer auth keyword KEY_ID pw", ""},
	} {
		for n := range strings.FieldsSeq(test.names) {
			var w words
			w.split([]byte(n))
			got, ok := nameOf(&w)
			if kind := got.kind.String(); (ok && !got.query) != (test.want != "") || test.want != "" && kind != test.want {
				t.Errorf("%s: %v %s, want %q", n, ok, kind, test.want)
			}
		}
	}
}
