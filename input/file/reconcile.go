package file

// What a listing comes upon is decided on here, and nowhere else: by the first rule
// that applies. A rule asks a question, and nothing in this file knows how it is
// answered: no file is read, no clock asked, no lock taken.

// meeting is the situation in which a file or a generation has to be decided on.
type meeting uint8

const (
	listed meeting = iota // a file that the globs name, and that continues nothing known
	beside                // a file beside its source, under a name that rotation gives
	kept                  // a file that was kept back, as it may be a copy
	left                  // what a file holds now whose content was displaced
	astray                // a generation whose file holds something else
)

// question is asked about such a file or generation. The answer is yes or no.
type question uint8

const (
	always question = iota

	isAccounted // it was decided on, and has not changed
	isPast      // it was written before anybody asked for its source
	isOtherLog  // its name is that of another log, which may still be written
	isDone      // it is gzipped, and was looked into: there is nothing new
	isIllegible // it cannot be read, or is too short to tell, or compressed otherwise
	isDelivered // all it holds was delivered, as a record says
	isRecorded  // it continues what a record knows
	isEmpty
	isCopied    // a generation holds all it holds
	isContinued // it holds all that was read of a generation which is astray, or about to be
	isRepeated  // it is gzipped, and what it holds is read, or was, from another file
	isOld       // it is gzipped, and only what comes after the start is wanted
	isAlike     // as far as both go, it holds what a generation does
	isZipped    // it is compressed, and no glob names such files, or it is met again as one of those
	isMoved     // its path leads to another file by now, or is not followed

	isOriginalAstray   // what it may be a copy of is
	isOriginalGone     // that is over, or holds something else
	isReplacing        // it has taken the place of that, which was not read to its end
	isReplacement      // it has taken its place and holds all that was read of it
	isEarly            // not long ago that might have been truncated
	isOriginalDoubtful // that does not hold what was read of it
	isFoundElsewhere   // a copy holds all that was read of it
	isStillLookedFor   // names may have been moving on in the listings so far
)

// verdict is what is done with it.
type verdict uint8

const (
	wait       verdict = iota // it is asked again with the next listing
	skip                      // it is not asked again before it changes
	putBy                     // nor if it is gzipped; else when anything beside it changes
	keepBack                  // its original may be truncated soon
	resume                    // a record is continued in it
	inherit                   // a generation goes on in it
	begin                     // it is a new generation, at its path
	beginAside                // it is a new generation that has left its source's path
	lose                      // what was not read is counted, and said
)

// rule is a question, the verdict if the answer is yes, and a name for people and tests.
type rule struct {
	name string
	when question
	then verdict
}

// rules are tried in this order; the last one of each meeting always applies.
var rules = map[meeting][]rule{
	listed: {
		{"what was gzipped after it was read says nothing new", isRepeated, putBy},
		{"what was gzipped before the start is not wanted where only its end is", isOld, putBy},
		{"what may be a copy is kept back until its original is truncated", isAlike, keepBack},
		{"what nobody knows is new", always, begin},
	},
	beside: {
		{"what was accounted for stays so until it changes", isAccounted, skip},
		{"what was rotated before it was asked for stays unread", isPast, skip},
		{"a log whose name differs by a number is another one while it is written", isOtherLog, wait},
		{"what was unpacked in vain is not unpacked again", isDone, skip},
		{"what is too short to tell may grow", isIllegible, wait},
		{"what was delivered is not read again, gzipped or not", isDelivered, skip},
		{"what was read in part is continued", isRecorded, resume},
		{"an empty file may be about to be written", isEmpty, putBy},
		{"a copy of what is followed says nothing new, as long as that is there", isCopied, putBy},
		{"a copy whose original is truncated, or about to be, is left to that", isContinued, putBy},
		{"what was written and rotated since the last look is new", always, beginAside},
	},
	kept: {
		{"an original that is astray decides itself", isOriginalAstray, wait},
		{"without an original it is no copy", isOriginalGone, begin},
		{"what replaces a file waits for that to be read", isReplacing, wait},
		{"what replaces a file and holds all of it continues it", isReplacement, inherit},
		{"a copy is given time to lose its original", isEarly, wait},
		{"an original that was truncated may have grown again", isOriginalDoubtful, wait},
		{"a copy whose original stays is a file of its own", always, begin},
	},
	left: {
		{"a file that is gzipped in its place is not read", isZipped, skip},
		{"what was truncated and then rotated is new beside its source", isMoved, beginAside},
		{"what is copied again already is kept back", isAlike, keepBack},
		{"what a truncated file holds is new", always, begin},
	},
	astray: {
		{"what was displaced goes on in its copy", isFoundElsewhere, inherit},
		{"names that move under a listing hide a copy for a while", isStillLookedFor, wait},
		{"what is nowhere is lost, and said", always, lose},
	},
}

// reconcile returns the first rule of a meeting whose question is answered with yes.
func reconcile(m meeting, is func(question) bool) rule {
	all := rules[m]
	for _, r := range all[:len(all)-1] {
		if is(r.when) {
			return r
		}
	}
	return all[len(all)-1]
}
