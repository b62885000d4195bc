package sourcetypes

import (
	"encoding/binary"
	"math/bits"

	"ollama-hec/sourcetypes/known"
)

// A log says the same again and again with other numbers. What a text is judged to be
// depends on its numbers only where they are part of a word that is looked up, and the
// tables of such words have few numbers in them (known.Number), or none at all where a
// word begins. All else that is asked of a digit is whether it is one. So texts that
// differ in other numbers alone, of as many digits, are judged alike.

// The same holds for the digits of a long hash: no word that is looked up has one.

// anyDigit stands in a shape for a digit that does not matter.
const anyDigit = 1

// shape appends to dst the text with anyDigit for each digit of the numbers in it that do
// not matter. Texts of the same shape are judged alike. It is nil if the text itself has
// such a byte.
func shape(dst, text []byte) []byte {
	from := len(dst)
	dst = append(dst, text...)
	s := dst[from:]
	for i := nextDigit(s, 0); i < len(s); i = nextDigit(s, i) {
		if s[i] == anyDigit {
			return nil
		}
		end := numberEnd(s, i)
		for j := i; j < end; j++ {
			if digit(s[j]) {
				s[j] = anyDigit
			}
		}
		i = max(i+1, end)
	}
	return dst
}

// nextDigit is where the next digit or anyDigit stands, from i on. It passes over eight
// bytes at a time that are neither.
func nextDigit(s []byte, i int) int {
	for ; i+8 <= len(s); i += 8 {
		// A byte less than n makes the top bit of its place in (x-n)&^x; one of 0x80 or
		// more does not, and a byte may because the one before it did.
		x := binary.LittleEndian.Uint64(s[i:])
		digits := x ^ '0'*each
		if found := ((digits-10*each)&^digits | (x-(anyDigit+1)*each)&^x) & (0x80 * each); found != 0 {
			i += bits.TrailingZeros64(found) / 8
			break
		}
	}
	for i < len(s) && !digit(s[i]) && s[i] != anyDigit {
		i++
	}
	return i
}

const each = 0x0101010101010101

// numberEnd is where a number, or the rest of a hash, ends whose digits from i on do not
// matter; i if they do.
func numberEnd(text []byte, i int) int {
	if end := known.NumberAt(text, i); end > i && !known.Number(text[i:end]) {
		return end
	}
	if i+longHash > len(text) || !hexDigit(text[i+longHash-1]) {
		return i
	}
	end := i
	for end < len(text) && hexDigit(text[end]) {
		end++
	}
	if end-i < longHash {
		return i
	}
	return end
}

// longHash is how many hexadecimal digits in a row no word has that is looked up.
const longHash = 32
