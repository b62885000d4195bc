package report

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"ollama-hec/splunk_app/detections"
)

// WriteJSON writes one object: events, the number of them by sourcetype, and detections,
// the result rows of each by its name. A row has the columns of its search, in their order;
// a column of several values is a list, and one without a value is left out.
func (r *Report) WriteJSON(w io.Writer) error {
	events := object{}
	for _, st := range r.sourcetypes {
		events = append(events, member{st, r.events[st]})
	}
	found := object{}
	for _, d := range r.detections {
		rows := []object{} // none is [], not null
		for _, f := range d.Findings() {
			rows = append(rows, row(f))
		}
		found = append(found, member{d.name, rows})
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(object{{"events", events}, {"detections", found}})
}

func row(f detections.Finding) object {
	columns := f.Columns
	if columns == nil {
		for name := range f.Row {
			columns = append(columns, name)
		}
		slices.Sort(columns)
	}
	o := object{}
	for _, c := range columns {
		switch values := f.Row[c]; len(values) {
		case 0:
		case 1:
			o = append(o, member{c, values[0]})
		default:
			o = append(o, member{c, values})
		}
	}
	return o
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON writes the members in their order.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// marshal is json.Marshal that leaves <, > and & as they are.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return bytes.TrimSpace(b.Bytes()), err
}
