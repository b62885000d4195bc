package exchange

import (
	"unicode"
	"unicode/utf8"

	"ollama-hec/sourcetypes/internal/text"
)

// field is what a place in a request's body or in an answer is for.
type field uint8

const (
	noField field = iota

	// Of requests, and some of answers too.
	fModel
	fName // what model was called before
	fStream
	fOption  // a number; which one, its node says
	fPrompts // a text, or several
	fPrompt  // one of them
	fSystems // likewise
	fSystem
	fMessages
	fMessage
	fItem // a message, or something else that has no role
	fRole
	fContents // of a message: a text, or a list of parts
	fContent  // a text in it
	fPart
	fPartType
	fImages // of a request without messages
	fImage
	fTools
	fTool

	// Of answers.
	fAnswerModel
	fRemoteModel
	fText     // for a person to read
	fThought  // what a model says to itself, or of a call to a tool
	fToolCall // a call to a tool
	fDone
	fDoneReason
	fError
	fNumber // a number; which one, its node says
)

// node is a place in a JSON text that is of interest, or on the way to one.
type node struct {
	is    field
	which number // of fOption and fNumber
	names map[string]*node
	exact bool  // names are as written: Ollama reads them into a map
	over  bool  // a list that Ollama reads over an earlier one of the same name
	each  *node // the elements of a list
}

func (n *node) wanted() bool { return n != nil && n.is != noField }

// opens reports whether anything within an object or a list that begins so is of interest.
func (n *node) opens(c byte) bool {
	return n != nil && (c == '{' && n.names != nil || c == '[' && n.each != nil)
}

func (n *node) element() *node { return n.each }

// named is what stands under a name.
func (n *node) named(name []byte) *node {
	if !n.exact {
		name = fold(name)
	}
	return n.names[string(name)]
}

// fold writes a name over itself in lower case, as encoding/json compares names. The
// two letters outside of ASCII that fold into it take more bytes than what they become.
func fold(name []byte) []byte {
	to := 0
	for i := 0; i < len(name); {
		c := name[i]
		if c < utf8.RuneSelf {
			if text.Upper(c) {
				c |= 0x20
			}
			name[to] = c
			i, to = i+1, to+1
			continue
		}
		r, n := utf8.DecodeRune(name[i:])
		if folded := unicode.SimpleFold(r); folded < utf8.RuneSelf {
			name[to] = byte(unicode.ToLower(folded))
			to++
		} else {
			to += copy(name[to:], name[i:i+n])
		}
		i += n
	}
	return name[:to]
}

// names are the members of an object.
type names map[string]*node

func is(f field) *node { return &node{is: f} }

func object(members names) *node { return &node{names: members} }

func list(each *node) *node { return &node{each: each} }

// as marks a node.
func (n *node) as(f field) *node {
	n.is = f
	return n
}

// readOver marks a list whose elements Ollama reads over those of an earlier one: what a
// later element does not name stays as it was.
func (n *node) readOver() *node {
	n.over = true
	return n
}

// or lets a node be a list, too.
func (n *node) or(each *node) *node {
	n.each = each
	return n
}

// with are the members of several objects in one.
func with(all ...names) *node {
	members := names{}
	for _, some := range all {
		for name, n := range some {
			members[name] = n
		}
	}
	return object(members)
}

// number is one of the numbers that a request or an answer may name.
type number uint8

const (
	numCtx number = iota
	numPredict
	temperature
	topP
	topK
	seed
	options // how many there are

	promptTokens number = iota - 1
	completionTokens
	totalDuration
	loadDuration
	promptEvalDuration
	evalDuration
	numbers
)

func option(which number) *node { return &node{is: fOption, which: which} }

func figure(which number) *node { return &node{is: fNumber, which: which} }
