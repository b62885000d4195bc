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

// Other programs append to a log in another encoding: Windows PowerShell writes UTF-16 behind
// what a command prompt wrote, and the other way round.
func TestEncodingChanges(t *testing.T) {
	utf8 := "time=one, in UTF-8\n\n漢字, and more\nshort\n"
	wide := "time=two, in UTF-16\n漢字, and more\nlast\n"
	little := func(mark bool) string { return in16(wide, false, mark) }
	var stories []story
	for _, s := range []struct {
		name  string
		parts []string
		want  string
	}{
		{"UTF-16 behind UTF-8", []string{utf8, little(false), little(false)}, utf8 + wide + wide},
		{"with a mark", []string{utf8, little(true)}, utf8 + wide},
		{"UTF-8 behind UTF-16", []string{little(true), utf8, utf8}, wide + utf8 + utf8},
		{"there and back", []string{utf8, little(false), utf8 + utf8, little(true), utf8}, utf8 + wide + utf8 + utf8 + wide + utf8},
		{"big end first", []string{utf8, in16(wide, true, false), utf8}, utf8 + wide + utf8},
	} {
		stories = append(stories, story{s.name, nil, func(b *bench) {
			b.write("a.log", strings.Join(s.parts, ""))
			b.start()
			b.wants(s.want)
		}}, story{s.name + ", while it is read", nil, func(b *bench) {
			b.write("a.log", s.parts[0])
			b.start()
			for _, part := range s.parts[1:] {
				b.rest()
				b.append("a.log", part[:7])
				b.rest()
				b.append("a.log", part[7:])
			}
			b.wants(s.want)
		}}, story{s.name + ", over restarts", nil, func(b *bench) {
			for _, part := range s.parts {
				b.append("a.log", part)
				b.start()
				b.rest()
				b.stop()
			}
			b.start()
			b.wants(s.want)
		}})
	}
	stories = append(stories, story{"a long line behind UTF-16", nil, func(b *bench) {
		long := strings.Repeat("0123456789", 40<<10) + "\n"
		b.options.MaxLine = 4 << 20
		b.write("a.log", little(true)+long+in16(long, false, false)+"and that is the end\n")
		b.start()
		b.wants(wide, long, long, "and that is the end\n")
	}})
	tellAll(t, stories)
}
