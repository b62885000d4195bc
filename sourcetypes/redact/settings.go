package redact

import (
	"fmt"
	"regexp"
	"strings"
)

// Set says which kinds of text are replaced before anything leaves.
type Set struct {
	Secrets bool // tokens, keys, passwords
	Emails  bool // e-mail addresses
	// Patterns are replaced besides, as a whole. They cost a pass each.
	Patterns []*regexp.Regexp
}

// Default is what REDACT is when nobody set it.
func Default() Set { return Set{Secrets: true, Emails: true} }

// Parse reads the setting REDACT.
func Parse(s string) (Set, error) {
	if strings.TrimSpace(strings.ToLower(s)) == "off" {
		return Set{}, nil
	}
	var r Set
	for name := range strings.SplitSeq(s, ",") {
		switch strings.TrimSpace(strings.ToLower(name)) {
		case "secrets":
			r.Secrets = true
		case "emails":
			r.Emails = true
		default:
			return Set{}, fmt.Errorf("got %q, want off, or any of secrets and emails, comma separated", s)
		}
	}
	return r, nil
}

// ParsePatterns reads the setting REDACT_REGEX: one pattern a line.
func ParsePatterns(s string) ([]*regexp.Regexp, error) {
	var patterns []*regexp.Regexp
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		re, err := regexp.Compile(line)
		if err != nil {
			return nil, fmt.Errorf("pattern %q: %w", line, err)
		}
		if re.MatchString("") {
			return nil, fmt.Errorf("pattern %q matches empty text, want one that needs at least a character", line)
		}
		patterns = append(patterns, re)
	}
	return patterns, nil
}
