package modinput

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"unicode/utf8"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// Encoder writes the events of one stream as elements of the event stream.
//
// What XML 1.0 cannot hold becomes U+FFFD: control characters other than tab,
// line feed and carriage return, U+FFFE and U+FFFF, and invalid UTF-8. Everything
// else reads back as it was. There is no place for a stream's HEC fields: a pod's
// events are told apart by their source, the path that names it.
//
// It is used by one goroutine at a time.
type Encoder struct {
	head  []byte // up to the time
	hosts batch.Hosts[middle]
}

// middle holds, by sourcetype, the text between time and body.
type middle [sourcetypes.Sourcetypes][]byte

const tail = "</data></event>\n"

// NewEncoder returns an encoder for the events of one stanza and one source. host is the
// host of all events; empty: the host that a line names, else that of the stanza's
// settings. An empty index is that of the stanza's settings, too; prompts is that of
// ollama:prompts, if they have their own.
func NewEncoder(stanza, source, host, index, prompts string) *Encoder {
	e := &Encoder{}
	var head bytes.Buffer
	head.WriteString(`<event stanza="`)
	if err := xml.EscapeText(&head, []byte(stanza)); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	head.WriteString(`"><time>`)
	e.head = head.Bytes()
	e.hosts = batch.NewHosts(func(named string, _ *input.Program) *middle {
		all := new(middle)
		for s := range sourcetypes.Sourcetypes {
			m := []byte("</time>")
			m = appendElement(m, "source", source)
			m = appendElement(m, "sourcetype", s.String())
			if s == sourcetypes.Prompts {
				m = appendElement(m, "index", cmp.Or(prompts, index))
			} else {
				m = appendElement(m, "index", index)
			}
			m = appendElement(m, "host", cmp.Or(host, named))
			all[s] = append(m, "<data>"...)
		}
		return all
	})
	return e
}

// Append appends ev and returns the extended slice. It allocates nothing else, but for a
// host it has not met before.
func (e *Encoder) Append(dst []byte, ev *sourcetypes.Event) []byte {
	dst = append(dst, e.head...)
	dst = ev.Time.Append(dst)
	dst = append(dst, e.hosts.Of(ev.Host, ev.Program)[ev.Sourcetype]...)
	dst = appendEscaped(dst, ev.Body)
	return append(dst, tail...)
}

func appendElement(dst []byte, name, text string) []byte {
	if text == "" {
		return dst
	}
	dst = append(dst, '<')
	dst = append(dst, name...)
	dst = append(dst, '>')
	dst = appendEscaped(dst, []byte(text))
	dst = append(dst, "</"...)
	dst = append(dst, name...)
	return append(dst, '>')
}

const replacement = "\uFFFD"

// escapes holds the text that stands for an ASCII byte between tags; "" is the byte itself.
// > is escaped for the sake of ]]>, and CR because a parser takes it for a line's
// end. Quotes need no escape there, and log lines are full of them.
var escapes = func() (t [utf8.RuneSelf]string) {
	for c := range ' ' {
		t[c] = replacement
	}
	t['\t'], t['\n'], t['\r'] = "", "", "&#xD;"
	t['&'], t['<'], t['>'] = "&amp;", "&lt;", "&gt;"
	return t
}()

// special marks the bytes that need an escape or a closer look.
var special = func() (t [256]bool) {
	for c := range t {
		t[c] = c >= utf8.RuneSelf || escapes[c] != ""
	}
	return t
}()

func appendEscaped(dst, text []byte) []byte {
	plain := 0 // where the text not yet appended begins
	for i := 0; i < len(text); {
		c := text[i]
		if !special[c] {
			i++
			continue
		}
		size, escape := 1, ""
		if c < utf8.RuneSelf {
			escape = escapes[c]
		} else {
			var r rune
			r, size = utf8.DecodeRune(text[i:])
			if r != utf8.RuneError && r != '\uFFFE' && r != '\uFFFF' {
				i += size
				continue
			}
			escape = replacement
		}
		dst = append(dst, text[plain:i]...)
		dst = append(dst, escape...)
		i += size
		plain = i
	}
	return append(dst, text[plain:]...)
}
