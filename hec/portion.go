package hec

import "slices"

// Where a gateway gives up waiting before HEC has answered, HEC may take the events
// all the same, and again each time they are sent. Smaller bodies are answered
// sooner: from the second such reply in a row on the portions are halved, and they
// grow again while all goes well.
const (
	lateReplies = 2
	growAfter   = 16 // replies in time
	portionMost = 1 << 20
)

// portion is how much of a batch an endpoint gets at once. Guarded by client.mu.
type portion struct {
	most int // bytes before gzip; 0: all
	late int // replies of a gateway that has waited in vain, in a row
	size int // of the last body that it waited for
	good int // replies in time, since most was changed
}

// tooLate notes that a body of that size was not answered in time. It reports
// whether that has become a habit.
func (p *portion) tooLate(size int) bool {
	p.late++
	p.good, p.size = 0, size
	if p.late < lateReplies {
		return false
	}
	p.most = max(size/2, 1)
	return true
}

// inTime notes that a body of that size was answered. Small ones show nothing.
func (p *portion) inTime(size int) {
	if 2*size < p.size || 2*size < p.most {
		return
	}
	p.late = 0
	if p.most == 0 {
		return
	}
	if p.good++; p.good >= growAfter {
		p.good = 0
		if p.most *= 2; p.most >= portionMost {
			p.most = 0
		}
	}
}

// of is how many of the events that end there make a portion: at least one.
func (p *portion) of(ends []int32) int {
	if p.most == 0 || len(ends) == 0 {
		return len(ends)
	}
	n, _ := slices.BinarySearch(ends, int32(p.most+1))
	return max(n, 1)
}
