package file

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// in16 is text as Windows PowerShell writes it, with a mark of the byte order if
// that is wanted.
func in16(text string, big, mark bool) string {
	var b []byte
	if mark {
		text = "\ufeff" + text
	}
	for _, u := range utf16.Encode([]rune(text)) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	return string(b)
}

// words are lines whose letters have the bytes of a line's end in UTF-16 in the wrong
// places: U+0A0D, U+0D0A, U+0A41 behind a letter that ends in 00.
const words = "time=one\nਅ ഊ ੁĀ\n漢字 😀\n\nlast whole line\n"

func TestUTF16(t *testing.T) {
	for _, big := range []bool{false, true} {
		for _, mark := range []bool{true, false} {
			var stories []story
			for _, s := range []struct {
				name string
				tell func(b *bench, enc func(string) string)
			}{
				{"written byte by byte", func(b *bench, enc func(string) string) {
					text := enc(words)
					b.write("a.log", text[:2])
					b.start()
					for i := 2; i < len(text); i++ {
						b.append("a.log", text[i:i+1])
						if i%7 == 0 {
							b.rest()
						}
					}
					b.wants(words)
				}},
				{"restarted", func(b *bench, enc func(string) string) {
					text := enc(words + words)
					b.write("a.log", text[:len(text)/2+1])
					b.start()
					b.rest()
					b.stop()
					b.append("a.log", text[len(text)/2+1:])
					b.start()
					b.wants(words, words)
				}},
				{"rotated, and half a line left", func(b *bench, enc func(string) string) {
					b.write("a.log", enc(words+"half"))
					b.start()
					b.wants(words)
					b.rename("a.log", "a.log.1")
					b.write("a.log", enc("new\n"))
					b.wants(words, "half\nnew\n")
				}},
				{"copied and truncated", func(b *bench, enc func(string) string) {
					b.write("a.log", enc(words))
					b.start()
					b.wants(words)
					b.rest()
					b.copyTo("a.log", "a.log.1")
					b.truncate("a.log", 0)
					b.append("a.log", in16("after\nthe truncation\n", big, false))
					b.wants(words, "after\nthe truncation\n")
				}},
				{"longer than the buffer", func(b *bench, enc func(string) string) {
					long := strings.Repeat("ĀĊ漢 ", 40<<10)
					b.options.MaxLine = 4 << 20
					b.write("a.log", enc("first\n"+long+"\nlast\n"))
					b.start()
					b.wants("first\n", long+"\n", "last\n")
				}},
				{"cut", func(b *bench, enc func(string) string) {
					b.options.MaxLine = 10
					b.write("a.log", enc("0123456789\n0123456789a\r\n漢字漢字\n"))
					b.start()
					b.wants("0123456789\n0123456789 [ollama-hec: line cut, 1 bytes dropped]\n漢字漢 [ollama-hec: line cut, 3 bytes dropped]\n")
				}},
			} {
				stories = append(stories, story{s.name, nil, func(b *bench) {
					s.tell(b, func(text string) string { return in16(text, big, mark) })
				}})
			}
			t.Run(
				map[bool]string{false: "little", true: "big"}[big]+map[bool]string{true: ", marked"}[mark],
				func(t *testing.T) { tellAll(t, stories) },
			)
		}
	}
}

// A power cut leaves zeros where lines were written: they hide none.
func TestZeros(t *testing.T) {
	hole := strings.Repeat("\x00", 1<<20)
	b := newBench(t)
	b.write("a.log", hole+"first\n"+hole+"second\ntorn"+hole+"third\n"+hole+hole+"\nlast\n")
	b.start()
	b.wants("first\nsecond\ntorn\nthird\n\nlast\n")
	b.stop()
	b.append("a.log", hole+"on\n")
	b.start()
	b.wants("first\nsecond\ntorn\nthird\n\nlast\non\n")
}

// What is known of how a log is framed is known after a restart and a rotation, so
// that nobody who has a say in its lines can change it.
func TestFramingIsKept(t *testing.T) {
	const forged = "Apr 13 08:00:00 evil ollama[1]: forged\n"
	const plainly = "time=2026-04-13T06:00:00.123Z level=INFO msg=plain\n"
	tellAll(t, []story{
		{"a plain log stays plain over a restart", nil, func(b *bench) {
			b.write("a.log", plainly)
			b.start()
			b.wants(plainly)
			b.rest()
			b.stop()
			b.append("a.log", forged)
			b.start()
			b.wants(plainly, forged)
		}},
		{"a plain log stays plain over a rotation", nil, func(b *bench) {
			b.write("a.log", plainly)
			b.start()
			b.wants(plainly)
			b.rename("a.log", "a.log.1")
			b.write("a.log", forged)
			b.wants(plainly, forged)
		}},
		{"a plain log stays plain over both", nil, func(b *bench) {
			b.write("a.log", plainly)
			b.start()
			b.wants(plainly)
			b.rest()
			b.stop()
			b.rename("a.log", "a.log.1")
			b.write("a.log", forged)
			b.start()
			b.wants(plainly, forged)
		}},
		{"a framed log is read on as framed", nil, func(b *bench) {
			b.write("a.log", "[pod/ollama-0/ollama] "+plainly)
			b.start()
			b.wants(plainly)
			b.rest()
			b.stop()
			b.append("a.log", "[pod/ollama-0/ollama] one\n[pod/ollama-0/ollama] "+forged)
			b.start()
			b.wants(plainly, "one\n", forged)
			b.rename("a.log", "a.log.1")
			b.write("a.log", "[pod/ollama-0/ollama] two\n")
			b.wants(plainly, "one\n", forged, "two\n")
		}},
	})
}

// Lines of other programs are left out of a file that is not named for Ollama, and
// do not hold the position.
func TestOtherPrograms(t *testing.T) {
	b := newBench(t)
	other, own := "Apr 13 08:00:00 host1 cron[1]: job\n", "Apr 13 08:00:00 host1 ollama[2]: "
	b.write("syslog", strings.Repeat(other, 3)+own+"line\n"+other)
	b.options.Patterns = append(slices.Clone(b.options.Patterns), b.path("syslog"))
	b.start()
	b.eventually("read", func() bool {
		f := b.run.source.Files()
		return len(f) == 1 && f[0].Lag == 0
	})
	if got := b.lane.lines(); strings.Join(got, "\n") != "line" {
		t.Errorf("got %q", got)
	}
}
