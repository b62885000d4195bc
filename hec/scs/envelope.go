package scs

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"

	"ollama-hec/hec"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/batch"
)

// Envelope encodes the events of one stream as the service's objects (schema Event of
// ingest.yaml). The schema has no index: it goes into attributes, where the functions
// of a pipeline that write to an index look for it.
//
// Each event gets an id of its own: lines that are alike are different events.
type Envelope struct {
	hosts  batch.Hosts[meta]
	series []byte // the beginning of all ids
	next   uint64
}

// meta is, by sourcetype, what stands from the comma after id to "body":.
type meta [sourcetypes.Sourcetypes][]byte

// NewEnvelope returns the encoder for a stream.
func NewEnvelope(o hec.Origin) *Envelope {
	return &Envelope{
		series: newSeries(),
		hosts: batch.NewHosts(func(named string, p *input.Program) *meta {
			of := o.At(named, p)
			return metaOf(&of)
		}),
	}
}

// newSeries returns the beginning of ids that no other series shares.
func newSeries() []byte {
	var b [12]byte
	rand.Read(b[:]) // does not fail
	return append(base64.RawURLEncoding.AppendEncode(nil, b[:]), '.')
}

func metaOf(o *hec.Origin) *meta {
	all := new(meta)
	for st := range sourcetypes.Sourcetypes {
		m := member(nil, "host", o.Host)
		m = member(m, "source", o.Source)
		m = member(m, "sourcetype", st.String())
		m = appendAttributes(m, o, o.IndexOf(st))
		all[st] = append(m, `,"body":`...)
	}
	return all
}

func member(dst []byte, key, value string) []byte {
	dst = append(dst, ',', '"')
	dst = append(dst, key...)
	return hec.AppendValid(append(dst, '"', ':'), value)
}

func appendAttributes(dst []byte, o *hec.Origin, index string) []byte {
	if index == "" && len(o.Fields) == 0 {
		return dst
	}
	dst = append(dst, `,"attributes":{`...)
	comma := ""
	if index != "" {
		dst = hec.AppendValid(append(dst, `"index":`...), index)
		comma = ","
	}
	for _, f := range o.Fields {
		dst = hec.AppendValid(append(dst, comma...), f.Name)
		dst = hec.AppendValid(append(dst, ':'), f.Value)
		comma = ","
	}
	return append(dst, '}')
}

// Append appends ev as one object. It allocates only to grow dst.
func (e *Envelope) Append(dst []byte, ev *sourcetypes.Event) []byte {
	dst = appendTime(dst, ev.Time)
	dst = append(dst, `,"id":"`...)
	dst = append(dst, e.series...)
	dst = strconv.AppendUint(dst, e.next, 10)
	e.next++
	dst = append(dst, '"')
	dst = append(dst, e.hosts.Of(ev.Host, ev.Program)[ev.Sourcetype]...)
	if ev.Sourcetype == sourcetypes.Server {
		dst = hec.AppendString(dst, ev.Body)
	} else {
		dst = append(dst, ev.Body...)
	}
	return append(dst, '}')
}

// appendTime appends the milliseconds and what is left of them in nanoseconds. A time
// before 1970 becomes 0.
func appendTime(dst []byte, at sourcetypes.Stamp) []byte {
	ns := max(at.Nanos, 0)
	dst = strconv.AppendInt(append(dst, `{"timestamp":`...), ns/1e6, 10)
	if rest := ns % 1e6; rest != 0 {
		dst = strconv.AppendInt(append(dst, `,"nanos":`...), rest, 10)
	}
	return dst
}
