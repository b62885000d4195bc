package sourcetypes

import (
	"bytes"
	"testing"
)

// The sets say of any text what package bytes says.
func FuzzMarks(f *testing.F) {
	for _, text := range []string{"", "x", `"x",`, "“x”", "“”", "\xe2\x80", "\xe2\x80x\x9c", "é“", "(“[x]”)", "”“\x9c", "-1.5GiB", ":\\"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for cutset, m := range map[string]*marks{
			"()[]{}<>\"`\\,;:!?*=|“”": valueMarks, "()[]{}<>'\"`\\,;:!?*=|“”": placeMarks,
			"()[]{}<>\"`\\.,;:!?*=|-“”": quotedMarks, "()[]{}<>'\"`\\.,;:!?*=|-“”": wordMarks,
		} {
			if got, want := m.trim(text), bytes.Trim(text, cutset); !bytes.Equal(got, want) {
				t.Errorf("trim(%q, %q) = %q, want %q", text, cutset, got, want)
			}
		}
		for set, s := range map[string]*byteSet{"()[].,;!?'": messageMarks, `:"\`: errorMarks, "-+=./>~_#%&": signs} {
			trimmed := bytes.Trim(text, set)
			if got := s.trim(text); !bytes.Equal(got, trimmed) {
				t.Errorf("trim(%q, %q) = %q, want %q", text, set, got, trimmed)
			}
			if s.all(text) != (len(trimmed) == 0) || s.any(text) != bytes.ContainsAny(text, set) {
				t.Errorf("all(%[1]q, %[2]q) = %[3]t, any = %[4]t", text, set, s.all(text), s.any(text))
			}
		}
	})
}

// What is a plain number holds nothing by the long way either.
func FuzzPlainNumber(f *testing.F) {
	for _, text := range []string{"1", "1.5GiB", "0x1f", "2026-11-21T19:12:19.5+01:00", "127.0.0.1:5", "1abcde", "1-", "12:", "0", "0x", "1.2ms"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if plainNumber(text) && (quotedToken(text) || len(valueMarks.trim(text)) != len(text) || !numeric(text)) {
			t.Errorf("%q is no number", text)
		}
	})
}
