// Package oracle measures package redact against the rules of gitleaks, which
// others wrote for other texts. It is a module of its own: what it needs is no
// part of the product.
package oracle

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/viper"
	"github.com/zricethezav/gitleaks/v8/cmd/generate/config/utils"
	"github.com/zricethezav/gitleaks/v8/cmd/generate/secrets"
	"github.com/zricethezav/gitleaks/v8/config"

	"ollama-hec/sourcetypes/redact"
)

// samples is how many secrets are made of each rule.
const samples = 20

// beyond are rules for what the contract does not name: no prefix, no name.
var beyond = map[string]string{
	"pkcs12-file":              "a file by its name",
	"facebook-access-token":    "a number, a bar and a word",
	"kubernetes-secret-yaml":   "a manifest over many lines",
	"sourcegraph-access-token": "also any 40 hexadecimal digits",
	"sumologic-access-id":      "an id, by the name of its vendor",
	"adobe-client-id":          "an id, not a secret",
	"asana-client-id":          "an id, not a secret",
	"bitbucket-client-id":      "an id, not a secret",
	"discord-client-id":        "an id, not a secret",
	"linkedin-client-id":       "an id, not a secret",
	"looker-client-id":         "an id, not a secret",
	"messagebird-client-id":    "an id, not a secret",
	"plaid-client-id":          "an id, not a secret",
}

func rules(t *testing.T) map[string]config.Rule {
	t.Helper()
	viper.SetConfigType("toml")
	if err := viper.ReadConfig(strings.NewReader(config.DefaultConfig)); err != nil {
		t.Fatal(err)
	}
	var vc config.ViperConfig
	if err := viper.Unmarshal(&vc); err != nil {
		t.Fatal(err)
	}
	c, err := vc.Translate()
	if err != nil {
		t.Fatal(err)
	}
	return c.Rules
}

// sample is a text with a secret in it.
type sample struct{ text, secret string }

var semiGeneric = regexp.MustCompile(`^(?:\(\?i\))?\[\\w\.-\]\{0,50\}\?\((?:\?i)?\??:`)

// samplesOf makes texts of a rule. Where the rule looks for the name of a
// vendor, they are those that gitleaks tests such rules with: the secret is
// assigned to a token of that name. Else the pattern is the form of the secret.
func samplesOf(t *testing.T, r config.Rule) (out []sample) {
	t.Helper()
	pattern := r.Regex.String()
	if semiGeneric.MatchString(pattern) {
		id, secret := identifier(t, pattern), group(t, pattern, max(1, r.SecretGroup))
		for range samples {
			s := secrets.NewSecret(secret)
			out = append(out, sample{utils.GenerateSampleSecret(id, s), s})
		}
		s := secrets.NewSecret(secret)
		for _, text := range utils.GenerateSampleSecrets(id, s) {
			out = append(out, sample{text, s})
		}
		return out
	}
	for range samples {
		text := secrets.NewSecret(pattern)
		m := r.Regex.FindStringSubmatch(text)
		secret := text
		if r.SecretGroup > 0 {
			secret = m[r.SecretGroup]
		} else if i := slices.IndexFunc(m[min(len(m), 1):], func(g string) bool { return g != "" }); i >= 0 {
			secret = m[i+1]
		}
		out = append(out, sample{text, secret})
	}
	return out
}

// identifier is the first name of a vendor in a pattern.
func identifier(t *testing.T, pattern string) string {
	t.Helper()
	start := strings.Index(pattern, "?(?") + 3
	i := start + strings.IndexByte(pattern[start:], ':') + 1
	depth, end := 1, i
	for depth > 0 {
		switch pattern[end] {
		case '(':
			depth++
		case ')':
			depth--
		}
		end++
	}
	return secrets.NewSecret(pattern[i : end-1])
}

// group is the pattern of a group that captures.
func group(t *testing.T, pattern string, nth int) string {
	t.Helper()
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		t.Fatal(err)
	}
	var find func(*syntax.Regexp) *syntax.Regexp
	find = func(re *syntax.Regexp) *syntax.Regexp {
		if re.Op == syntax.OpCapture && re.Cap == nth {
			return re.Sub[0]
		}
		for _, sub := range re.Sub {
			if found := find(sub); found != nil {
				return found
			}
		}
		return nil
	}
	found := find(re)
	if found == nil {
		t.Fatalf("no group in %s", pattern)
	}
	return found.String()
}

func redacted(text string) string {
	var hits [redact.Kinds]int64
	r := redact.Redactor{Set: redact.Default(), Hits: &hits}
	return string(r.Apply([]byte(text), 0))
}

// TestGitleaks: nine of ten of its rules that have a prefix or a name of the
// contract hold here, for each of their samples.
func TestGitleaks(t *testing.T) {
	known, held := 0, 0
	var missed []string
	for id, r := range rules(t) {
		if why := beyond[id]; r.Regex == nil || why != "" {
			continue
		}
		known++
		all := samplesOf(t, r)
		failed := slices.IndexFunc(all, func(s sample) bool { return strings.Contains(redacted(s.text), s.secret) })
		n := 0
		for _, s := range all {
			if strings.Contains(redacted(s.text), s.secret) {
				n++
			}
		}
		if failed < 0 {
			held++
			continue
		}
		missed = append(
			missed,
			fmt.Sprintf(
				"%s: %d of %d survive, such as %q in %q",
				id,
				n,
				len(all),
				all[failed].secret,
				redacted(all[failed].text),
			),
		)
	}
	slices.Sort(missed)
	t.Logf("%d of %d rules hold, %d are beyond the contract\n%s", held, known, len(beyond), strings.Join(missed, "\n"))
	if held*100 < known*90 {
		t.Errorf("only %d of %d rules hold", held, known)
	}
}
