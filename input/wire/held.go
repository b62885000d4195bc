package wire

import "slices"

// held is what a side said after bytes that are missing. It owns its data.
type held struct {
	seq  uint32
	data []byte
	fin  bool // the side closed after it
	at   int64
}

func (h *held) end() uint32 { return h.seq + uint32(len(h.data)) }

// cost is what h takes of the room.
func (h *held) cost() int { return len(h.data) + costHeld }

const costHeld = 64

// room is how much may be held: by one stream, so that nobody takes it all, and
// by all of them.
type room struct {
	used   int
	total  int
	stream int
}

// waiting are the segments held of one stream, in the order of their sequence
// numbers, none within another.
type waiting struct {
	list []held
	used int
}

// most segments are held of one stream, so that the order is cheap to keep.
const mostHeld = 1024

// insert keeps a copy of what a segment said, if there is room. Where there is
// none, what is furthest from next goes: its bytes count as lost if the peer
// acknowledges them. Of segments that overlap the one that begins earlier is
// believed, of two that begin alike the longer.
func (w *waiting) insert(h held, next uint32, r *room) {
	i, _ := slices.BinarySearchFunc(w.list, h.seq, func(a held, seq uint32) int {
		return int(int32(a.seq-next)) - int(int32(seq-next))
	})
	if i > 0 && covers(&w.list[i-1], &h) || i < len(w.list) && covers(&w.list[i], &h) {
		return
	}
	j := i
	for j < len(w.list) && covers(&h, &w.list[j]) {
		w.release(&w.list[j], r)
		j++
	}
	w.list = slices.Delete(w.list, i, j)
	for w.full(h.cost(), r) {
		last := len(w.list) - 1
		if i > last {
			return
		}
		w.release(&w.list[last], r)
		w.list = slices.Delete(w.list, last, last+1)
	}
	h.data = slices.Clone(h.data)
	w.used += h.cost()
	r.used += h.cost()
	w.list = slices.Insert(w.list, i, h)
}

// full reports whether cost more is too much.
func (w *waiting) full(cost int, r *room) bool {
	return len(w.list) >= mostHeld || w.used+cost > r.stream || r.used+cost > r.total
}

// covers reports whether all that b says is in a.
func covers(a, b *held) bool {
	inside := int32(b.seq-a.seq) >= 0 && int32(a.end()-b.end()) >= 0
	return inside && (!b.fin || a.fin && a.end() == b.end())
}

// first returns the segment that comes next, nil: none is held.
func (w *waiting) first() *held {
	if len(w.list) == 0 {
		return nil
	}
	return &w.list[0]
}

// drop removes the first n.
func (w *waiting) drop(n int, r *room) {
	for i := range n {
		w.release(&w.list[i], r)
	}
	w.list = slices.Delete(w.list, 0, n)
	if len(w.list) == 0 {
		w.list = nil
	}
}

func (w *waiting) release(h *held, r *room) {
	w.used -= h.cost()
	r.used -= h.cost()
}
