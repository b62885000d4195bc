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
