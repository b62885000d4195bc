package scstest

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// failedEvent is how an event that is not valid is named.
type failedEvent struct {
	Index   int    `json:"index"`
	Message string `json:"message"`
}

// postEvents takes all events of a request or none.
func (s *Service) postEvents(x *exchange) {
	if len(x.body) > maxBytes {
		x.refuse(http.StatusRequestEntityTooLarge, "PAYLOAD_TOO_LARGE", "The request is too large.", nil)
		return
	}
	events, failed, ok := parseEvents(x.body)
	switch {
	case !ok || len(events) == 0 || len(events) > maxEvents:
		x.refuse(http.StatusBadRequest, "INVALID_DATA", "The request isn't valid.", nil)
		return
	case len(failed) > 0:
		x.refuse(http.StatusBadRequest, "INVALID_DATA", "The request isn't valid.", map[string]any{"failedEvents": failed})
		return
	}
	s.mu.Lock()
	for _, ev := range events {
		again := ev.ID != nil && s.ids[*ev.ID]
		if ev.ID != nil {
			s.ids[*ev.ID] = true
		}
		s.arrived, s.again = append(s.arrived, ev), append(s.again, again)
	}
	s.mu.Unlock()
	x.answer(http.StatusOK, map[string]any{"code": "SUCCESS", "message": "The event was sent successfully."})
}

// parseEvents reads an array of events. What the schema does not name, or gives another
// type, is not valid; neither is an event without a body.
func parseEvents(body []byte) (events []Event, failed []failedEvent, ok bool) {
	var raw []json.RawMessage
	if json.Unmarshal(body, &raw) != nil {
		return nil, nil, false
	}
	for i, text := range raw {
		var ev Event
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.DisallowUnknownFields()
		switch err := dec.Decode(&ev); {
		case err != nil:
			failed = append(failed, failedEvent{i, err.Error()})
		case len(ev.Body) == 0 || string(ev.Body) == "null" || string(ev.Body) == `""`:
			failed = append(failed, failedEvent{i, "Event body cannot be empty"})
		}
		events = append(events, ev)
	}
	return events, failed, true
}
