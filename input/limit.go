package input

import (
	"fmt"
	"unicode/utf8"
)

// Limit returns a line as it stands if it has at most limit bytes, a trailing
// carriage return not counted; else a copy of what fits and a note of how many
// bytes are missing. It never splits a rune. size is the length of the whole
// line, of which line holds all or at least the first limit+1 bytes.
func Limit(line []byte, size int64, limit int) (text []byte, cut bool) {
	if int64(len(line)) == size && len(line) > 0 && line[len(line)-1] == '\r' {
		size--
	}
	if size <= int64(limit) {
		return line, false
	}
	kept := limit
	for n := 0; n < utf8.UTFMax-1 && kept > 0 && !utf8.RuneStart(line[kept]); n++ {
		kept--
	}
	if !utf8.FullRune(line[kept:min(kept+utf8.UTFMax, len(line))]) || !utf8.RuneStart(line[kept]) {
		kept = limit // no rune to spare: the bytes are not UTF-8
	}
	text = make([]byte, kept, kept+64)
	copy(text, line)
	return fmt.Appendf(text, " [ollama-hec: line cut, %d bytes dropped]", size-int64(kept)), true
}
