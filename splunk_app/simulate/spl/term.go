package spl

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Characters that end a segment of _raw. A term is found where segments begin
// and end, of whichever rank; a wildcard stays between the major ones.
const (
	majorBreakers = " \t\r\n[]<>(){}|!;,'\"*&?+"
	minorBreakers = "/:=@.-$#%\\_"
)

// term matches a word or phrase in _raw.
func term(text string) (predicate, error) {
	if strings.Trim(text, "*") == "" {
		return func(Row) bool { return true }, nil
	}
	find := segmentFinder(text)
	if find == nil {
		re, err := termPattern(text)
		if err != nil {
			return nil, fmt.Errorf("term %q: %w", text, err)
		}
		find = re.MatchString
	}
	return func(r Row) bool { return slices.ContainsFunc(r["_raw"], find) }, nil
}

// termPattern is a term as a pattern.
func termPattern(text string) (*regexp.Regexp, error) {
	class := func(s string) string { // all of a class must be quoted that means something in one
		return strings.NewReplacer(`[`, `\[`, `]`, `\]`, `\`, `\\`, `-`, `\-`).Replace(s)
	}
	expr := wildcards(text, `[^`+class(majorBreakers)+`]*`)
	if !isBreaker(text[0]) {
		expr = `(?:^|[` + class(majorBreakers+minorBreakers) + `])` + expr
	}
	if !isBreaker(text[len(text)-1]) {
		expr += `(?:$|[` + class(majorBreakers+minorBreakers) + `])`
	}
	return regexp.Compile(`(?is)` + expr)
}

// segmentFinder finds a term of ASCII without wildcards, as termPattern does but
// many times as fast; nil for any other term.
func segmentFinder(text string) func(string) bool {
	for i := range len(text) {
		if text[i] == '*' || text[i] >= 0x80 {
			return nil
		}
	}
	openLeft, openRight := isBreaker(text[0]), isBreaker(text[len(text)-1])
	return func(s string) bool {
		for i := 0; i+len(text) <= len(s); i++ {
			if lower(s[i]) != lower(text[0]) || !equalLower(s[i:i+len(text)], text) {
				continue
			}
			end := i + len(text)
			if (openLeft || i == 0 || isBreaker(s[i-1])) && (openRight || end == len(s) || isBreaker(s[end])) {
				return true
			}
		}
		return false
	}
}

func equalLower(a, b string) bool {
	for i := range len(a) {
		if lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}

func isBreaker(c byte) bool { return breakers[c] }

var breakers = func() (set [256]bool) {
	for _, c := range []byte(majorBreakers + minorBreakers) {
		set[c] = true
	}
	return set
}()
