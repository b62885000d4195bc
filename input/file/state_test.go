package file

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// stateTable is the transitions as DESIGN.md shows them.
func stateTable() string {
	names := []string{"departs", "returns", "empties", "refills", "rests", "changes", "displaces", "vanishes", "moves",
		"comesHome", "runsOut", "reports", "retires"}
	var b strings.Builder
	b.WriteString("| state | what happens, and the state after it |\n| --- | --- |\n")
	for s := active; s <= retired; s++ {
		var row []string
		for e := departs; e <= retires; e++ {
			if next, ok := s.after(e); ok {
				row = append(row, fmt.Sprintf("%s: %s", names[e], next))
			}
		}
		fmt.Fprintf(&b, "| %s | %s |\n", s, strings.Join(row, " · "))
	}
	return b.String()
}

func TestTheDesignShowsTheStates(t *testing.T) {
	text, err := os.ReadFile("DESIGN.md")
	if err != nil {
		t.Fatal(err)
	}
	if table := stateTable(); !strings.Contains(string(text), table) {
		t.Errorf("DESIGN.md lacks the table\n%s", table)
	}
}

// From the first state every other is reached, from every other the last, and nothing
// that is over begins again.
func TestStates(t *testing.T) {
	reach := func(from state) map[state]bool {
		seen, todo := map[state]bool{from: true}, []state{from}
		for len(todo) > 0 {
			for e := departs; e <= retires; e++ {
				if next, ok := todo[0].after(e); ok && !seen[next] {
					seen[next], todo = true, append(todo, next)
				}
			}
			todo = todo[1:]
		}
		return seen
	}
	for s := active; s <= retired; s++ {
		if !reach(active)[s] {
			t.Errorf("nothing becomes %s", s)
		}
		if !reach(s)[retired] {
			t.Errorf("what is %s stays so for ever", s)
		}
		if s.isOver() &&
			slices.ContainsFunc(
				[]state{active, rotated, drained, quiet, displaced, sought},
				func(live state) bool { return reach(s)[live] },
			) {
			t.Errorf("what is %s begins again", s)
		}
	}
	if s, ok := retired.after(departs); ok || s != retired {
		t.Errorf("what is not in the table happened: %s", s)
	}
}
