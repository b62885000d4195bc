package spl

import (
	"fmt"
	"testing"
)

// What a search keeps of events that it gets one at a time depends on its result, not on
// their number, as far as its commands allow.
func TestStreamKeepsLittle(t *testing.T) {
	const events = 20000
	for search, most := range map[string]int{
		`* | eval a=n%7 | stats count, values(a) as v by a`: 0,
		`* | timechart span=1h count by k`:                  0,
		`k=1 | sort 5 - n`:                                  10,
		`* | head 5`:                                        5,
		`* | dedup k`:                                       10,
		`* | where n>10`:                                    events, // every row is a result
	} {
		s, err := Compile(search, Env{})
		if err != nil {
			t.Fatal(err)
		}
		st := s.Stream()
		for i := range events {
			st.Add(Row{"_time": {fmt.Sprint(i)}, "n": {fmt.Sprint(i)}, "k": {fmt.Sprint(i % 10)}})
		}
		kept := st.Held()
		switch f := st.fold.(type) {
		case *sortingFold:
			kept += len(f.rows)
		case *headFold:
			kept += len(f.rows)
		case *dedupFold:
			kept += len(f.rows)
		}
		if kept > most {
			t.Errorf("%s keeps %d rows, more than %d", search, kept, most)
		}
	}
}
