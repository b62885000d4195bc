package exchange

import "sync/atomic"

// room is how much text all conversations may hold together, so that many at once cost
// no more than a few large ones. What finds no room is cut shorter.
type room struct{ left atomic.Int64 }

// take takes up to n bytes, and says how many it got.
func (r *room) take(n int) int {
	if r.left.Add(-int64(n)) >= 0 {
		return n
	}
	r.left.Add(int64(n))
	return 0
}

func (r *room) give(n int) { r.left.Add(int64(n)) }

// kept is the beginning of a text, and how long the whole is.
type kept struct {
	text   []byte
	length int64
	most   int
	room   *room
}

// add adds a further part.
func (k *kept) add(p []byte) {
	k.length += int64(len(p))
	fits := min(len(p), k.most-len(k.text))
	if fits <= 0 || int64(len(k.text)) < k.length-int64(len(p)) {
		return // a part is missing already
	}
	k.text = append(k.text, p[:k.room.take(fits)]...)
}

// addAll adds another text, of which not all may be kept.
func (k *kept) addAll(other *kept) {
	k.add(other.text)
	k.length += other.length - int64(len(other.text))
}

// join adds a further text, in a line of its own.
func (k *kept) join() {
	if k.length > 0 {
		k.add([]byte{'\n'})
	}
}

// whole reports whether all of the text is kept.
func (k *kept) whole() bool { return int64(len(k.text)) == k.length }

// clear forgets the text, and keeps its memory for another one.
func (k *kept) clear() {
	k.room.give(len(k.text))
	k.text, k.length = k.text[:0], 0
}

// short is a text of which no more than a few hundred bytes count.
type short struct {
	text []byte
	most int
	open bool // its end was not seen yet
}

// restart begins the text anew.
func (s *short) restart() { s.text, s.open = s.text[:0], true }

func (s *short) add(p []byte) {
	s.text = append(s.text, p[:min(len(p), max(0, s.most-len(s.text)))]...)
}

func (s *short) end() { s.open = false }

// whole is the text, if its end was seen.
func (s *short) whole() []byte {
	if s.open {
		return nil
	}
	return s.text
}

// restart begins a text anew if the value that begins is one.
func restart(s *short, first byte) bool {
	if first == '"' {
		s.restart()
	}
	return first == '"'
}
