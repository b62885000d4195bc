package lineartest

import (
	"bytes"
	"testing"
)

func TestGrows(t *testing.T) {
	var seen int
	linear := func(text []byte) { seen += bytes.Count(text, []byte("a")) }
	square := func(text []byte) {
		for i := range text {
			seen += bytes.Count(text[i:], []byte("a"))
		}
	}
	if Grows(linear, "x%y", "ab") {
		t.Error("one look at each byte takes the square of the text")
	}
	if !Grows(square, "x%y", "ab") {
		t.Error("a look at all that follows each byte does not take the square of the text")
	}
}
