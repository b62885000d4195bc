package pcre

import "testing"

func TestGreedy(t *testing.T) {
	for _, c := range []struct{ pattern, want string }{
		{`a*+b`, `a*b`},
		{`a++b?+`, `a+b?`},
		{`(?:\x5C.[^\x22]*+)*+\x22`, `(?:\x5C.[^\x22]*)*\x22`},
		{`a{2,3}+b`, `a{2,3}b`},
		{`a+b`, `a+b`},
		{`\++`, `\++`},
		{`[*+]+`, `[*+]+`},
		{`[]*+]*+x`, `[]*+]*x`},
		{`[^]*+]`, `[^]*+]`},
		{`(?<n>x)+`, `(?<n>x)+`},
		{`a*?b`, `a*?b`},
		{`\\*+`, `\\*`},
	} {
		if got := greedy(c.pattern); got != c.want {
			t.Errorf("%s: got %s, want %s", c.pattern, got, c.want)
		}
		if _, err := Compile(c.pattern); err != nil {
			t.Errorf("%s: %v", c.pattern, err)
		}
	}
}
