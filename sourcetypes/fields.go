package sourcetypes

import (
	"ollama-hec/input"
)

// Fields writes what events that were not made of log lines have in common with those
// that were: the same keys, redacted by the same rules. It is for one goroutine.
type Fields struct{ n *Normalizer }

// NewFields makes Fields of what the settings say.
func NewFields(o *Options) *Fields {
	return &Fields{NewNormalizer(o, 0, input.Carry{}, func(*Event) {})}
}

// AppendSrc appends src and src_scope of an address without a port.
func (f *Fields) AppendSrc(dst, src []byte) []byte { return f.n.appendSrc(dst, src) }

// AppendRequest appends http_method, uri_path and uri_query, each where there is one.
// The two functions cut what is redacted.
func (f *Fields) AppendRequest(dst, method, path, query []byte, cutPath, cutQuery func([]byte) []byte) []byte {
	return f.n.appendTarget(f.n.appendMethod(dst, method), path, query, cutPath, cutQuery)
}

// AppendOperation appends api and operation.
func (f *Fields) AppendOperation(dst []byte, method string, path []byte) []byte {
	dst = appendOperation(dst, method, path)
	return dst[:len(dst)-1] // without the end of the object
}

// Redacted is a text after REDACT. It is good until the next call.
func (f *Fields) Redacted(text []byte) []byte { return f.n.redact.apply(text, 0) }

// Prompt is the text of a prompt or of its answer: after REDACT and, unless it is
// asked for in full, after the default redaction. It is good until the next call.
func (f *Fields) Prompt(text []byte, full bool) []byte {
	if full {
		return f.n.redact.apply(text, 0)
	}
	return f.n.forced.apply(text, 0)
}

// Error is the text of an error after PROMPTS and REDACT: it may quote what a person or a
// model said, and is judged as the error of a log line is. It is good until the next call.
func (f *Fields) Error(text []byte) []byte {
	n := f.n
	if len(text) == 0 || !n.conceals() {
		return n.redact.apply(text, 0)
	}
	c := concealer{n: n, text: text, whole: len(text), out: n.text[:0], tokens: n.tokens[:0], level: levelInfo}
	c.words(span{0, len(text)}, true)
	n.tokens = c.tokens[:0]
	if c.done > 0 {
		n.text = append(c.out, text[c.done:]...)
		text = n.text
	}
	return n.redact.apply(text, 0)
}

// Redactions are how often something was replaced, by Kind.
func (f *Fields) Redactions() [kinds]int64 { return f.n.counts.Redacted }

// AppendString appends text as a JSON string. What is not UTF-8 becomes U+FFFD.
func AppendString(dst, text []byte) []byte { return appendString(dst, text) }

// AppendMillis appends so many nanoseconds as milliseconds, digit for digit.
func AppendMillis(dst []byte, nanos uint64) []byte { return appendNanos(dst, nanos) }
