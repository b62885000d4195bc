package exchange

import (
	"bytes"
	"net/netip"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/internal/text"
)

// What events may hold at most, in bytes.
const (
	mostError     = 1 << 10
	mostUserAgent = 512
	mostForwarded = 256
	mostHost      = 256
	mostPath      = 4 << 10
)

// ship emits the records of an exchange.
func (e *Exchanges) ship(c *conversation, x *exchange, cut string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count(x, cut)
	e.event = e.apiEvent(e.event[:0], c, x, cut)
	e.emit(c, x, sourcetypes.API, e.event)
	if event, ok := e.promptEvent(e.event[:0], c, x); ok {
		e.event = event
		e.stats.prompts.Add(1)
		e.emit(c, x, sourcetypes.Prompts, event)
	}
}

func (e *Exchanges) emit(c *conversation, x *exchange, s sourcetypes.Sourcetype, event []byte) {
	r := Record{Time: x.begun, Sourcetype: s.String(), Event: bytes.Clone(event)}
	if c.peer.ID == "" && e.opts.Unnamed != nil {
		e.opts.Unnamed(r, c.peer.Client, c.peer.Server)
		return
	}
	e.opts.Emit(r)
}

func (e *Exchanges) count(x *exchange, cut string) {
	e.stats.requests.Add(1)
	if x.partial {
		e.stats.partial.Add(1)
	}
	if cut != "" {
		e.stats.cut.Add(1)
	}
	if x.headCut || x.textsCut() {
		e.stats.cutTexts.Add(1)
	}
	if x.malformed {
		e.stats.malformed.Add(1)
	}
}

// apiEvent writes the event of ollama:api.
func (e *Exchanges) apiEvent(dst []byte, c *conversation, x *exchange, cut string) []byte {
	dst = e.appendWho(append(dst, `{"origin":"`+e.opts.Origin+`"`...), c, x)
	dst = e.fields.AppendRequest(dst, []byte(x.method), x.path, x.query, x.cutPath, x.cutQuery)
	if x.status > 0 {
		dst = appendInt(dst, "status", int64(x.status))
	}
	if !x.ended.IsZero() && !x.endUnseen {
		dst = appendSpan(dst, "response_time_ms", x.begun, x.ended)
	}
	dst = e.fields.AppendOperation(dst, x.method, x.path)
	dst = e.appendPeers(dst, c, x)
	dst = x.appendBytes(dst)
	dst = x.appendTTFT(dst)
	dst = e.appendModel(dst, x)
	if x.statesStream {
		dst = appendBool(dst, "stream", x.streamed)
	}
	dst = x.answer.appendFigures(dst, x.streamed)
	dst = e.appendText(dst, "done_reason", x.answer.reason.whole(), maxOther)
	if text := x.answer.err.text; len(text) > 0 {
		dst = sourcetypes.AppendString(append(dst, `,"error":`...), atMost(e.fields.Error(text), mostError))
	}
	dst = x.appendCounts(dst)
	dst = x.asked.appendOptions(dst)
	if isCloud(x.modelName()) {
		dst = appendBool(dst, "cloud", true)
	}
	if cut != "" {
		dst = append(dst, `,"cut":"`+cut+`"`...)
	}
	if x.lost > 0 {
		dst = appendInt(dst, "lost_bytes", x.lost)
	}
	if x.saysLess() {
		dst = appendBool(dst, "partial", true)
	}
	if c.joined {
		dst = appendBool(dst, "joined", true)
	}
	dst = e.appendText(dst, "connection_id", []byte(c.peer.ID), mostHost)
	return append(dst, '}')
}

// appendWho appends who asks.
func (e *Exchanges) appendWho(dst []byte, c *conversation, x *exchange) []byte {
	client, _ := e.client(c, x)
	return e.fields.AppendSrc(dst, []byte(client.String()))
}

func (e *Exchanges) client(c *conversation, x *exchange) (_ netip.Addr, forwarded bool) {
	peer := c.peer.Client.Addr()
	if x.client.forwardedCut || len(x.client.forwarded) == 0 {
		return peer, false
	}
	return clientOf(peer, string(x.client.forwarded), e.opts.TrustedProxies)
}

// appendPeers appends what connection the request came on, and what its head says.
func (e *Exchanges) appendPeers(dst []byte, c *conversation, x *exchange) []byte {
	if _, forwarded := e.client(c, x); !forwarded {
		dst = appendInt(dst, "src_port", int64(c.peer.Client.Port()))
	}
	dst = e.appendText(dst, "dest", []byte(c.peer.Server.Addr().String()), mostHost)
	dst = appendInt(dst, "dest_port", int64(c.peer.Server.Port()))
	dst = e.appendText(dst, "x_forwarded_for", x.client.forwarded, mostForwarded)
	dst = e.appendText(dst, "http_user_agent", x.client.userAgent, mostUserAgent)
	if !usualHost(string(x.client.host), c.peer.Server) {
		dst = e.appendText(dst, "http_host", x.client.host, mostHost)
	}
	if !usualOrigin(string(x.client.origin)) {
		dst = e.appendText(dst, "http_origin", x.client.origin, mostHost)
	}
	return dst
}

// usualHost reports whether a Host header says no more than where Ollama is.
func usualHost(host string, server netip.AddrPort) bool {
	if host == "" {
		return true
	}
	name := host
	i := strings.LastIndexByte(host, ':')
	if i >= 0 && !strings.HasSuffix(host, "]") && strings.Trim(host[i+1:], "0123456789") == "" {
		name = host[:i]
	}
	if strings.EqualFold(name, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && (a.Unmap().WithZone("") == server.Addr().WithZone("") || a.IsLoopback() || a.IsUnspecified())
}

// usualOrigin reports whether an Origin header is of this machine, or of an application.
func usualOrigin(origin string) bool {
	scheme, rest, _ := strings.Cut(origin, "://")
	switch scheme {
	case "", "app", "file", "tauri", "vscode-webview", "vscode-file":
		return true
	}
	return usualHost(rest, netip.AddrPort{})
}

// appendBytes appends how large the bodies are, where that is known.
func (x *exchange) appendBytes(dst []byte) []byte {
	if !x.inUnsure {
		dst = appendInt(dst, "bytes_in", x.in)
	}
	if x.answerBegun && !x.outUnsure {
		dst = appendInt(dst, "bytes_out", x.out)
	}
	return dst
}

// appendTTFT appends how long the first content of a streamed answer took.
func (x *exchange) appendTTFT(dst []byte) []byte {
	if !x.streamed || x.answer.first.IsZero() || x.answer.early || x.sent.IsZero() || x.asksHole {
		return dst
	}
	return appendSpan(dst, "ttft_ms", x.sent, x.answer.first)
}

// modelName is the model that is asked for.
func (x *exchange) modelName() []byte {
	if model := x.asked.modelName(); len(model) > 0 {
		return model
	}
	if name, ok := bytes.CutPrefix(x.path, []byte("/v1/models/")); ok && x.method == "GET" {
		return name
	}
	return nil
}

func (e *Exchanges) appendModel(dst []byte, x *exchange) []byte {
	asked, answered := x.modelName(), x.answer.model.whole()
	if remote := x.answer.remote.whole(); len(remote) > 0 {
		answered = remote
	}
	dst = e.appendText(dst, "model", asked, maxModel)
	if !bytes.Equal(asked, answered) {
		dst = e.appendText(dst, "response_model", answered, maxModel)
	}
	return dst
}

// isCloud reports whether a model's name says that it runs elsewhere.
func isCloud(model []byte) bool {
	model = bytes.ToLower(model)
	return bytes.HasSuffix(model, []byte(":cloud")) || bytes.HasSuffix(model, []byte("-cloud"))
}

// appendFigures appends the numbers of an answer.
func (a *answer) appendFigures(dst []byte, streamed bool) []byte {
	for _, f := range [...]struct {
		name  string
		which number
	}{{"prompt_tokens", promptTokens}, {"completion_tokens", completionTokens}} {
		if a.has[f.which] {
			dst = appendInt(dst, f.name, a.figures[f.which])
		}
	}
	if streamed && a.holes == 0 && a.chunks > 0 {
		dst = appendInt(dst, "chunks", a.chunks)
	}
	for _, f := range [...]struct {
		name  string
		which number
	}{
		{"total_duration_ms", totalDuration}, {"load_duration_ms", loadDuration},
		{"prompt_eval_duration_ms", promptEvalDuration}, {"eval_duration_ms", evalDuration},
	} {
		if a.has[f.which] {
			dst = append(dst, `,"`+f.name+`":`...)
			dst = sourcetypes.AppendMillis(dst, uint64(a.figures[f.which]))
		}
	}
	return dst
}

// appendCounts appends what is counted in a request that was read to its end.
func (x *exchange) appendCounts(dst []byte) []byte {
	a := &x.asked
	if !x.knowsAll() {
		return dst
	}
	if a.hasMessages {
		dst = appendInt(dst, "messages", int64(a.messages))
	}
	if a.images > 0 {
		dst = appendInt(dst, "images", int64(a.images))
	}
	if a.tools > 0 {
		dst = appendInt(dst, "tools", int64(a.tools))
	}
	return dst
}

var optionNames = [options]string{"num_ctx", "num_predict", "temperature", "top_p", "top_k", "seed"}

func (a *asked) appendOptions(dst []byte) []byte {
	for i := range a.options {
		if value := a.options[i].text; isNumber(value) {
			dst = append(dst, `,"`+optionNames[i]+`":`...)
			dst = append(dst, value...)
		}
	}
	return dst
}

// isNumber reports whether b is a number as JSON has it.
func isNumber(b []byte) bool {
	b = bytes.TrimPrefix(b, []byte{'-'})
	whole := digits(b)
	if whole == 0 || whole > 1 && b[0] == '0' {
		return false
	}
	if b = b[whole:]; len(b) > 0 && b[0] == '.' {
		n := digits(b[1:])
		if n == 0 {
			return false
		}
		b = b[1+n:]
	}
	if len(b) > 0 && b[0]|0x20 == 'e' {
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			b = b[1:]
		}
		return len(b) > 0 && digits(b) == len(b)
	}
	return len(b) == 0
}

func digits(b []byte) int {
	n := 0
	for n < len(b) && text.Digit(b[n]) {
		n++
	}
	return n
}

// tornEnd is how much of a path or a query whose end was not kept goes, once it is redacted:
// it may be a part of a secret.
const tornEnd = 1 << 10

func (x *exchange) cutPath(redacted []byte) []byte {
	if len(x.query) > 0 {
		return atMost(redacted, mostPath)
	}
	return x.cutQuery(redacted)
}

func (x *exchange) cutQuery(redacted []byte) []byte {
	if x.targetCut {
		redacted = withoutEnd(redacted, tornEnd)
	}
	return atMost(redacted, mostPath)
}

// keeps is how many times as much of a text is kept as is shipped, so that a secret is
// whole when redaction sees it.
const keeps = 4

// appendText appends a text, redacted and then cut, if there is any. Of one whose end was
// not kept, or is not looked at, the last part goes, too: it may be a part of a secret.
func (e *Exchanges) appendText(dst []byte, name string, value []byte, most int) []byte {
	if len(value) == 0 {
		return dst
	}
	redacted := e.fields.Redacted(atMost(value, keeps*most))
	if len(value) >= keeps*most {
		redacted = withoutEnd(redacted, (keeps-1)*most)
	}
	dst = append(dst, `,"`+name+`":`...)
	return sourcetypes.AppendString(dst, atMost(redacted, most))
}

// withoutEnd is a text without its last n bytes, and without what they leave of a character.
func withoutEnd(b []byte, n int) []byte { return atMost(b, max(0, len(b)-n)) }

// atMost cuts a text so that no character of it is cut.
func atMost(b []byte, most int) []byte {
	if len(b) <= most {
		return b
	}
	for n := most; n > most-utf8.UTFMax && n > 0; n-- {
		if utf8.RuneStart(b[n]) {
			return b[:n]
		}
	}
	return b[:most]
}

func appendInt(dst []byte, name string, v int64) []byte {
	dst = append(dst, `,"`+name+`":`...)
	return strconv.AppendInt(dst, v, 10)
}

func appendBool(dst []byte, name string, v bool) []byte {
	dst = append(dst, `,"`+name+`":`...)
	return strconv.AppendBool(dst, v)
}

func appendSpan(dst []byte, name string, from, to time.Time) []byte {
	dst = append(dst, `,"`+name+`":`...)
	return sourcetypes.AppendMillis(dst, uint64(max(0, to.Sub(from))))
}
