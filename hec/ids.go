package hec

// idWindow is how far behind the highest id one may come and still be late: the
// replies to POSTs that were out together come in any order.
const idWindow = 4096

// ids are those that a receiver gave on one channel. It counts upwards, so one that
// comes again was given by another node, or by a receiver that has restarted and
// begun anew. That is not seen if the reply that would show it is lost.
type ids struct {
	seen map[int64]struct{} // within idWindow of top
	top  int64              // the highest
}

// fresh notes an id and reports whether it can be the only one of its number.
func (s *ids) fresh(id int64) bool {
	if s.seen == nil {
		s.seen, s.top = map[int64]struct{}{}, id
	}
	if _, again := s.seen[id]; again || id <= s.top-idWindow {
		return false
	}
	if id >= s.top+idWindow {
		clear(s.seen)
		s.top = id
	}
	for ; s.top < id; s.top++ {
		delete(s.seen, s.top+1-idWindow)
	}
	s.seen[id] = struct{}{}
	return true
}
