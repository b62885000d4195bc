// Package redact replaces secrets and e-mail addresses in log lines by
// [REDACTED:kind]. What it promises is README.md's table: tokens by their form,
// values by the name they are assigned to, passwords in URLs, private keys and
// addresses. Redacting a redacted text changes nothing, a slog line stays one,
// and so does a JSON text.
//
// A secret without a known form or name passes: redaction is no substitute for
// not logging. The cost grows with the text and no faster, whatever is in it:
// a client chooses much of what is logged.
//
// How it works: the prefilter (prefilter.go) passes over nearly all of a text
// by a table of byte pairs. Where it stops, the rules that have a literal there
// are tried: tokens.go and forms.go are tables of how secrets look, names.go of
// what they are called, links.go of what stands between a name and its value,
// commands.go of command lines. value.go, header.go, url.go, email.go and
// random.go measure what is to be replaced.
package redact

import "ollama-hec/sourcetypes/internal/text"

// Kind is what a redaction replaced.
type Kind uint8

const (
	Token      Kind = iota // a token known by its form or its name
	Key                    // assigned to a name that ends in key
	Secret                 // assigned to a name that ends in secret
	Password               // assigned to a password, or in a URL
	PrivateKey             // a PEM block
	Email
	Prompt // PROMPTS=off; put in by package sourcetypes
	Custom // REDACT_REGEX
	Kinds  // how many there are
)

func (k Kind) String() string {
	return [...]string{"token", "key", "secret", "password", "private_key", "email", "prompt", "custom"}[k]
}

// Mask is what stands in the place of what was redacted.
func (k Kind) Mask() string { return masks[k] }

var masks = func() (m [Kinds]string) {
	for k := range Kinds {
		m[k] = maskHead + k.String() + "]"
	}
	return m
}()

const maskHead = "[REDACTED:"

// MaskLen measures the mask at the start of b; 0 if there is none.
func MaskLen(b []byte) int {
	if !text.HasPrefix(b, maskHead) {
		return 0
	}
	for _, m := range masks {
		if text.HasPrefix(b, m) {
			return len(m)
		}
	}
	return 0
}

// Redactor replaces what its Set says. It is for one goroutine.
type Redactor struct {
	Set
	Hits *[Kinds]int64 // counts replacements; may be shared by Redactors of one goroutine

	bufs [2][]byte
	scan scan
}

// hit is a part of a text that is replaced.
type hit struct {
	from, to int
	kind     Kind
	quotes   int // a JSON number is replaced by a text: with quotes behind this many backslashes plus one
}

// rounds bounds how often a text is gone over until nothing is found. One
// replacement can uncover another, but each makes the text duller.
const rounds = 8

// Apply returns b redacted, looking only at what begins at from or later. It is
// b itself if there is nothing to redact, else good until the next call.
func (r *Redactor) Apply(b []byte, from int) []byte {
	if (r.Secrets || r.Emails) && from < len(b) {
		for i := range rounds {
			next, changed := r.pass(r.bufs[i%2][:0], b, from)
			if !changed {
				break
			}
			r.bufs[i%2], b = next, next
		}
	}
	if len(r.Patterns) > 0 {
		b = r.patterns(b)
	}
	return b
}

// Shrink lets go of buffers that are larger than most.
func (r *Redactor) Shrink(most int) {
	for i := range r.bufs {
		if cap(r.bufs[i]) > most {
			r.bufs[i] = nil
		}
	}
	r.scan.text = nil
}

// pass replaces what one walk over the text finds.
func (r *Redactor) pass(dst, b []byte, from int) ([]byte, bool) {
	r.scan.begin(b, r.Set)
	h, next, ok := r.scan.find(from, 0)
	if !ok {
		return dst, false
	}
	done := 0
	for ok {
		dst = append(dst, b[done:h.from]...)
		dst = h.appendMask(dst)
		r.Hits[h.kind]++
		done = h.to
		h, next, ok = r.scan.find(max(next, done), done)
	}
	return append(dst, b[done:]...), true
}

func (h *hit) appendMask(dst []byte) []byte {
	if h.quotes == 0 {
		return append(dst, masks[h.kind]...)
	}
	quote := func() {
		for range h.quotes - 1 {
			dst = append(dst, '\\')
		}
		dst = append(dst, '"')
	}
	quote()
	dst = append(dst, masks[h.kind]...)
	quote()
	return dst
}
