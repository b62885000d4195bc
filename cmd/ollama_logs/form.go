package main

import (
	"log/slog"
	"reflect"
	"slices"
	"strings"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/splunk_app/modinput"
)

// choices returns the words that the form in Splunk Web offers for an argument; nil: it takes any text.
func choices(argument string) []string {
	switch argument {
	case "output":
		return []string{modinput.OutputSplunkd, modinput.OutputHEC}
	case "connections":
		return []string{"off", modinput.ConnectionsFirst, modinput.ConnectionsAll}
	case "redact": // a list: each that means something else
		return []string{"secrets,emails", "secrets", "emails", "off"}
	}
	for _, s := range settings.All() {
		if name, _ := settings.Argument(s); name == argument {
			return s.Values()
		}
	}
	return nil
}

// warnOfForm warns of values that the input takes and that the form does not offer, such as OFF for off:
// it shows its first choice in their place, and whoever saves it has that.
func warnOfForm(st *modinput.Stanza, log *slog.Logger) {
	for _, a := range modinput.OllamaLogs().Arguments {
		value, words := strings.TrimSpace(st.Params[a.Name]), choices(a.Name)
		if value == "" || len(words) == 0 || slices.Contains(words, value) {
			continue
		}
		hint := "write " + a.Name + " = " + offered(a.Name, value, words) + " in inputs.conf"
		log.Warn(
			"the form in Splunk Web shows another value, and would save that", "argument", a.Name, "value", value, "hint", hint,
		)
	}
}

// offered returns the word that means what a value does.
func offered(argument, value string, words []string) string {
	meant := settingOf(argument, value)
	for _, word := range words {
		if reflect.DeepEqual(settingOf(argument, word), meant) {
			return word
		}
	}
	return strings.Join(words, " or ")
}

func settingOf(argument, value string) *settings.Settings {
	s := new(settings.Settings)
	if err := s.Set(argument, value); err != nil {
		return nil // read has accepted it
	}
	return s
}
