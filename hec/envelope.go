package hec

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// Origin is what the events of one stream have in common.
type Origin struct {
	Host   string // of the events whose lines name none
	Always bool   // Host is the host of all events, whatever their lines name
	Source string
	Index  string // empty: the token's default
	Fields []input.Field
	// Apart are the indexes of the sourcetypes that have one of their own.
	Apart map[sourcetypes.Sourcetype]string
}

// IndexOf is the index of the events of a sourcetype; empty: the token's default.
func (o *Origin) IndexOf(st sourcetypes.Sourcetype) string {
	if index := o.Apart[st]; index != "" {
		return index
	}
	return o.Index
}

// Envelope encodes the events of one stream as HEC objects. What does not
// change from event to event is encoded once.
type Envelope struct {
	hosts batch.Hosts[meta]
	none  *meta  // of events whose lines name no host and no program
	head  []byte // {"time": and the second of the last event
	unix  int64  // the second in head
}

// callerMark separates a host from the program that writes about Ollama there: no
// host's name contains it.
const callerMark = "\x00"

// At is the origin of the events whose lines name a host, and are of a program.
func (o Origin) At(named string, p *input.Program) Origin {
	if named != "" && !o.Always {
		o.Host = named
	}
	if p != nil {
		o.Fields = slices.Concat(o.Fields, p.Fields)
	}
	return o
}

// meta is, by sourcetype, what stands from the comma after time to "event":.
type meta [sourcetypes.Sourcetypes][]byte

// NewEnvelope returns the encoder for a stream.
func NewEnvelope(o Origin) *Envelope {
	e := &Envelope{unix: -1, hosts: batch.NewHosts(func(named string, p *input.Program) *meta {
		named, caller, said := strings.Cut(named, callerMark)
		of := o.At(named, p)
		if said {
			of.Fields = slices.Concat(of.Fields, []input.Field{{Name: "caller", Value: caller}})
		}
		return of.meta()
	})}
	e.none = e.hosts.Of("", nil)
	return e
}

func (o *Origin) meta() *meta {
	all := new(meta)
	for st := range sourcetypes.Sourcetypes {
		m := member(nil, "host", o.Host)
		m = member(m, "source", o.Source)
		m = member(m, "sourcetype", st.String())
		if index := o.IndexOf(st); index != "" {
			m = member(m, "index", index)
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
		all[st] = append(m, `,"event":`...)
	}
	return all
}

func member(dst []byte, key, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, key...)
	dst = append(dst, '"', ':')
	return appendValid(dst, value)
}

// Append appends ev as one HEC object. It allocates only to grow dst.
func (e *Envelope) Append(dst []byte, ev *sourcetypes.Event) []byte {
	dst = e.appendTime(dst, ev.Time)
	dst = append(dst, e.of(ev)[ev.Sourcetype]...)
	if ev.Sourcetype == sourcetypes.Server {
		dst = appendString(dst, ev.Body)
	} else {
		dst = append(dst, ev.Body...)
	}
	return append(dst, '}')
}

// of returns what the events of ev's host and program have in common.
func (e *Envelope) of(ev *sourcetypes.Event) *meta {
	if ev.Host == "" && ev.Program == nil && ev.Caller == "" {
		return e.none
	}
	from := ev.Host
	if ev.Caller != "" {
		from += callerMark + ev.Caller
	}
	return e.hosts.Of(from, ev.Program)
}

// appendTime appends {"time": and the stamp as Stamp.Append writes it. Events
// in a row mostly share their second: its digits are kept.
func (e *Envelope) appendTime(dst []byte, at sourcetypes.Stamp) []byte {
	ns := max(at.Nanos, 0)
	unix := ns / 1e9
	if unix != e.unix {
		e.unix = unix
		e.head = strconv.AppendInt(append(e.head[:0], `{"time":`...), unix, 10)
	}
	dst = append(dst, e.head...)
	if at.Digits == 0 {
		return dst
	}
	dst = append(dst, '.')
	rest := uint64(ns - unix*1e9)
	for range min(at.Digits, 9) {
		rest *= 10
		dst = append(dst, byte('0'+rest/1e9))
		rest %= 1e9
	}
	return dst
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

// appendString appends s, valid UTF-8, as a JSON string (RFC 8259, section 7).
// It copies sixteen bytes at a time while it looks whether one needs an escape.
func appendString(dst, s []byte) []byte {
	dst = append(slices.Grow(dst, len(s)+2), '"')
	for {
		n := copyPlain(dst[len(dst):cap(dst)], s)
		dst = dst[:len(dst)+n]
		if n == len(s) {
			return append(dst, '"')
		}
		dst = appendEscape(dst, s[n])
		s = s[n+1:]
		dst = slices.Grow(dst, len(s)+1)
	}
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// copyPlain copies what is at the start of s and needs no escape, and returns
// how many bytes that is. dst is as long as s at least; what is behind the
// bytes copied is overwritten.
func copyPlain(dst, s []byte) int {
	dst = dst[:len(s)]
	if len(s) < 8 {
		return copyShort(dst, s)
	}
	i := 0
	for ; i <= len(s)-16; i += 16 {
		from, to := (*[16]byte)(s[i:]), (*[16]byte)(dst[i:])
		v, w := binary.LittleEndian.Uint64(from[:8]), binary.LittleEndian.Uint64(from[8:])
		binary.LittleEndian.PutUint64(to[:8], v)
		binary.LittleEndian.PutUint64(to[8:], w)
		if (escapes(v)|escapes(w))&highs != 0 {
			break
		}
	}
	for i < len(s) {
		i = min(i, len(s)-8) // the last eight bytes may begin with some that are plain
		from, to := (*[8]byte)(s[i:]), (*[8]byte)(dst[i:])
		w := binary.LittleEndian.Uint64(from[:])
		binary.LittleEndian.PutUint64(to[:], w)
		if hit := escapes(w) & highs; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
		i += 8
	}
	return len(s)
}

// copyShort is copyPlain for less than eight bytes.
func copyShort(dst, s []byte) int {
	for i, c := range s {
		if c < 0x20 || c == '"' || c == '\\' {
			return i
		}
		dst[i] = c
	}
	return len(s)
}

// escapes has the high bit set of the first byte of w that needs an escape, if
// there is one; what stands in the other bits means nothing, nor do bytes behind that one.
func escapes(w uint64) uint64 {
	// With its second bit turned, a quote follows upon the control characters, which stay what
	// they are. A byte minus its bound borrows into its high bit, and then upwards only.
	quote := w ^ ones*('"'^' ')
	slash := w ^ ones*'\\'
	return ((quote - ones*(' '+1)) | (slash - ones)) &^ w
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
