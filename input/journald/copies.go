package journald

import "bytes"

// copies drops the second copy of an entry that journalctl shows twice. While journald moves the
// volatile journal to disk an entry is in two files; among entries of one microsecond journalctl
// recognizes copies by their hashes only, and shows some again.
//
// Entries of one microsecond with the same content have the same hash, too. So as many are
// passed on as the file has that holds most of them.
type copies struct {
	moment   []byte   // of the entry before
	only     []byte   // the one sequence met in this microsecond
	hashes   []uint64 // of what was let through while there was only one
	passed   map[uint64]int
	arrivals map[arrival]int // nil: there is only one sequence
}

type arrival struct {
	sequence string
	hash     uint64
}

// maxCopies bounds the memory; copies of entries after so many are not dropped.
const maxCopies = 1 << 16

// pass reports whether the entry at cursor has not been shown before.
func (c *copies) pass(cursor []byte) bool {
	at, from := moment(cursor), sequence(cursor)
	if at == nil || !bytes.Equal(at, c.moment) {
		c.moment, c.only = append(c.moment[:0], at...), append(c.only[:0], from...)
		c.hashes, c.passed, c.arrivals = c.hashes[:0], nil, nil
	}
	hash := hashOf(cursor)
	if c.arrivals == nil && bytes.Equal(from, c.only) {
		if len(c.hashes) < maxCopies {
			c.hashes = append(c.hashes, hash)
		}
		return true
	}
	if c.arrivals == nil {
		c.count()
	}
	this := arrival{string(from), hash}
	c.arrivals[this]++
	if c.arrivals[this] <= c.passed[hash] {
		return false
	}
	c.passed[hash]++
	return true
}

// count begins to count by sequence.
func (c *copies) count() {
	c.passed, c.arrivals = map[uint64]int{}, map[arrival]int{}
	for _, hash := range c.hashes {
		c.passed[hash]++
		c.arrivals[arrival{string(c.only), hash}]++
	}
}
