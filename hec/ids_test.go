package hec

import (
	"testing"
	"time"
)

func TestIdsThatComeAgain(t *testing.T) {
	count := func(from, to int64) (ids []int64) {
		for id := from; id <= to; id++ {
			ids = append(ids, id)
		}
		return ids
	}
	for _, tt := range []struct {
		name  string
		seen  []int64
		next  int64
		fresh bool
	}{
		{"the first is 0", nil, 0, true},
		{"the first is 1", nil, 1, true},
		{"in order", count(0, 9), 10, true},
		{"late, as replies of several lanes are", []int64{7, 5}, 6, true},
		{"before the first", []int64{1}, 0, true},
		{"the same at once", []int64{0}, 0, false},
		{"the same later", count(1, 100), 1, false},
		{"begun anew, long after", count(0, 2*idWindow), 0, false},
		{"as late as can be", []int64{idWindow}, 1, true},
		{"later than can be", []int64{idWindow}, 0, false},
		{"a leap", []int64{3}, 1 << 60, true},
		{"back after a leap", []int64{3, 1 << 60}, 4, false},
	} {
		var s ids
		for _, id := range tt.seen {
			if !s.fresh(id) {
				t.Fatalf("%s: %d has not come before", tt.name, id)
			}
		}
		if got := s.fresh(tt.next); got != tt.fresh {
			t.Errorf("%s: %d is fresh: %v", tt.name, tt.next, got)
		}
		if len(s.seen) > idWindow {
			t.Errorf("%s: %d ids are remembered", tt.name, len(s.seen))
		}
	}
}

// Those that do not come do not keep the others from being asked for.
func TestEveryIdGetsItsTurn(t *testing.T) {
	m := acks{pending: map[int64]*ack{}}
	for id := range int64(2*pollIDs + 1) {
		m.pending[id] = new(ack)
	}
	m.pending[3].cancelled = true
	asked := map[int64]bool{}
	for range 3 {
		ids, _, _ := m.nextIDs(time.Now())
		m.over()
		if len(ids) > pollIDs {
			t.Errorf("%d in one poll", len(ids))
		}
		for _, id := range ids {
			asked[id] = true
		}
	}
	if len(asked) != len(m.pending)-1 || asked[3] {
		t.Errorf("asked for %d of %d", len(asked), len(m.pending)-1)
	}
}
