package sourcetypes

// byteSet has the bytes that something is made of, or that may stand around it.
type byteSet [256]bool

func bytesOf(of string) *byteSet {
	var s byteSet
	for i := range len(of) {
		s[of[i]] = true
	}
	return &s
}

// all reports whether b is made of these bytes alone.
func (s *byteSet) all(b []byte) bool {
	for _, c := range b {
		if !s[c] {
			return false
		}
	}
	return true
}

// any reports whether one of them is in b.
func (s *byteSet) any(b []byte) bool {
	for _, c := range b {
		if s[c] {
			return true
		}
	}
	return false
}

// trim returns b without the bytes of the set at its two ends.
func (s *byteSet) trim(b []byte) []byte {
	for len(b) > 0 && s[b[0]] {
		b = b[1:]
	}
	for len(b) > 0 && s[b[len(b)-1]] {
		b = b[:len(b)-1]
	}
	return b
}

// marks are bytes, and the two quotes of a book, that stand around a word.
type marks struct{ byteSet }

func marksOf(of string) *marks { return &marks{*bytesOf(of)} }

// trim returns b without the marks at its two ends.
func (m *marks) trim(b []byte) []byte {
	for {
		b = m.byteSet.trim(b)
		switch n := len(b); {
		case n >= 3 && bookQuote(b[0], b[1], b[2]):
			b = b[3:]
		case n >= 3 && bookQuote(b[n-3], b[n-2], b[n-1]):
			b = b[:n-3]
		default:
			return b
		}
	}
}

// bookQuote reports whether three bytes are “ or ”.
func bookQuote(a, b, c byte) bool { return a == 0xe2 && b == 0x80 && (c == 0x9c || c == 0x9d) }

var (
	valueMarks   = marksOf("()[]{}<>\"`\\,;:!?*=|")
	placeMarks   = marksOf("()[]{}<>'\"`\\,;:!?*=|")
	quotedMarks  = marksOf("()[]{}<>\"`\\.,;:!?*=|-")
	wordMarks    = marksOf("()[]{}<>'\"`\\.,;:!?*=|-")
	messageMarks = bytesOf("()[].,;!?'")
	errorMarks   = bytesOf(`:"\`)
	brackets     = bytesOf("[]")

	signs         = bytesOf("-+=./>~_#%&")
	decimals      = bytesOf("0123456789")
	numberStart   = bytesOf("-+#.@~x")
	amountBytes   = bytesOf("-.0123456789")
	addressBytes  = bytesOf("0123456789abcdef.:[]")
	address6Bytes = bytesOf("0123456789abcdef:.")
	levelBytes    = bytesOf("TRACEDBUGINFOWSP+-0123456789")
	headBytes     = bytesOf("~()[]")
)
