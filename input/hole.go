package input

import "bytes"

// LeastHole is how many zeros in a row are no text: where less was written to a disk
// than should have been, as after a power cut, whole blocks are missing.
const LeastHole = 16

// Hole returns where in a text the first hole begins and ends: a run of zeros that is too long
// to have been written. from is -1 if there is none.
func Hole(text []byte) (from, to int) {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], 0)
		if i < 0 {
			return -1, -1
		}
		from = at + i
		for to = from; to < len(text) && text[to] == 0; to++ {
		}
		if to-from >= LeastHole {
			return from, to
		}
		at = to
	}
}
