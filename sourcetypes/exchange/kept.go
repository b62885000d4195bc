package exchange

import "sync/atomic"

// room is how much text all conversations may hold together, so that many at once cost
// no more than a few large ones. What finds no room is cut shorter.
type room struct {
	left  atomic.Int64
	swell swell
}

// take takes up to n bytes, and says how many it got.
func (r *room) take(n int) int {
	if r.left.Add(-int64(n)) >= 0 {
		return n
	}
	r.left.Add(int64(n))
	return 0
}

func (r *room) give(n int) { r.left.Add(int64(n)) }

// share is what the texts of one conversation may take: a little that is its own, so that
// others who take all of the room do not leave it without words, and what room there is.
type share struct {
	own  int // bytes that are left of it
	room *room
}

// ownText is how much of its texts a conversation may always hold: what is shipped of one
// that is cut, and slack.
const ownText = 4<<10 + slack

// kept is the beginning of a text, and how long the whole is.
type kept struct {
	text   []byte
	length int64
	most   int
	from   *share
	owns   int  // how much of text is of what the conversation always has
	denied bool // it would be longer if there had been room
}

// add adds a further part.
func (k *kept) add(p []byte) {
	k.length += int64(len(p))
	fits := min(len(p), k.most-len(k.text))
	if fits <= 0 || int64(len(k.text)) < k.length-int64(len(p)) {
		return // a part is missing already
	}
	k.text = append(k.text, p[:k.take(fits)]...)
}

// take takes up to n bytes, and says how many it got.
func (k *kept) take(n int) int {
	own := min(n, k.from.own)
	k.from.own -= own
	k.owns += own
	got := own
	if n > own {
		got += k.from.room.take(n - own)
		k.denied = k.denied || got < n
	}
	return got
}

// addAll adds another text, of which not all may be kept.
func (k *kept) addAll(other *kept) {
	k.add(other.text)
	k.length += other.length - int64(len(other.text))
	k.denied = k.denied || other.denied
}

// join adds a further text, in a line of its own.
func (k *kept) join() {
	if k.length > 0 {
		k.add([]byte{'\n'})
	}
}

// whole reports whether all of the text is kept.
func (k *kept) whole() bool { return int64(len(k.text)) == k.length }

// maxSpare is how much memory is kept for the next text. It is not a part of the room.
const maxSpare = 4 << 10

// clear forgets the text, and keeps its memory for another one if it is not much.
func (k *kept) clear() {
	k.from.room.give(len(k.text) - k.owns)
	k.from.own += k.owns
	if cap(k.text) > maxSpare {
		k.text = nil
	}
	k.text, k.length, k.owns, k.denied = k.text[:0], 0, 0, false
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
