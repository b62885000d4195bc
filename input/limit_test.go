package input_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"ollama-hec/input"
)

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		line    string
		size    int64 // 0: of line
		limit   int
		kept    string
		dropped int
	}{
		{"", 0, 3, "", 0},
		{"abc", 0, 3, "abc", 0},
		{"abc\r", 0, 3, "abc\r", 0},
		{"abcd", 0, 3, "abc", 1},
		{"abcd\r", 0, 3, "abc", 1},
		{"abc\r", 10, 3, "abc", 7},
		{"aé", 0, 2, "a", 2},
		{"a€b", 0, 2, "a", 4},
		{"a😀b", 0, 4, "a", 5},
		{"\x80\x80\x80\x80\x80", 0, 3, "\x80\x80\x80", 2},
		{"é", 0, 1, "", 2},
	} {
		size := c.size
		if size == 0 {
			size = int64(len(c.line))
		}
		want := c.kept
		if c.dropped > 0 {
			want += fmt.Sprintf(" [ollama-hec: line cut, %d bytes dropped]", c.dropped)
		}
		if text, cut := input.Limit([]byte(c.line), size, c.limit); string(text) != want || cut != (c.dropped > 0) {
			t.Errorf("%q in %d: got %q, want %q", c.line, c.limit, text, want)
		}
	}
}

func FuzzLimit(f *testing.F) {
	f.Add("a€b😀\xff", uint8(3))
	f.Fuzz(func(t *testing.T, line string, limit uint8) {
		whole := []byte(line)
		text, cut := input.Limit(whole, int64(len(whole)), int(limit)+1)
		content := strings.TrimSuffix(line, "\r")
		switch {
		case string(whole) != line:
			t.Error("the line was modified")
		case !cut && (string(text) != line || len(content) > int(limit)+1):
			t.Errorf("got %q", text)
		case cut:
			kept, _, _ := strings.Cut(string(text), " [ollama-hec: line cut, ")
			if len(content) <= int(limit)+1 || len(kept) > len(text) || utf8.ValidString(line) && !utf8.Valid(text) {
				t.Errorf("got %q of %q", text, line)
			}
		}
	})
}
