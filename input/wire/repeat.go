package wire

import (
	"bytes"
	"hash/maphash"
	"slices"
	"time"
)

// A client that sends what its server drops, in the place of what it says, would have words told that were
// never said: a server has many reasons to drop a segment, and we do not know them all. But what was
// dropped has to be said again. So what a client says twice before the server has acknowledged it
// is compared.

// repeats are the last segments of a client that were told.
type repeats struct {
	last   [mostRepeats]repeat
	count  int
	window uint16 // of the server's last segment
	denied number // where the server said that it has not got what was told
}

const mostRepeats = 8

type repeat struct {
	seq    uint32
	length int
	hash   uint64
}

var seed = maphash.MakeSeed()

// keep notes a segment whose payload is told.
func (r *repeats) keep(g *segment) {
	r.last[r.count%mostRepeats] = repeat{g.seq, len(g.payload), maphash.Bytes(seed, g.payload)}
	r.count++
}

// contradicts reports whether a segment says again what was told, and says something else, as far as that can
// be known: where the same segment is not kept, the server has denied to have it.
func (r *repeats) contradicts(g *segment) bool {
	for i := range min(r.count, mostRepeats) {
		if l := &r.last[i]; l.seq == g.seq && l.length == len(g.payload) {
			return l.hash != maphash.Bytes(seed, g.payload)
		}
	}
	return r.denied.known && ahead(g.seq, r.denied.seq) <= 0 && ahead(g.end(), r.denied.seq) > 0
}

// mostDenied is how much a server may deny: of more, as under way in a large upload, it may have dropped
// some for want of room.
const mostDenied = 64 << 10

// deny notes what the server acknowledges of the client's stream. Nothing but what it had acknowledged
// before is a denial, if it has room, and does not only say that it has more room now.
func (r *repeats) deny(s *stream, g *segment, before uint32) {
	known, same := r.window != 0, r.window == g.window
	r.window = g.window
	if r.denied.known && ahead(s.acked, r.denied.seq) > 0 {
		r.denied.known = false
	}
	told := ahead(s.next, g.ack)
	if g.length == 0 && g.ack == before && told > 0 && told <= mostDenied && g.window != 0 && (same || !known) {
		r.denied = number{true, g.ack}
	}
}

// compare looks at a segment of the client before it is taken.
func (f *flow) compare(g *segment, at int64) {
	s := &f.sides[FromClient]
	if g.length == 0 || g.length > len(g.payload) || !s.known || s.finished {
		return
	}
	place := ahead(g.seq, s.next)
	unacknowledged := !s.answered || ahead(g.end(), s.acked) > 0
	switch {
	case place == 0:
		f.repeats.keep(g)
	case place < 0 && unacknowledged && f.repeats.contradicts(g), place > 0 && s.waiting.contradicts(g):
		f.table.stats.Contradictions++
		f.talk.Contradicted(FromClient, time.Unix(0, at))
	}
}

// contradicts reports whether a segment says something else than the same segment that is held.
func (w *waiting) contradicts(g *segment) bool {
	i, found := slices.BinarySearchFunc(w.list, g.seq, func(h held, seq uint32) int { return ahead(h.seq, seq) })
	return found && len(w.list[i].data) == len(g.payload) && !bytes.Equal(w.list[i].data, g.payload)
}
