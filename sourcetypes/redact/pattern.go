package redact

import (
	"regexp"
	"regexp/syntax"
	"sync"
	"unicode"
)

// pattern is a regular expression of a rule, which is compiled when it is first needed: most
// logs need few of them, and a process that redacts nothing none.
type pattern struct {
	text string

	once sync.Once
	re   *regexp.Regexp
	in   *[256]bool // bytes that it may match anywhere
}

// re is matched at the start of a plain text.
func re(expression string) *pattern { return &pattern{text: `^(?:` + expression + `)`} }

// folded is matched at the start, in any case.
func folded(expression string) *pattern { return &pattern{text: `^(?i:` + expression + `)`} }

// whole matches all of a text or nothing.
func whole(expression string) *pattern { return &pattern{text: `^(?:` + expression + `)$`} }

// anywhere is looked for.
func anywhere(expression string) *pattern { return &pattern{text: expression} }

func (p *pattern) get() *regexp.Regexp {
	p.once.Do(func() {
		p.re = regexp.MustCompile(p.text)
		p.in = bytesOf(p.re)
	})
	return p.re
}

// bytes is the set of bytes that the pattern may match.
func (p *pattern) bytes() *[256]bool {
	p.get()
	return p.in
}

// bytesOf is the set of bytes that a pattern may match anywhere.
func bytesOf(re *regexp.Regexp) *[256]bool {
	tree, err := syntax.Parse(re.String(), syntax.Perl)
	if err != nil {
		panic(err) // it has been compiled
	}
	in := new([256]bool)
	var walk func(*syntax.Regexp)
	walk = func(node *syntax.Regexp) {
		switch node.Op {
		case syntax.OpCharClass:
			for i := 0; i < len(node.Rune); i += 2 {
				for r := node.Rune[i]; r <= min(node.Rune[i+1], 0x7f); r++ {
					in[r] = true
				}
			}
		case syntax.OpLiteral:
			for _, r := range node.Rune {
				for _, c := range []rune{r, unicode.ToLower(r), unicode.ToUpper(r)} {
					if c < 0x80 {
						in[c] = true
					}
				}
			}
		}
		for _, sub := range node.Sub {
			walk(sub)
		}
	}
	walk(tree)
	return in
}
