package main

import (
	"strings"
	"testing"
)

// What the form in Splunk Web cannot show is taken, and warned of with the word that it shows.
func TestValuesThatTheFormDoesNotShow(t *testing.T) {
	log := newLog(t)
	splunk := splunk(t)
	for _, tt := range []struct{ argument, value, word string }{
		{"prompts", "OFF", "off"},
		{"prompts", "off", ""},
		{"start", "Beginning", "beginning"},
		{"redact", "emails, Secrets", "secrets,emails"},
		{"redact", "secrets,emails", ""},
		{"ack", "AUTO", "auto"},
		{"api_events", "ON", "on"},
		{"skip", "ACCESS,Runner", ""}, // a text field
	} {
		log.grow(1)
		p := splunk.Start(t, stanza("a", "paths", log.path, tt.argument, tt.value))
		log.came(p)
		endedWell(t, p)
		said := strings.Join(p.Log(), "\n")
		warned := strings.Contains(said, "the form in Splunk Web shows another value")
		hint := "argument=" + tt.argument + ` value=` + tt.value
		if warned != (tt.word != "") || warned && !strings.Contains(said, `hint="write `+tt.argument+" = "+tt.word+" in inputs.conf\"") {
			t.Errorf("%s, wanted %q:\n%s", hint, tt.word, said)
		}
	}
}
