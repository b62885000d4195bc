package exchange

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// asked is what a request's body holds of interest. It is the sink of the scanner that
// reads the body.
type asked struct {
	scan    scanner
	reads   bool // there is a body to be read
	prompts bool // texts are wanted
	all     bool // of all messages

	model, name short
	options     [options]short

	direct   bool // it has a prompt of its own rather than messages
	prompt   kept // the prompt, or that of a request that has no messages
	last     kept // the last message of a user
	message  kept // the message that is being read
	lastUser bool // last is of a user
	hasLast  bool
	mixed    bool // a list of messages was read over another one: what is known may not be all
	system   int64

	messages, users, assistants, systems, toolMessages int
	images, tools                                      int
	hasMessages, hasTools, hasImages                   bool

	role, partType short
}

const (
	maxModel = 256
	maxOther = 32
)

func (a *asked) start(e *endpoint, o *Options, from *share) {
	a.reads = e.asks != nil
	a.prompts = e.prompts && o.prompts()
	a.all = o.AllMessages
	a.model.most, a.name.most = keeps*maxModel, keeps*maxModel
	a.role.most, a.partType.most = maxOther, maxOther
	for _, k := range []*kept{&a.prompt, &a.last, &a.message} {
		k.most, k.from = o.MaxPrompt+slack, from
	}
	if a.reads {
		a.scan.begin(e.asks, a)
	}
}

// release gives back the room that texts take.
func (a *asked) release() {
	for _, k := range []*kept{&a.prompt, &a.last, &a.message} {
		if k.from != nil {
			k.clear()
		}
	}
}

// rest gives back what only reading took.
func (a *asked) rest() {
	for _, k := range []*kept{&a.prompt, &a.last, &a.message} {
		if k == &a.message && k.from != nil {
			k.clear()
		}
		if len(k.text) == 0 {
			k.text = nil
		}
	}
}

// begin is called by the scanner.
func (a *asked) begin(n *node, first byte) bool {
	isText := first == '"'
	switch n.is {
	case fModel:
		return restart(&a.model, first)
	case fName:
		return restart(&a.name, first)
	case fRole:
		return restart(&a.role, first)
	case fPartType:
		return restart(&a.partType, first)
	case fOption:
		a.options[n.which].text = a.options[n.which].text[:0]
	case fPrompts, fMessages, fSystems, fImages, fTools:
		return a.beginAll(n, first)
	case fMessage, fItem:
		a.role.text = a.role.text[:0]
		a.message.clear()
	case fContents:
		if first != 'n' { // null leaves what there is
			a.message.clear()
		}
		return isText && a.prompts
	case fPart:
		a.partType.text = a.partType.text[:0]
		return isText && a.another(&a.message)
	case fPrompt:
		return isText && a.another(&a.prompt)
	case fContent:
		return isText && a.another(&a.message)
	case fSystem:
		return isText && a.prompts
	case fImage:
		a.images++
	case fTool:
		a.tools++
	}
	return false
}

// beginAll begins what replaces an earlier value of the same name. null does so for a
// list, and leaves a text as it is.
func (a *asked) beginAll(n *node, first byte) bool {
	if first != '"' && first != '[' && first != 'n' {
		return false
	}
	isText := first == '"'
	switch n.is {
	case fImages:
		a.images, a.hasImages = 0, true
	case fTools:
		a.tools, a.hasTools = 0, first == '['
	case fPrompts:
		if first == 'n' {
			return false
		}
		a.direct = true
		a.prompt.clear()
	case fSystems:
		if first == 'n' {
			return false
		}
		a.system = 0
	case fMessages:
		a.beginMessages(n, first)
	}
	return isText && a.prompts
}

// beginMessages begins a list of messages. Where Ollama reads it over an earlier one, what
// was said in that may be asked too: the prompt is then all that is known of both.
func (a *asked) beginMessages(n *node, first byte) {
	over := n.over && first == '[' && a.messages > 0
	a.messages, a.users, a.assistants, a.systems, a.toolMessages = 0, 0, 0, 0, 0
	a.images, a.hasMessages = 0, first == '['
	a.direct = first == '"' // of /v1/responses
	switch {
	case over && !a.all:
		a.mixed, a.all = true, true
		a.prompt.clear()
		a.prompt.addAll(&a.last)
	case over:
		a.mixed = true
	default:
		a.hasLast, a.lastUser = false, false
		a.prompt.clear()
	}
	a.last.clear()
}

// another begins a further text of a prompt or a message.
func (a *asked) another(k *kept) bool {
	if a.prompts {
		k.join()
	}
	return a.prompts
}

// text is called by the scanner.
func (a *asked) text(n *node, part []byte) {
	switch n.is {
	case fModel:
		a.model.add(part)
	case fName:
		a.name.add(part)
	case fRole:
		a.role.add(part)
	case fPartType:
		a.partType.add(part)
	case fPrompts, fPrompt, fMessages:
		a.prompt.add(part)
	case fPart, fContents, fContent:
		a.message.add(part)
	case fSystem, fSystems:
		a.system += int64(len(part))
	}
}

// end is called by the scanner.
func (a *asked) end(n *node, first byte, word []byte) {
	switch n.is {
	case fModel:
		a.model.end()
	case fName:
		a.name.end()
	case fOption:
		if first == '-' || text.Digit(first) {
			o := &a.options[n.which]
			o.most = maxOther
			if len(word) <= o.most {
				o.add(word)
			}
		}
	case fPart:
		if kind := a.partType.text; first == '{' && (string(kind) == "image_url" || string(kind) == "image" ||
			string(kind) == "input_image") {
			a.images++
		}
		a.partType.text = a.partType.text[:0]
	case fMessage:
		a.endMessage(first)
	case fItem:
		if len(a.role.text) > 0 {
			a.endMessage(first)
		} else if a.message.length > 0 { // what a tool said
			a.endText(false)
		}
	}
}

// endMessage counts a message, and keeps its text if it is of those that are shipped.
func (a *asked) endMessage(first byte) {
	a.messages++
	if first != '{' {
		return
	}
	role := bytes.ToLower(a.role.text)
	switch string(role) {
	case "user":
		a.users++
	case "assistant":
		a.assistants++
	case "system", "developer":
		a.systems++
		a.system += a.message.length
	case "tool", "function":
		a.toolMessages++
	}
	a.endText(string(role) == "user")
}

// endText keeps the text of a message. The last one of a user is the prompt, or the
// last one of anybody where no user says anything.
func (a *asked) endText(user bool) {
	if !a.prompts || a.message.length == 0 && !user {
		return
	}
	if a.all {
		a.prompt.join()
		a.prompt.addAll(&a.message)
		a.hasLast = true
		return
	}
	if user || !a.lastUser {
		a.last, a.message = a.message, a.last
		a.hasLast, a.lastUser = true, user || a.lastUser
	}
}

// promptText is the text of the prompt, if there is one.
func (a *asked) promptText() (*kept, bool) {
	switch {
	case a.direct, a.all && a.hasLast:
		return &a.prompt, true
	case a.hasLast:
		return &a.last, true
	}
	return nil, false
}

// modelName is the model that is asked for, by its present name or by the one before.
func (a *asked) modelName() []byte {
	if model := a.model.whole(); len(model) > 0 {
		return model
	}
	return a.name.whole()
}
