package redact

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// valueBefore is a value that stands before its name, up to the name:
// {"value": "V", "name": "API_KEY"}, <add value="V" key="apiKey"/>.
var valueBefore = anywhere(
	`(?i:value|val)\\*["']?\s*[:=]\s*\\*["']([^"'\\\s]{1,200})\\*["'],?\s*\\*["']?(?i:name|key)\\*["']?\s*[:=]\s*\\*["']$`,
)

// before finds the value that stands before the name that begins at start.
func (v *value) before(start int) (h hit, ok bool) {
	b := v.text
	label := b[max(0, start-16):start]
	if start < 20 || b[start-1] != '"' && b[start-1] != '\'' || v.name.query ||
		!bytes.Contains(label, []byte("ame")) && !bytes.Contains(label, []byte("ey")) {
		return h, false
	}
	from := max(0, start-280)
	v.steps += start - from
	m := valueBefore.get().FindSubmatchIndex(b[from:start])
	if m == nil {
		return h, false
	}
	h = hit{from: from + m[2], to: from + m[3], kind: v.name.kind}
	secret := b[h.from:h.to]
	if MaskLen(secret) > 0 || nothing(secret) || !madeUp(secret) ||
		bytes.IndexFunc(secret, func(r rune) bool { return r < 0x80 && text.Digit(byte(r)) }) < 0 {
		return h, false
	}
	return h, true
}
