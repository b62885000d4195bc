package harness

import (
	"reflect"
	"testing"
)

func TestLedger(t *testing.T) {
	first, second := Arrival{Life: 1}, Arrival{Life: 2}
	unsure := Arrival{Life: 1, Ambiguous: true}
	type coming struct {
		line string
		how  Arrival
	}
	for _, test := range []struct {
		name string
		came []coming
		want Tally
	}{
		{"nothing", nil, Tally{Written: 3, Lost: 3}},
		{"all", []coming{{"w-0", first}, {"w-1", first}, {"w-2", second}}, Tally{Written: 3, Came: 3}},
		{"one again", []coming{{"w-0", first}, {"w-0", first}}, Tally{Written: 3, Came: 1, Lost: 2, Unexcused: 1}},
		{"again after a crash", []coming{{"w-0", first}, {"w-0", second}}, Tally{Written: 3, Came: 1, Lost: 2, AfterCrash: 1}},
		{"before a crash, read only now", []coming{{"w-0", second}, {"w-0", first}}, Tally{Written: 3, Came: 1, Lost: 2, AfterCrash: 1}},
		{"again after no reply", []coming{{"w-0", unsure}, {"w-0", first}}, Tally{Written: 3, Came: 1, Lost: 2, AfterAmbiguous: 1}},
		{"again and again", []coming{{"w-0", unsure}, {"w-0", first}, {"w-0", first}}, Tally{Written: 3, Came: 1, Lost: 2, AfterAmbiguous: 1, Unexcused: 1}},
		{"in disorder", []coming{{"w-2", first}, {"w-0", first}, {"w-1", first}}, Tally{Written: 3, Came: 3, Disordered: 2}},
		{"of two writers", []coming{{"w-2", first}, {"v-0", first}}, Tally{Written: 3, Came: 2, Lost: 2, Foreign: 1}},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := NewLedger()
			l.Write("w", 0, 3)
			for _, c := range test.came {
				l.Take(c.line, c.how)
			}
			got := l.Tally()
			if missing, _ := l.Missing(); missing != got.Lost {
				t.Errorf("%d are missing and %d lost", missing, got.Lost)
			}
			if got.Examples = nil; !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestALineWrittenTwiceMayComeTwice(t *testing.T) {
	l := NewLedger()
	l.Due("same")
	l.Expect("same", 2)
	for range 3 {
		l.Take("same", Arrival{})
	}
	if got := l.Tally(); got.Unexcused != 1 || got.Foreign+got.Lost > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestTheLedgerSeesWhatOvertakes(t *testing.T) {
	l := NewLedger()
	l.Write("w", 0, 3)
	for _, line := range []string{"w-0", "w-2", "w-2", "w-0", "w-1"} {
		l.See(line)
	}
	if got := l.Tally(); got.Overtaking != 1 || got.Came+got.Disordered > 0 {
		t.Errorf("got %+v, want one overtaking", got)
	}
}
