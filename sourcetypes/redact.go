package sourcetypes

import (
	"regexp"

	"ollama-hec/sourcetypes/redact"
)

// Redact says which kinds of text are replaced before anything leaves.
type Redact = redact.Set

// DefaultRedact is what REDACT is when nobody set it.
func DefaultRedact() Redact { return redact.Default() }

// ParseRedact reads the setting REDACT.
func ParseRedact(s string) (Redact, error) { return redact.Parse(s) }

// ParsePatterns reads the setting REDACT_REGEX: one pattern a line.
func ParsePatterns(s string) ([]*regexp.Regexp, error) { return redact.ParsePatterns(s) }

// redactor redacts what a Normalizer ships.
type redactor struct{ redact.Redactor }

func (r *redactor) apply(text []byte, from int) []byte { return r.Apply(text, from) }

func newRedactor(set Redact, hits *[kinds]int64) redactor {
	return redactor{redact.Redactor{Set: set, Hits: hits}}
}

// maskLen measures the mask at the start of b; 0 if there is none.
func maskLen(b []byte) int { return redact.MaskLen(b) }
