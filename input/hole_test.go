package input

import (
	"strings"
	"testing"
)

// A few zeros are text, as whoever wrote them wanted; many are a hole.
func TestHole(t *testing.T) {
	hole := strings.Repeat("\x00", LeastHole)
	for text, want := range map[string][2]int{
		"":                             {-1, -1},
		"text":                         {-1, -1},
		"a\x00b":                       {-1, -1},
		hole[1:]:                       {-1, -1},
		hole:                           {0, LeastHole},
		"a" + hole + "b":               {1, 1 + LeastHole},
		"a\x00b" + hole + hole + "c":   {3, 3 + 2*LeastHole},
		"a" + hole + "b" + hole + "cd": {1, 1 + LeastHole},
	} {
		if from, to := Hole([]byte(text)); [2]int{from, to} != want {
			t.Errorf("%q: %d to %d, want %v", text, from, to, want)
		}
	}
}
