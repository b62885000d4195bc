package scs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// Dead letters have one form, that of HEC, whatever refused them: so each destination
// can send those of another. The functions here are for them and for other single
// events; lines are encoded by Envelope.

// object is an event in the form of the service.
type object struct {
	Timestamp  *int64                     `json:"timestamp,omitempty"`
	Nanos      *int32                     `json:"nanos,omitempty"`
	ID         string                     `json:"id,omitempty"`
	Host       string                     `json:"host,omitempty"`
	Source     string                     `json:"source,omitempty"`
	Sourcetype string                     `json:"sourcetype,omitempty"`
	Attributes map[string]json.RawMessage `json:"attributes,omitempty"`
	Body       json.RawMessage            `json:"body"`
}

// collectorObject is an event in the form of HEC.
type collectorObject struct {
	Time       json.Number                `json:"time,omitempty"`
	Host       string                     `json:"host,omitempty"`
	Source     string                     `json:"source,omitempty"`
	Sourcetype string                     `json:"sourcetype,omitempty"`
	Index      string                     `json:"index,omitempty"`
	Fields     map[string]json.RawMessage `json:"fields,omitempty"`
	Event      json.RawMessage            `json:"event"`
}

// FromCollector returns an event in the form of HEC in that of the service, with an id
// of its own.
func FromCollector(event []byte) ([]byte, error) {
	var from collectorObject
	if err := json.Unmarshal(event, &from); err != nil {
		return nil, fmt.Errorf("not an event as HEC has it: %w", err)
	}
	if from.Event == nil {
		return nil, errors.New("not an event as HEC has it: it has no event")
	}
	to := object{
		ID: string(newSeries()) + "0", Host: from.Host, Source: from.Source, Sourcetype: from.Sourcetype,
		Attributes: from.Fields, Body: from.Event,
	}
	if from.Time != "" {
		ms, rest, err := milliseconds(from.Time)
		if err != nil {
			return nil, err
		}
		to.Timestamp = &ms
		if rest != 0 {
			to.Nanos = &rest
		}
	}
	if from.Index != "" {
		if to.Attributes == nil {
			to.Attributes = map[string]json.RawMessage{}
		}
		to.Attributes["index"], _ = json.Marshal(from.Index) // a string does not fail
	}
	return encode(to)
}

// toCollector returns an event in the form of the service in that of HEC. What is no
// such event is returned as a string.
func toCollector(event []byte) ([]byte, error) {
	var from object
	if err := json.Unmarshal(event, &from); err != nil {
		return json.Marshal(string(event))
	}
	to := collectorObject{
		Host: from.Host, Source: from.Source, Sourcetype: from.Sourcetype,
		Fields: from.Attributes, Event: from.Body,
	}
	if from.Timestamp != nil {
		nanos := int64(0)
		if from.Nanos != nil {
			nanos = int64(*from.Nanos)
		}
		to.Time = seconds(*from.Timestamp, nanos)
	}
	if index, ok := to.Fields["index"]; ok && json.Unmarshal(index, &to.Index) == nil {
		delete(to.Fields, "index")
	}
	return encode(to)
}

// encode leaves <, > and & as they are.
func encode(v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), nil
}

// timeMax is more than any time needs.
const timeMax = 40

// milliseconds reads epoch seconds digit for digit: as a floating-point number they
// would lose their last ones.
func milliseconds(epoch json.Number) (ms int64, nanos int32, err error) {
	at := new(big.Rat)
	if len(epoch) > timeMax {
		return 0, 0, fmt.Errorf("not an event as HEC has it: its time has %d digits", len(epoch))
	}
	if _, ok := at.SetString(epoch.String()); !ok {
		return 0, 0, fmt.Errorf("not an event as HEC has it: its time is %s", epoch)
	}
	at.Mul(at, big.NewRat(1e9, 1))
	ns := new(big.Int).Quo(at.Num(), at.Denom())
	if !ns.IsInt64() || ns.Sign() < 0 {
		return 0, 0, nil
	}
	return ns.Int64() / 1e6, int32(ns.Int64() % 1e6), nil
}

// seconds writes a time as HEC has it, without zeros at its end.
func seconds(ms, nanos int64) json.Number {
	ns := max(ms*1e6+nanos, 0)
	text := strconv.FormatInt(ns/1e9, 10)
	if rest := ns % 1e9; rest > 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%09d", rest), "0")
	}
	return json.Number(text)
}
