package journald

import "bytes"

// meeting finds the entry that was read last in what journalctl shows after a start: that entry
// and those before it were read. In the same sequence its number identifies it; in another one,
// where numbers differ, its place within its microsecond, and its hash.
type meeting struct {
	last []byte // cursor of the entry read last
	nth  int    // in its microsecond

	others []shown        // entries of that microsecond in other sequences
	count  map[string]int // of them, by sequence
}

// shown is an entry that journalctl showed, and the line it stands in.
type shown struct{ cursor, line []byte }

// outcome is the result of a meeting.
type outcome struct {
	met  bool    // the entry was found
	last []byte  // where it was met
	nth  int     // in its microsecond, there
	read []shown // what was read before
	rest []shown // what comes after, or is of other sequences
}

func newMeeting(last string, r run) *meeting {
	return &meeting{last: []byte(last), nth: max(r.Nth, 1), count: map[string]int{}}
}

// take looks at the next entry. It returns nil as long as nothing is decided.
func (m *meeting) take(e shown) *outcome {
	same := sameSequence(e.cursor, m.last)
	switch {
	case bytes.Equal(e.cursor, m.last):
		return &outcome{met: true, last: m.last, nth: m.nth, read: []shown{e}, rest: m.others}
	case !sameMoment(e.cursor, m.last), same && after(e.cursor, m.last):
		o := m.settle()
		o.rest = append(o.rest, e)
		return o
	case same:
		return nil // read before
	}
	m.others = append(m.others, shown{bytes.Clone(e.cursor), bytes.Clone(e.line)})
	of := string(sequence(e.cursor))
	m.count[of]++
	switch n := m.count[of]; {
	case n >= m.nth && sameHash(e.cursor, m.last):
		return m.metAt(len(m.others) - 1)
	case n == m.nth && m.like() >= 0:
		return m.metAt(m.like())
	}
	return nil
}

// settle decides by what has come. If the entry is not at its place, an equal one elsewhere
// counts.
func (m *meeting) settle() *outcome {
	if i := m.like(); i >= 0 {
		return m.metAt(i)
	}
	return &outcome{rest: m.others}
}

// like returns the index of the first of the others with the content of the entry read last, or
// -1.
func (m *meeting) like() int {
	for i := range m.others {
		if sameHash(m.others[i].cursor, m.last) {
			return i
		}
	}
	return -1
}

// metAt returns the outcome if the entry read last is number i of the others.
func (m *meeting) metAt(i int) *outcome {
	o := &outcome{met: true, last: m.others[i].cursor}
	for j, e := range m.others {
		if j <= i && sameSequence(e.cursor, o.last) {
			o.read = append(o.read, e)
		} else {
			o.rest = append(o.rest, e)
		}
	}
	o.nth = len(o.read)
	return o
}
