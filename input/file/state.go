package file

// state is what has become of a generation.
type state uint8

const (
	active    state = iota // the path of its source leads to it
	rotated                // that path leads elsewhere, and there is more to read
	drained                // that path leads elsewhere, and it was read to its end since
	quiet                  // and not written to for a while: a last line without end is one
	displaced              // its file holds something else by now; a copy may hold it
	sought                 // no copy was found yet, and it has no file
	over                   // nothing will be read from it any more
	ended                  // and Read said so
	retired                // nobody follows it any more
)

// String is what status prints.
func (s state) String() string {
	return [...]string{"active", "rotated", "drained", "quiet", "displaced", "sought", "over", "ended", "retired"}[s]
}

// event is what happens to a generation.
type event uint8

const (
	departs   event = iota // the path of its source leads elsewhere
	returns                // and to it again
	empties                // it was read to its end
	refills                // what comes after it waits for more of it
	rests                  // it was not written to for long enough
	changes                // its file is no longer as it was
	displaces              // its file does not hold what was read of it
	vanishes               // no file does
	moves                  // it goes on in another file
	comesHome              // and the path of its source leads to that
	runsOut                // there is no more, or it is given up
	reports                // Read says so
	retires                // all of it is delivered, or it was none
)

// transitions are all there are: what does not stand here changes nothing.
var transitions = map[state]map[event]state{
	active: {departs: rotated, displaces: displaced, moves: rotated, comesHome: active, runsOut: over},
	rotated: {returns: active, empties: drained, displaces: displaced, moves: rotated, comesHome: active,
		runsOut: over},
	drained: {returns: active, refills: rotated, rests: quiet, displaces: displaced, moves: rotated, comesHome: active,
		runsOut: over},
	quiet: {returns: active, refills: rotated, changes: drained, displaces: displaced, moves: rotated, comesHome: active,
		runsOut: over},
	displaced: {vanishes: sought, moves: rotated, comesHome: active, runsOut: over},
	sought:    {vanishes: sought, moves: rotated, comesHome: active, runsOut: over},
	over:      {reports: ended, retires: retired},
	ended:     {retires: retired},
}

// after returns the state that follows s when e happens, and reports whether it is another
// step; where none is, s stays.
func (s state) after(e event) (state, bool) {
	if next, ok := transitions[s][e]; ok {
		return next, true
	}
	return s, false
}

// astray reports whether its content is looked for.
func (s state) astray() bool { return s == displaced || s == sought }

// wasRead reports whether it was read to its end since it left its source's path.
func (s state) wasRead() bool { return s == drained || s == quiet }

// left reports whether the path of its source leads elsewhere.
func (s state) left() bool { return s == rotated || s.wasRead() }

// isOver reports whether nothing will be read any more.
func (s state) isOver() bool { return s >= over }

// attention is whether a reader is to read a generation.
type attention uint8

const (
	idle         attention = iota // there is no reason to
	queued                        // it was announced, and not yet read to its end
	reading                       // a Read is under way
	readingAgain                  // and something may have come since it began
)

// String is what status prints.
func (a attention) String() string {
	return [...]string{"idle", "queued", "reading", "reading again"}[a]
}

// asked is what follows when there may be something to read.
func (a attention) asked() attention {
	switch a {
	case idle, queued:
		return queued
	}
	return readingAgain
}
