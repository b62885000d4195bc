package lineartest

import (
	"bytes"
	"testing"
)

func TestGrows(t *testing.T) {
	var seen int
	linear := func(text []byte) { seen += bytes.Count(text, []byte("a")) }
	square := func(text []byte) { // a byte at a time: what counts many at once costs little more for more
		for i := range text {
			for at := i; at < len(text); at += 256 {
				if text[at] == 'a' {
					seen++
				}
			}
		}
	}
	if Grows(linear, "x%y", "ab") {
		t.Error("one look at each byte takes the square of the text")
	}
	if !Grows(square, "x%y", "ab") {
		t.Error("a look at all that follows each byte does not take the square of the text")
	}
}
