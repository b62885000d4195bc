package redact

import (
	"encoding/binary"

	"ollama-hec/sourcetypes/internal/text"
)

// gate is a prefilter over pairs of bytes: in its low half what the second one
// has to be let through by, in its high half what it lets the byte behind it
// through by. Only a byte let through by the pair before it is looked at
// closer, so nearly all of a text is passed over by one table, without a
// branch.
type gate uint16

const (
	gateAny      gate = 1 << iota // whatever stands before
	gateMixed                     // a digit in a change of letters and digits
	gateLiterals                  // this bit and those above: the third byte of a literal
	gateHalf     = 8              // bits of each half
)

// lets reports whether the bytes of g let through the second byte of next.
func (g gate) lets(next gate) bool { return g>>gateHalf&next != 0 }

// pairOf numbers two bytes in a row, of which seven bits count: as they stand in a text of
// which two bytes are read as one number, the first being the lower one.
func pairOf(before, c byte) uint16 { return (uint16(c)<<8 | uint16(before)) & pairBits }

const pairBits = 0x7f7f

// gates are by pairOf. They may let through a byte in vain, but leave out none
// that a rule needs.
var gates = func() (t [pairBits + 1]gate) {
	for i := range t {
		before, c := byte(i), byte(i>>8)
		t[i] = gateAny << gateHalf
		if c == '@' || c == '%' || before == '\\' && c == 'u' {
			t[i] |= gateAny
		}
		if mixed(before, c) {
			t[i] |= gateMixed << gateHalf
			if text.Digit(before) || text.Digit(c) {
				t[i] |= gateMixed
			}
		}
	}
	for _, l := range literals.all {
		bits := gateBits(l)
		for _, v := range l.variants() {
			if len(v) == 2 {
				t[pairOf(v[0], v[1])] |= gateAny
				continue
			}
			t[pairOf(v[0], v[1])] |= bits << gateHalf
			t[pairOf(v[1], v[2])] |= bits
		}
	}
	return t
}()

// gateBits is the bit for a literal. Two literals let each other's ends through
// only if they have the middle byte in common, and the bit.
func gateBits(l *literal) gate {
	const bits = 6
	nth := 0
	for _, other := range literals.all {
		if other == l {
			break
		}
		if len(other.text) == 3 && len(l.text) == 3 && other.text != l.text && other.text[1]|0x20 == l.text[1]|0x20 {
			nth++
		}
	}
	return gateLiterals << (nth % bits)
}

// mixed reports whether a and b are a letter and a digit, or letters of two cases.
func mixed(a, b byte) bool {
	ca, cb := class(a), class(b)
	return ca != cb && ca != 0 && cb != 0
}

// class is 1, 2 and 3 for small letters, capitals and digits, else 0.
func class(c byte) uint8 { return classes[c] }

var classes = func() (t [256]uint8) {
	for c := range t {
		switch c := byte(c); {
		case text.Lower(c):
			t[c] = 1
		case text.Upper(c):
			t[c] = 2
		case text.Digit(c):
			t[c] = 3
		}
	}
	return t
}()

// skip passes over bytes from i on that no gate lets through, four at a time,
// and returns where it stopped: at most three bytes before one that is, or
// before the end. before and g are the byte before i and its gate.
func skip(b []byte, i int, before byte, g gate) (int, byte, gate) {
	start := i
	if i == 0 && len(b) > 0 { // nothing stands before it
		here := gates[pairOf(before, b[0])]
		if g.lets(here) {
			return i, before, g
		}
		i, g = 1, here
	}
	for i+7 <= len(b) {
		w := binary.LittleEndian.Uint64(b[i-1 : i+7])
		g0, g1 := gates[w&pairBits], gates[w>>8&pairBits]
		g2, g3 := gates[w>>16&pairBits], gates[w>>24&pairBits]
		if g>>gateHalf&g0|g0>>gateHalf&g1|g1>>gateHalf&g2|g2>>gateHalf&g3 != 0 {
			break
		}
		g = g3
		i += 4
	}
	if i > start {
		before = b[i-1]
	}
	return i, before, g
}

// literal is two or three bytes that let a rule be looked at.
type literal struct {
	text     string
	fold     bool // in any case
	rule     *Rule
	key, any uint32 // the bytes as a number, and the bits that may differ
}

func newLiteral(s string, r *Rule) *literal {
	l := &literal{text: s, fold: r.fold(), rule: r}
	if l.fold {
		l.any = 0x202020
	}
	if len(s) == 2 {
		l.any |= 0xff0000
	}
	for _, c := range []byte(s) {
		l.key = l.key<<8 | uint32(c)
	}
	l.key |= l.any
	return l
}

// is reports whether the literal ends at i, or something much like it.
func (l *literal) is(b []byte, i int) bool {
	key := uint32(b[i-1])<<8 | uint32(b[i])
	if i >= 2 {
		key |= uint32(b[i-2]) << 16
	}
	return key|l.any == l.key
}

// variants lists the literal in every case.
func (l *literal) variants() []string {
	out := []string{""}
	for _, c := range []byte(l.text) {
		var next []string
		for _, v := range out {
			next = append(next, v+string(c))
			if l.fold && text.Lower(c) {
				next = append(next, v+string(c&^0x20))
			}
		}
		out = next
	}
	return out
}

// index finds literals by the last two bytes of them.
type index struct {
	all  []*literal
	slot [1 << 12]uint8
	list [][]*literal
}

// literals are those of all rules.
var literals = func() *index {
	x := &index{list: [][]*literal{nil}}
	for _, r := range Rules {
		for _, at := range r.literals() {
			l := newLiteral(at, r)
			x.all = append(x.all, l)
			for _, v := range l.variants() {
				x.add(v, l)
			}
		}
	}
	return x
}()

func slotOf(a, b byte) uint { return uint(a&63)<<6 | uint(b&63) }

func (x *index) add(v string, l *literal) {
	s := &x.slot[slotOf(v[len(v)-2], v[len(v)-1])]
	if *s == 0 {
		if len(x.list) > 255 {
			panic("redact: more pairs of bytes than the index has room for")
		}
		x.list = append(x.list, nil)
		*s = uint8(len(x.list) - 1)
	}
	for _, known := range x.list[*s] {
		if known == l {
			return
		}
	}
	x.list[*s] = append(x.list[*s], l)
}

// endingAt returns the literals that may end at i.
func (x *index) endingAt(b []byte, i int) []*literal { return x.list[x.slot[slotOf(b[i-1], b[i])]] }
