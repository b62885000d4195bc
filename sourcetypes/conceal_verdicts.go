package sourcetypes

import (
	"hash/maphash"
	"sync/atomic"
)

// verdicts remembers texts that were found to be harmless, since a log says the same again
// and again. What is in it depends on the text alone and on how it was judged, and the text
// is compared as a whole: it never answers for another one. It is bounded, and whoever fills
// it with other texts makes it slower, not wrong. A text is kept when it comes the second
// time, so that those that come once cost no memory, and makes room for others only if
// nobody asked for it since they wanted that. It is for any number of goroutines.
type verdicts struct{ sets [verdictSets]verdictSet }

const (
	verdictSets = 512
	verdictWays = 4
	maxVerdict  = 512 // bytes of a text that is kept
)

// verdictSet has the texts whose ids are alike. Some are asked for all the time: with one
// place for an id, two such texts would turn each other out for ever.
type verdictSet struct {
	ids  [verdictWays]atomic.Uint64 // a hint which way is worth looking at
	ways [verdictWays]atomic.Pointer[harmlessText]
	next atomic.Uint32 // the way to make room in

	seen [verdictWays]atomic.Uint64 // the last ids that were to be kept and were not
	last atomic.Uint32              // where the last of them is
}

// harmlessText is a text that is harmless, and as what.
type harmlessText struct {
	as    judged
	asked atomic.Bool // since room was last wanted
	text  string
}

// judged says as what a text was judged.
type judged uint8

const (
	byWord         judged = iota // word by word
	byWordStrictly               // and nobody knows what it is of
	asValue                      // as a whole, or else word by word
	asValueStrictly
	asMessage // as one that is known words alone
	asLine    // as all there is
	asStamped // as what stands in a line behind slog's stamp
)

// remembered are the verdicts of all streams.
var remembered verdicts

var seed = maphash.MakeSeed()

// id is what a text is found by; 0 if it is not kept.
func (v *verdicts) id(as judged, text []byte) uint64 {
	if v == nil || len(text) == 0 || len(text) > maxVerdict {
		return 0
	}
	return maphash.Bytes(seed, text) + uint64(as)
}

// has reports whether the text of this id is known to be harmless.
func (v *verdicts) has(id uint64, as judged, text []byte) bool {
	if id == 0 {
		return false
	}
	set := &v.sets[id%verdictSets]
	for i := range set.ids {
		if set.ids[i].Load() != id {
			continue
		}
		if is := set.ways[i].Load(); is != nil && is.as == as && is.text == string(text) {
			if !is.asked.Load() {
				is.asked.Store(true)
			}
			return true
		}
	}
	return false
}

// add says that it is.
func (v *verdicts) add(id uint64, as judged, text []byte) {
	if id == 0 {
		return
	}
	set := &v.sets[id%verdictSets]
	if !set.came(id) {
		return
	}
	way := set.room()
	set.ids[way].Store(id)
	set.ways[way].Store(&harmlessText{as: as, text: string(text)})
}

// came reports whether this id was to be kept before, and notes that it was.
func (s *verdictSet) came(id uint64) bool {
	for i := range s.seen {
		if s.seen[i].Load() == id {
			s.seen[i].Store(0)
			return true
		}
	}
	s.seen[s.last.Add(1)%verdictWays].Store(id)
	return false
}

// room is the way whose text is to go: one that is empty, or the first that nobody asked for
// since room was last wanted there. The others' turn comes if that goes on.
func (s *verdictSet) room() (way uint32) {
	for range 2 * verdictWays {
		way = s.next.Add(1) % verdictWays
		if is := s.ways[way].Load(); is == nil || !is.asked.Swap(false) {
			break
		}
	}
	return way
}

// only walks over a text of one line. What it finds depends on the shape of that text alone, and
// not on the time in it, unless PROMPTS lets some of it stay that is not harmless.
func (c *concealer) only(b *block) {
	rest, as := c.text, asLine
	if n := b.stampLen(); n > 0 {
		rest, as = rest[n:], asStamped
	}
	var id uint64
	var is []byte
	if c.n.verdicts != nil && len(rest) <= maxVerdict {
		is = shape(c.n.shape[:0], rest)
		id = c.n.verdicts.id(as, is)
	}
	if c.n.verdicts.has(id, as, is) {
		return
	}
	c.line(0, len(c.text))
	if c.done == 0 && c.n.opts.Prompts == Off {
		c.n.verdicts.add(id, as, is)
	}
}

// stampLen measures time= and the stamp at the start of a line of slog's form.
func (l *line) stampLen() int {
	if l.behind < len(l.text) && l.behind > 0 && l.text[l.behind] == ' ' {
		return l.behind
	}
	return 0
}

// constant is the function of this name, which remembers.
func (c *concealer) constant(msg []byte) bool {
	id := c.n.verdicts.id(asMessage, msg)
	if c.n.verdicts.has(id, asMessage, msg) {
		return true
	}
	if !constant(msg) {
		return false
	}
	c.n.verdicts.add(id, asMessage, msg)
	return true
}
