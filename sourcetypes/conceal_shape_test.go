package sourcetypes

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"

	"ollama-hec/input"
)

func TestShape(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{`size="7.25 GiB" n=77 "port 11434"`, `size="#.## GiB" n=## "port #####"`},
		{`127.0.0.1:37243`, `###.#.#.#:#####`},
		{`took 77.`, `took ##.`},
		{`404 page not found`, `404 page not found`},           // a message
		{`model layers=3 0x7f 1xx`, `model layers=3 0x7f 1xx`}, // words
		{
			`sha256-9353d69bc71158104ca896e8dba9bc322c81b490`,
			`sha256-####d##bc########ca###e#dba#bc###c##b###`,
		},
		{`sha256:9353d69b`, `sha256:####d69b`},
		{`sha256-9353d69b uint32 v0.13.5 -5`, `sha256-9353d69b uint32 v0.13.5 -5`}, // no word begins there
		{"a\x01b", ""},
		{"77\x01", ""},
	} {
		got := string(bytes.ReplaceAll(shape(nil, []byte(tt.text)), []byte{anyDigit}, []byte("#")))
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.text, got, tt.want)
		}
	}
}

// No word that is looked up here, and not in package known, begins with a digit, and none
// anywhere has a long hash in it.
func TestWordsBeginWithNoDigit(t *testing.T) {
	for _, words := range []map[string]bool{
		glue, constants, textKeys, plainTextKeys, harmlessKeys, textParams, harmlessParams, harmlessJSON, jsonTexts,
		loaders, serverParts, errorKeys,
	} {
		for word := range words {
			if is := shape(nil, []byte(word)); bytes.IndexByte(is, anyDigit) >= 0 {
				t.Errorf("%q has a number", word)
			}
		}
	}
	for _, name := range []string{"messages.txt", "phrases.txt"} {
		text, err := os.ReadFile("known/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if hash := regexp.MustCompile(`[0-9a-fA-F]{32}`).Find(text); hash != nil {
			t.Errorf("%s has %s", name, hash)
		}
		if is := shape(nil, text); bytes.IndexByte(is, anyDigit) >= 0 {
			t.Errorf("%s has a number that does not matter", name)
		}
	}
}

// otherNumbers is a text of the same shape with other numbers.
func otherNumbers(rng *rand.Rand, text []byte) []byte {
	other := bytes.Clone(text)
	for i, c := range shape(nil, text) {
		if c == anyDigit {
			other[i] = byte('0' + rng.IntN(10))
		}
	}
	if !bytes.Equal(shape(nil, other), shape(nil, text)) {
		return text // it has become one that matters
	}
	return other
}

// stays reports whether PROMPTS=off leaves a log as it is.
func stays(o *Options, log []byte) bool {
	_, hidden := ships(o, log, false)
	return hidden == 0
}

// alike checks that lines of the same shape are judged alike.
func alike(t *testing.T, rng *rand.Rand, o *Options, text []byte) {
	var l line
	NewNormalizer(o, 0, input.Carry{}, nil).read(&l, text)
	if !bytes.Equal(l.text, text) {
		return // it is not judged as it stands
	}
	stamp := l.stampLen()
	for range 8 {
		other := append(bytes.Clone(text[:stamp]), otherNumbers(rng, text[stamp:])...)
		if stays(o, text) != stays(o, other) {
			t.Fatalf("it stays: %v\n%s\n%s", stays(o, text), text, other)
		}
	}
}

func TestShapesAreJudgedAlike(t *testing.T) {
	o, rng := concealing()["off"], rand.New(rand.NewPCG(1, 0))
	for _, name := range []string{"v0.13.5-info.log", "v0.13.5-debug.log"} {
		log, err := os.ReadFile(corpusDir + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(log[:min(len(log), 200<<10)]) {
			alike(t, rng, o, bytes.TrimSuffix(line, []byte("\n")))
		}
	}
}

// FuzzShape: whatever text stands in whatever place, other numbers change no verdict.
func FuzzShape(f *testing.F) {
	for i := range textPlaces {
		for _, text := range []string{"model loaded", "404 page not found", "at 5.5 of 17", "{5:uint32}", `x="12 tokens"`} {
			f.Add(uint(i), text, uint64(i))
		}
	}
	o := concealing()["off"]
	f.Fuzz(func(t *testing.T, place uint, text string, seed uint64) {
		var line string
		if n := place % uint(len(textPlaces)+2); n < uint(len(textPlaces)) {
			line = strings.ReplaceAll(textPlaces[n], "MARKER", text)
		} else {
			line = fmt.Sprintf("%smsg=%q x=%s", []string{infoStamp, debugStamp}[n&1], text, text)
		}
		alike(t, rand.New(rand.NewPCG(seed, 0)), o, []byte(line))
	})
}

// FuzzNextDigit: eight bytes at a time find what one at a time does.
func FuzzNextDigit(f *testing.F) {
	f.Add([]byte("abc 0:9/;\x00\x01\x02\x80\xb0\xb9 the rest of it 1"), 0)
	f.Fuzz(func(t *testing.T, text []byte, from int) {
		from = max(0, min(from, len(text)))
		want := from
		for want < len(text) && (text[want] < '0' || text[want] > '9') && text[want] != anyDigit {
			want++
		}
		if got := nextDigit(text, from); got != want {
			t.Errorf("got %d, want %d", got, want)
		}
	})
}
