package hec

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

// Origin is what the events of one stream have in common.
type Origin struct {
	Host, Source string
	Index        string // empty: the token's default
	Fields       []input.Field
}

// Envelope encodes the events of one stream as HEC objects. What does not
// change from event to event is encoded once.
type Envelope struct {
	meta [sourcetypes.Sourcetypes][]byte // from the comma after time to "event":
}

// NewEnvelope returns the encoder for a stream.
func NewEnvelope(o Origin) *Envelope {
	e := new(Envelope)
	for st := range e.meta {
		m := member(nil, "host", o.Host)
		m = member(m, "source", o.Source)
		m = member(m, "sourcetype", sourcetypes.Sourcetype(st).String())
		if o.Index != "" {
			m = member(m, "index", o.Index)
		}
		if len(o.Fields) > 0 {
			m = append(m, `,"fields":{`...)
			for i, f := range o.Fields {
				if i > 0 {
					m = append(m, ',')
				}
				m = appendValid(m, f.Name)
				m = append(m, ':')
				m = appendValid(m, f.Value)
			}
			m = append(m, '}')
		}
		e.meta[st] = append(m, `,"event":`...)
	}
	return e
}

func member(dst []byte, key, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, key...)
	dst = append(dst, '"', ':')
	return appendValid(dst, value)
}

// Append appends ev as one HEC object. It allocates only to grow dst.
func (e *Envelope) Append(dst []byte, ev *sourcetypes.Event) []byte {
	dst = append(dst, `{"time":`...)
	dst = ev.Time.Append(dst)
	dst = append(dst, e.meta[ev.Sourcetype]...)
	if ev.Sourcetype == sourcetypes.Server {
		dst = appendString(dst, ev.Body)
	} else {
		dst = append(dst, ev.Body...)
	}
	return append(dst, '}')
}

// appendValid appends a JSON string of what may not be valid UTF-8, such as a path.
func appendValid(dst []byte, s string) []byte {
	if utf8.ValidString(s) {
		return appendString(dst, []byte(s))
	}
	var clean []byte
	for _, r := range s {
		clean = utf8.AppendRune(clean, r)
	}
	return appendString(dst, clean)
}

// appendString appends s, valid UTF-8, as a JSON string (RFC 8259, section 7):
// runs of bytes that need no escape are copied whole.
func appendString(dst, s []byte) []byte {
	dst = append(dst, '"')
	for {
		n := plainRun(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[n])
		s = s[n+1:]
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plainRun is how many bytes at the start of s need no escape. It looks at
// eight bytes at a time: a byte minus its bound borrows into its high bit.
func plainRun(s []byte) int {
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := binary.LittleEndian.Uint64(s[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		hit := ((w - ones*0x20) | (quote - ones) | (slash - ones)) &^ w & highs
		if hit != 0 {
			// A borrow runs upwards only, so the lowest hit is a true one.
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' {
			return i
		}
	}
	return i
}

func appendEscape(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	const hex = "0123456789abcdef"
	return append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
}
