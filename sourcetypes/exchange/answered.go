package exchange

import (
	"strconv"
	"time"

	"ollama-hec/sourcetypes/internal/text"
)

// answered is what an answer's body holds of interest. It is the sink of the scanner
// that reads the body or one line of it.
type answered struct {
	model, remote, reason, err short

	figures [numbers]int64
	has     [numbers]bool

	response kept
	texts    bool // the text of the answer is wanted
	mute     bool // what is read is none of it

	chunks  int64
	content bool      // the line, or the body, holds what the model says
	done    bool      // the last one was seen
	first   time.Time // when the first content was complete
}

func (a *answered) start(o *Options, from *share, prompts bool) {
	a.model.most, a.remote.most = keeps*maxModel, keeps*maxModel
	a.reason.most, a.err.most = keeps*maxOther, keeps*mostError
	a.response.most, a.response.from = o.MaxPrompt+slack, from
	a.texts = prompts && o.responses()
}

// begin is called by the scanner.
func (a *answered) begin(n *node, first byte) bool {
	isText := first == '"'
	switch n.is {
	case fAnswerModel:
		return restart(&a.model, first)
	case fRemoteModel:
		return restart(&a.remote, first)
	case fDoneReason:
		return restart(&a.reason, first)
	case fError:
		return restart(&a.err, first)
	case fText, fThought:
		return isText // to know whether it is empty
	case fToolCall:
		a.content = true
	}
	return false
}

// text is called by the scanner.
func (a *answered) text(n *node, part []byte) {
	switch n.is {
	case fAnswerModel:
		a.model.add(part)
	case fRemoteModel:
		a.remote.add(part)
	case fDoneReason:
		a.reason.add(part)
	case fError:
		a.err.add(part)
	case fText:
		a.content = true
		if a.texts && !a.mute {
			a.response.add(part)
		}
	case fThought:
		a.content = true
	}
}

// end is called by the scanner.
func (a *answered) end(n *node, first byte, word []byte) {
	switch n.is {
	case fAnswerModel:
		a.model.end()
	case fRemoteModel:
		a.remote.end()
	case fDoneReason:
		a.reason.end()
	case fDone:
		a.done = a.done || first == 't'
	case fNumber:
		if text.Digit(first) {
			a.set(n.which, word)
		}
	}
}

// set takes a number that is written as a whole one.
func (a *answered) set(which number, word []byte) {
	if v, err := strconv.ParseInt(string(word), 10, 64); err == nil {
		a.figures[which], a.has[which] = v, true
	}
}

// dropZeros forgets what is said of usage where all of it is 0: so servers fill the chunks
// before the one that counts.
func (a *answered) dropZeros() {
	if a.figures[promptTokens] == 0 && a.figures[completionTokens] == 0 {
		a.has[promptTokens], a.has[completionTokens] = false, false
	}
}
