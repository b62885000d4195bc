package exchange

import (
	"bytes"

	"ollama-hec/sourcetypes/internal/text"
)

// addTail takes a part of a text whose beginning was not seen, and keeps the end.
func (a *answer) addTail(p []byte) {
	if len(p) > maxTail {
		p = p[len(p)-maxTail:]
	}
	if drop := len(a.line) + len(p) - 2*maxTail; drop > 0 {
		a.line = a.line[:copy(a.line, a.line[max(drop, len(a.line)-maxTail):])]
	}
	a.line = append(a.line, p...)
}

// figureNames are the numbers that are looked for in what is left of an answer.
var figureNames = map[string]number{
	"total_duration": totalDuration, "load_duration": loadDuration,
	"prompt_eval_count": promptTokens, "prompt_eval_duration": promptEvalDuration,
	"eval_count": completionTokens, "eval_duration": evalDuration,
	"prompt_tokens": promptTokens, "completion_tokens": completionTokens,
	"input_tokens": promptTokens, "output_tokens": completionTokens,
}

// salvage takes the final figures from the end of an answer whose beginning was not seen.
// It reads backwards over names and numbers: they stand last, and what a model says
// cannot look so, since a quote in it is behind a backslash.
func (a *answer) salvage(tail []byte) {
	if a.form == events {
		defer a.dropZeros()
	}
	tail = bytes.TrimRight(tail, " \r\n\t")
	if last, ok := bytes.CutSuffix(tail, []byte("\r\n0")); ok { // the end of chunks
		tail = bytes.TrimRight(last, "\r\n")
	}
	rest := bytes.TrimRight(tail, "}")
	if len(rest) == len(tail) {
		return
	}
	depth := len(tail) - len(rest)
	if a.form == events && a.endpoint.answers == messagesAnswer && depth != 2 {
		return // deeper down stands what the server expects, at the beginning
	}
	nested := depth > 1
	for {
		name, value, before, ok := lastPair(rest)
		if !ok {
			return
		}
		which, known := figureNames[string(name)]
		if !known && string(name) != "total_tokens" {
			return
		}
		if known && !a.has[which] && nested == usage(name) {
			a.set(which, value)
		}
		rest = before
	}
}

// usage reports whether a figure stands in an object of its own.
func usage(name []byte) bool { return bytes.HasSuffix(name, []byte("_tokens")) }

// lastPair is the name and the number at the end of a text: "name":123. before is what
// stands before it and a comma.
func lastPair(b []byte) (name, value, before []byte, ok bool) {
	i := len(b)
	for i > 0 && text.Digit(b[i-1]) {
		i--
	}
	value = b[i:]
	head, ok := bytes.CutSuffix(b[:i], []byte(`":`))
	if !ok || len(value) == 0 {
		return nil, nil, nil, false
	}
	open := bytes.LastIndexByte(head, '"')
	if open < 1 || b[open-1] != ',' && b[open-1] != '{' {
		return nil, nil, nil, false
	}
	return head[open+1:], value, head[:open-1], true
}
