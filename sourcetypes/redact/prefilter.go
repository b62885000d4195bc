package redact

import "ollama-hec/sourcetypes/internal/text"

// gate is a prefilter over pairs of bytes: in its low half what the second one
// has to be let through by, in its high half what it lets the byte behind it
// through by. Only a byte let through by the pair before it is looked at
// closer, so nearly all of a text is passed over by one table, without a
// branch.
type gate uint8

const (
	gateName  gate = 1 << iota // the third byte of a literal in what names are made of
	gateToken                  // the third byte of a literal in tokens
	gateMixed                  // a digit in a change of letters and digits
	gateAny                    // whatever stands before
)

// lets reports whether the bytes of g let through the second byte of next.
func (g gate) lets(next gate) bool { return g>>4&next != 0 }

// pairOf numbers two bytes in a row, of which six and seven bits count: the
// table is to fit into the fastest cache beside everything else.
func pairOf(before, c byte) uint { return uint(before&63)<<7 | uint(c&127) }

// gates are by pairOf. They may let through a byte in vain, but leave out none
// that a rule needs.
var gates = func() (t [1 << 13]gate) {
	for i := range t {
		t[i] = gateAny << 4
	}
	for i := range 1 << 14 {
		before, c := byte(i>>7), byte(i&127)
		p := &t[pairOf(before, c)]
		if c == '@' || c == '%' {
			*p |= gateAny
		}
		if mixed(before, c) {
			*p |= gateMixed << 4
			if text.Digit(before) || text.Digit(c) {
				*p |= gateMixed
			}
		}
	}
	for _, l := range literals.all {
		bit := gateToken
		if l.fold {
			bit = gateName
		}
		for _, v := range l.variants() {
			if len(v) == 2 {
				t[pairOf(v[0], v[1])] |= gateAny
				continue
			}
			t[pairOf(v[0], v[1])] |= bit << 4
			t[pairOf(v[1], v[2])] |= bit
		}
	}
	return t
}()

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
	for i+4 <= len(b) {
		c := b[i : i+4 : i+4]
		g0, g1, g2, g3 := gates[pairOf(before, c[0])], gates[pairOf(c[0], c[1])], gates[pairOf(c[1], c[2])], gates[pairOf(c[2], c[3])]
		if g>>4&g0|g0>>4&g1|g1>>4&g2|g2>>4&g3 != 0 {
			break
		}
		before, g = c[3], g3
		i += 4
	}
	return i, before, g
}

// literal is two or three bytes that let a rule be looked at.
type literal struct {
	text string
	fold bool // in any case
	rule *Rule
}

// is reports whether the literal ends at i.
func (l *literal) is(b []byte, i int) bool {
	n := len(l.text)
	if i+1 < n {
		return false
	}
	if l.fold {
		return text.EqualFold(b[i+1-n:i+1], l.text)
	}
	return string(b[i+1-n:i+1]) == l.text
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
			l := &literal{text: at, fold: r.fold(), rule: r}
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
