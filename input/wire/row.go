package wire

// row are the flows of one stage, the longest silent first.
type row struct {
	ends  links // ring: next is the longest silent, prev the last that was heard
	count int
	most  int
}

// links make a ring of flows and the row that they are in.
type links struct {
	prev, next *links
	flow       *flow // nil: the row's own
	heard      int64 // when it was last
}

func (r *row) init() { r.ends.prev, r.ends.next = &r.ends, &r.ends }

// add puts l last.
func (r *row) add(l *links, now int64) {
	l.heard = now
	l.prev, l.next = r.ends.prev, &r.ends
	l.prev.next, l.next.prev = l, l
	r.count++
}

func (r *row) remove(l *links) {
	l.prev.next, l.next.prev = l.next, l.prev
	l.prev, l.next = nil, nil
	r.count--
}

// touch notes that l was heard.
func (r *row) touch(l *links, now int64) {
	l.heard = now
	if r.ends.prev == l {
		return
	}
	r.remove(l)
	r.add(l, now)
}

// excess returns the flow that has to go because there are too many; nil: none.
func (r *row) excess() *flow {
	if r.count > r.most {
		return r.ends.next.flow
	}
	return nil
}
