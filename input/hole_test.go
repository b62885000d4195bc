package input

import (
	"strings"
	"testing"
)

// A few zeros are text, as whoever wrote them wanted; many are a hole.
func TestHole(t *testing.T) {
	hole := strings.Repeat("\x00", leastHole)
	for text, want := range map[string][2]int{
		"":                             {-1, -1},
		"text":                         {-1, -1},
		"a\x00b":                       {-1, -1},
		hole[1:]:                       {-1, -1},
		hole:                           {0, leastHole},
		"a" + hole + "b":               {1, 1 + leastHole},
		"a\x00b" + hole + hole + "c":   {3, 3 + 2*leastHole},
		"a" + hole + "b" + hole + "cd": {1, 1 + leastHole},
	} {
		if from, to := Hole([]byte(text)); [2]int{from, to} != want {
			t.Errorf("%q: %d to %d, want %v", text, from, to, want)
		}
	}
}
