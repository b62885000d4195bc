package modinput

import (
	"fmt"
	"strings"
)

// The values of the argument output.
const (
	OutputSplunkd = "splunkd" // events as XML on standard output
	OutputHEC     = "hec"     // events over HEC, as the standalone shipper sends them
)

// The values of the argument connections, but for off.
const (
	ConnectionsFirst = "first" // an event for a client, port and minute
	ConnectionsAll   = "all"   // an event for each connection
)

// App is the add-on that the executable is part of.
const App = "TA-ollama-hec"

// OllamaLogs returns the scheme of this add-on's input. Its arguments are the settings of
// the same name, without those that make no sense under splunkd.
func OllamaLogs() Scheme {
	return Scheme{
		Name:        "ollama_logs",
		Title:       "Ollama logs",
		Description: "Follows Ollama's logs and indexes them as ollama:server, ollama:api and ollama:prompts; also who connects, as ollama:connection.",
		Arguments: []Argument{
			{"paths", "Log files",
				"Files to follow: globs, comma separated, ** allowed. Empty: the usual places of this operating system."},
			{"journal_unit", "Journal unit",
				"systemd unit to follow. Empty: ollama where no log file is found and the journal has it. off: none."},
			{"start", "Start",
				"Where to begin in files never seen before: beginning (default) or end."},
			{"timezone", "Time zone of access lines",
				"Zone of [GIN] time stamps, such as Europe/Berlin. Empty: that of the server's other lines, else local time."},
			{"api_events", "API events",
				"Derive ollama:api from access lines: on (default) or off."},
			{"prompts", "Prompts",
				"Text of prompts: redacted (default), full, or off."},
			{"prompts_index", "Index of prompts",
				"Index of ollama:prompts, where who may read them and for how long differs. Empty: the input's index."},
			{"redact", "Redaction",
				"What to mask in every event: secrets,emails (default), one of them, or off."},
			{"skip", "Lines to leave out",
				"Kinds of lines not to index as ollama:server, comma separated: access, runner, startup."},
			{"connections", "Connections",
				"Index who connects to Ollama, as ollama:connection: off (default), first (one event a client, port and minute), all."},
			{"output", "Output",
				"splunkd (default): through this Splunk instance. hec: to the HTTP Event Collector at url."},
			{
				"url",
				"HEC URL",
				"For output = hec: base URLs, comma separated, tried in turn, such as https://splunk:8088. The token is kept in storage/passwords, never here.",
			},
			{"ca_file", "HEC certificate authority",
				"For output = hec: file of PEM certificates to trust instead of the system's."},
			{"ack", "HEC acknowledgment",
				"For output = hec: wait for indexer acknowledgment: auto (default), on, off."},
			{"accept_without_code", "Accept answers without a HEC code",
				"For output = hec: on where a front end strips HEC's replies; off (default). Not with ack = on."},
		},
	}
}

// The HEC token of output = hec is kept in storage/passwords of the add-on's own
// app under this realm. The user is the input's name, so that each input may have
// its own token; an input without one uses that of TokenUserShared.
const (
	TokenRealm      = "ollama_logs"
	TokenUserShared = "default"
)

// TokenUsers returns the users under which the HEC token of a stanza may be stored, in the
// order to try them.
func TokenUsers(s *Stanza) []string {
	if name := s.Input(); name != TokenUserShared {
		return []string{name, TokenUserShared}
	}
	return []string{TokenUserShared}
}

// Connections returns of which connections the stanza wants events: "" for none.
func (s *Stanza) Connections() (string, error) {
	switch value := strings.TrimSpace(s.Params["connections"]); value {
	case "", "off":
		return "", nil
	case ConnectionsFirst, ConnectionsAll:
		return value, nil
	default:
		return "", fmt.Errorf("connections is %q: it takes off, first or all", value)
	}
}

// Output returns where the stanza's events go. hec without a URL is an error.
func (s *Stanza) Output() (string, error) {
	switch out := strings.TrimSpace(s.Params["output"]); out {
	case "", OutputSplunkd:
		return OutputSplunkd, nil
	case OutputHEC:
		if strings.TrimSpace(s.Params["url"]) == "" {
			return "", fmt.Errorf("output = hec needs url: set it to the collector's address, such as https://splunk:8088")
		}
		return OutputHEC, nil
	default:
		return "", fmt.Errorf("output is %q: it takes splunkd or hec", out)
	}
}
