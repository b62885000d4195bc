// Package pcre compiles the regular expressions of searches and of .conf files
// for the model of Splunk, which runs them by Go's regexp instead of PCRE.
//
// Of the features that PCRE has and Go lacks it understands possessive quantifiers (x*+,
// x++, x?+, x{2}+): they are compiled as greedy ones, so a pattern may use them only where
// backtracking would find no other match. It cannot show how much work a pattern is for
// PCRE.
package pcre

import (
	"regexp"
	"strings"
)

// Compile compiles a pattern in the syntax of PCRE.
func Compile(pattern string) (*regexp.Regexp, error) {
	return regexp.Compile(greedy(pattern))
}

// greedy returns the pattern without the + that makes a quantifier possessive.
func greedy(pattern string) string {
	var out strings.Builder
	class, quantified := false, false
	for i := 0; i < len(pattern); i++ {
		c := pattern[i]
		switch {
		case c == '\\' && i+1 < len(pattern):
			out.WriteString(pattern[i : i+2])
			i++
			quantified = false
			continue
		case class:
			class = c != ']'
			quantified = false
		case c == '[':
			class, quantified = true, false
			// A ] that stands first is one of the class.
			rest := strings.TrimPrefix(pattern[i+1:], "^")
			if strings.HasPrefix(rest, "]") {
				end := len(pattern) - len(rest)
				out.WriteString(pattern[i : end+1])
				i = end
				continue
			}
		case c == '+' && quantified:
			quantified = false
			continue
		default:
			quantified = strings.IndexByte("*+?}", c) >= 0 && (c != '?' || i == 0 || pattern[i-1] != '(')
		}
		out.WriteByte(c)
	}
	return out.String()
}
