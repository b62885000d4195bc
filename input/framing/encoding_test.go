package framing

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"
)

// encoded is text in an encoding.
func encoded(e Encoding, text string) string {
	if e == UTF8 {
		return text
	}
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		if e == UTF16BE {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// A pipe may change its encoding at any line, and comes in any pieces.
func TestTextChangesItsEncoding(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	lines := []string{
		"time=2026-04-13T08:00:00.123+02:00 level=INFO msg=x\n", "llama_model_loader: loaded\r\n", "\tindented\n",
		"Geprüft: naïve\n", "said: 漢字 😀\n", strings.Repeat("long ", 20<<10) + "\n",
	}
	for round := range 300 {
		var raw, want strings.Builder
		for range 1 + rng.IntN(4) {
			e := Encoding(rng.IntN(3))
			for range 1 + rng.IntN(3) {
				line := lines[rng.IntN(len(lines))]
				raw.WriteString(encoded(e, line))
				want.WriteString(line)
			}
		}
		var text Text
		var got strings.Builder
		for rest := raw.String(); rest != ""; {
			n := min(len(rest), 1+rng.IntN([]int{3, 100, 200 << 10}[round%3]))
			got.Write(text.Decode([]byte(rest[:n]), n == len(rest)))
			rest = rest[n:]
		}
		if got.String() != want.String() {
			same := 0
			for same < min(got.Len(), want.Len()) && got.String()[same] == want.String()[same] {
				same++
			}
			from := max(0, same-40)
			t.Fatalf("round %d: got …%.200q\nwant …%.200q", round, got.String()[from:], want.String()[from:])
		}
	}
}

// What stays as it was, and what does not, at the beginning of a line.
func TestEncodingAt(t *testing.T) {
	latin := "time=2026-04-13T08:00:00.123+02:00 level=INFO msg=x\n"
	for _, tt := range []struct {
		name     string
		was, is  Encoding
		beginsBy string
	}{
		{"UTF-8 stays", UTF8, UTF8, latin},
		{"little stays", UTF16LE, UTF16LE, encoded(UTF16LE, latin)},
		{"letters without zeros say nothing", UTF16LE, UTF16LE, encoded(UTF16LE, "中文信息处理系统软件")},
		{"too little says nothing", UTF16LE, UTF16LE, "ab"},
		{"a hole says nothing", UTF8, UTF8, strings.Repeat("\x00", 64)},
		{"UTF-16 behind UTF-8", UTF8, UTF16LE, encoded(UTF16LE, latin)},
		{"big end first", UTF8, UTF16BE, encoded(UTF16BE, latin)},
		{"a mark", UTF8, UTF16LE, "\xff\xfe" + encoded(UTF16LE, "漢字, it says\n")},
		{"no mark", UTF8, UTF8, "\xff\xfe\n\r\nand so on"},
		{"UTF-8 behind UTF-16", UTF16LE, UTF8, latin},
		{"of another script", UTF16LE, UTF8, "漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字"},
		{"a short line", UTF16LE, UTF8, "done\n" + encoded(UTF16LE, latin)},
		{"an empty line", UTF8, UTF8, "\r\n" + encoded(UTF16BE, latin)},
	} {
		if is := tt.was.At([]byte(tt.beginsBy)); is != tt.is {
			t.Errorf("%s: %v, want %v", tt.name, is, tt.is)
		}
	}
}
