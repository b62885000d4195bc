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
	fresh  bool // hash is not taken yet: the table has the payload
	length int
	hash   uint64
}

// fresh is the payload of a segment that was told, while its packet is still there.
type fresh struct {
	of      *flow
	told    *repeat
	seq     uint32 // where told is of another segment by now, this one is not asked for any more
	payload []byte
}

var seed = maphash.MakeSeed()

// keep notes a segment whose payload is told. Its hash is not taken before release: it would cost as
// much as all else of a large upload, and most of that is acknowledged by then.
func (f *flow) keep(g *segment) {
	told := &f.repeats.last[f.repeats.count%mostRepeats]
	*told = repeat{seq: g.seq, fresh: true, length: len(g.payload)}
	f.repeats.count++
	f.table.fresh = append(f.table.fresh, fresh{f, told, g.seq, g.payload})
}

// release lets go of the packets that were taken: whoever has them may use their memory again.
func (t *table) release() {
	for i := range t.fresh {
		x := &t.fresh[i]
		switch s := &x.of.sides[FromClient]; {
		case !x.told.fresh || x.told.seq != x.seq:
		case s.answered && ahead(x.seq+uint32(x.told.length), s.acked) <= 0:
			*x.told = repeat{} // what was acknowledged is not compared any more
		default:
			x.hash()
		}
	}
	clear(t.fresh)
	t.fresh = t.fresh[:0]
}

func (x *fresh) hash() { x.told.fresh, x.told.hash = false, maphash.Bytes(seed, x.payload) }

// hashed returns the hash of a segment that was told.
func (t *table) hashed(told *repeat) uint64 {
	for i := range t.fresh {
		if x := &t.fresh[i]; told.fresh && x.told == told && x.seq == told.seq {
			x.hash()
		}
	}
	return told.hash
}

// contradicts reports whether a segment says again what was told, and says something else, as far as that can
// be known: where the same segment is not kept, the server has denied to have it.
func (f *flow) contradicts(g *segment) bool {
	r := &f.repeats
	for i := range min(r.count, mostRepeats) {
		if told := &r.last[i]; told.seq == g.seq && told.length == len(g.payload) {
			return f.table.hashed(told) != maphash.Bytes(seed, g.payload)
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
		f.keep(g)
	case place < 0 && unacknowledged && f.contradicts(g), place > 0 && s.waiting.contradicts(g):
		f.table.stats.Contradictions++
		f.talk.Contradicted(FromClient, time.Unix(0, at))
	}
}

// contradicts reports whether a segment says something else than the same segment that is held.
func (w *waiting) contradicts(g *segment) bool {
	i, found := slices.BinarySearchFunc(w.list, g.seq, func(h held, seq uint32) int { return ahead(h.seq, seq) })
	return found && len(w.list[i].data) == len(g.payload) && !bytes.Equal(w.list[i].data, g.payload)
}
