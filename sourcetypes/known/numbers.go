package known

import "sync"

// Numbers in a text: where one begins, and which of them are part of a known text.

// NumberAt returns where the number ends, without a dot behind it, that begins at i of a
// text: where a word can begin, behind a space, a quote, an = or their like. It returns i
// if none does.
func NumberAt[T ~[]byte | ~string](text T, i int) int {
	if text[i]-'0' > 9 || i > 0 && !opens[text[i-1]] {
		return i
	}
	end := i
	for end < len(text) && (text[end]-'0' <= 9 || text[end] == '.') {
		end++
	}
	for text[end-1] == '.' {
		end--
	}
	return end
}

// opens has what a word can stand behind.
var opens = func() (t [256]bool) {
	for _, c := range []byte(" \t\"=:,;|&?!*<>()[]{}") {
		t[c] = true
	}
	return t
}()

// numbers has the numbers of the known texts, by their length and the first two bytes;
// other numbers that are alike in these count as known, too.
type numbers [1 << 11]bool

func (n *numbers) addAll(text string) {
	for i := range len(text) {
		if end := NumberAt(text, i); end > i {
			n[slot(text[i:end])] = true
		}
	}
}

// slot is where a number of a digit at least is noted.
func slot[T ~[]byte | ~string](number T) int {
	second := byte(0)
	if len(number) > 1 {
		second = number[1] & 15 // a digit, or 14 for the dot
	}
	return min(len(number), 7)<<8 | int(number[0]&15)<<4 | int(second)
}

var inTexts = sync.OnceValue(func() *numbers {
	n := new(numbers)
	n.addAll("0") // of 0x
	for _, text := range [...]string{messagesText, phrasesText} {
		n.addAll(text)
	}
	return n
})

// Number reports whether a number as NumberAt finds it may stand in a known text. Whatever
// other number stands in its place, no text with it in is known.
func Number(number []byte) bool { return inTexts()[slot(number)] }
