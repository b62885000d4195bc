package sourcetypes

// gate says of two bytes in a row, in its low half, what the second one has to
// be let through by, and in its high half what it lets the byte behind it
// through by. Only a byte let through by what stands before it may trigger a
// rule, so nearly all of a text is passed over by one table, without a branch.
type gate uint8

const (
	gateName  gate = 1 << iota // = or : behind what may end a secret's name
	gateToken                  // - or _ behind what may begin a token
	gateAny                    // a trigger, whatever stands before
)

// lets says whether the bytes of g let through the second byte of next.
func (g gate) lets(next gate) bool { return g>>4&next != 0 }

// gates are by pairOf.
var gates = func() (t [1 << 13]gate) {
	for i := range 1 << 16 {
		before, c := byte(i>>8), byte(i)
		needs := gateAny
		switch triggers[pairOf(before, c)] {
		case ruleNone:
			needs = 0
		case ruleAssign:
			needs = gateName
		case ruleUnder, ruleDash:
			needs = gateToken
		}
		opens := gateAny
		if beforeSeparator[c] || nameEnds.has(before|0x20, c|0x20) {
			opens |= gateName
		}
		if tokenEnds.has(before, c) {
			opens |= gateToken
		}
		t[pairOf(before, c)] |= opens<<4 | needs
	}
	return t
}()

// skip passes over bytes from i on that no gate lets through, four at a time,
// and returns where it stopped: at most three bytes before one that is, or
// before the end. before and g are the byte before i and its gate.
func skip(text []byte, i int, before byte, g gate) (int, byte, gate) {
	for i+4 <= len(text) {
		c := text[i : i+4 : i+4]
		g0, g1, g2, g3 := gates[pairOf(before, c[0])], gates[pairOf(c[0], c[1])], gates[pairOf(c[1], c[2])], gates[pairOf(c[2], c[3])]
		if g>>4&g0|g0>>4&g1|g1>>4&g2|g2>>4&g3 != 0 {
			break
		}
		before, g = c[3], g3
		i += 4
	}
	return i, before, g
}
