package redact

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// fragments are what hostile lines are made of: each once stood for a loop that
// began at every place and ran to the end.
var fragments = []string{
	`token=}`,
	`}`,
	`token=`,
	`token: `,
	`a--`,
	`--a`,
	`--token `,
	`--password `,
	`--token-`,
	`-`,
	`--`,
	`"k":"`,
	`\"k\":\"`,
	`\\\"`,
	`\`,
	`"`,
	`'`,
	"`",
	`token='`,
	`token="`,
	`token="'`,
	`token=<`,
	`token=[`,
	`"token":[`,
	`"password":[`,
	`[`,
	`]`,
	`{`,
	`@`,
	`a@`,
	`a.`,
	`a@b.`,
	`//u:`,
	`//u:p@`,
	`http_proxy=u:`,
	`:`,
	`/`,
	`%40`,
	`\u0022`,
	`\u0022token\u0022:\u0022`,
	`\u0040`,
	`a\u0040b.c `,
	`用`,
	`用@例.`,
	`%E4`,
	`curl -b "a=`,
	`%`,
	`%3D`,
	`token%3D`,
	`%22`,
	`&token=`,
	`?key=`,
	`\u0022`,
	`\u00e9`,
	`\n`,
	"\n",
	`\t`,
	` `,
	`  `,
	`eyJ`,
	`eyJa=`,
	`eyJa.`,
	`eyJaaaa.bbbb.`,
	`sk-`,
	`sk-a.`,
	`ghp_`,
	`ghp_.`,
	`glpat-.`,
	`hvs.`,
	`ya29.`,
	`SG.`,
	`SG.aaaaaaaa.`,
	`AKIA`,
	`xoxb-`,
	`xoxb-/`,
	`-----BEGIN PRIVATE KEY-----`,
	`"-----BEGIN PRIVATE KEY-----" `,
	`-----END `,
	`Bearer `,
	`bearer:`,
	`Splunk `,
	`Authorization: `,
	`Cookie: a=b; `,
	`cookie=`,
	`Set-Cookie: a=b, c;`,
	`Authorization: Digest a="b", `,
	`password:|`,
	`password: >-\n`,
	`<password>`,
	`</password>`,
	`<token>x`,
	`key`,
	`api key is `,
	`my api key `,
	`secret", "`,
	`{"name":"token","value":"`,
	`"value":"x1","name":"token"`,
	`"name":"A_KEY"`,
	`"token", "value": `,
	`token string = `,
	`[REDACTED:token]`,
	`[REDACTED:`,
	`map[TOKEN:x `,
	`environment="[TOKEN=a `,
	`map[`,
	` A:`,
	`Signature=`,
	`AWS4-HMAC-SHA256 Signature=`,
	`curl -u `,
	` -u `,
	` -p`,
	`mysql -p`,
	`a1B`,
	`a1B2-`,
	`x_a1B2`,
	`9b6`,
	`.a1B`,
	`é`,
	`日本`,
	"\x80",
	`&quot;`,
	`sha256-9f8e7d6c5b4a`,
	`token_token_`,
	`TOKEN`,
	`_key`,
	`A_KEY=A_KEY `,
	`1//0`,
	`hooks.slack.com/services/`,
	`discord.com/api/webhooks/1/`,
	`:AA`,
	`8Q~`,
	`-us1`,
	`.atlasv1.`,
}

// steps is how many bytes of rules a text took.
func steps(b []byte) int {
	var hits [Kinds]int64
	r := Redactor{Set: Default(), Hits: &hits}
	r.Apply(b, 0)
	return r.scan.steps
}

// maxSteps bounds how many bytes rules may look at for each byte of a text: a
// place may be tried by a few rules, each in a window that is bounded.
const maxSteps = 600

// TestLinear: however hostile a text is, a byte costs no more steps than a
// constant, and four times as much of it costs not much more than four times
// as many.
func TestLinear(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 5))
	units := fragments
	for range 200 {
		var unit strings.Builder
		for range 1 + rnd.IntN(4) {
			unit.WriteString(fragments[rnd.IntN(len(fragments))])
		}
		units = append(units, unit.String())
	}
	for _, unit := range units {
		for _, line := range []string{"%s", `time=2026-11-21T19:15:41.541Z level=WARN source=x.go:1 msg="%s"`, `{"a":"%s"}`, `prompt="x environment= %s`, "token=%s", `"password":"%s`} {
			linear(t, func(n int) []byte { return fmt.Appendf(nil, line, strings.Repeat(unit, n/len(unit))) })
		}
	}
}

// TestLinearBetween: what is looked for stands at both ends, and much of
// something else between.
func TestLinearBetween(t *testing.T) {
	rnd := rand.New(rand.NewPCG(8, 13))
	for _, end := range fragments {
		for range 20 {
			fill := fragments[rnd.IntN(len(fragments))]
			linear(t, func(n int) []byte { return []byte(end + strings.Repeat(fill, n/len(fill)) + end) })
		}
	}
}

func linear(t *testing.T, text func(size int) []byte) {
	t.Helper()
	const size, times = 2 << 10, 4
	once, more := steps(text(size)), steps(text(times*size))
	if more > 2*times*once+maxSteps {
		t.Errorf("%d steps, and %d times as much of it takes %d: %.120q", once, times, more, text(size))
	}
	if more > maxSteps*times*size {
		t.Errorf("%d steps for %d bytes: %.120q", more, times*size, text(size))
	}
}
