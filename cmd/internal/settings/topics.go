package settings

import (
	"slices"
	"strings"
)

// Topic is what a group of settings is about, as the help shows them.
type Topic string

// The topics, in the order of the help.
const (
	Destination Topic = "Where events go"
	Logs        Topic = "What is read"
	Text        Topic = "What is shipped of it"
	Prompting   Topic = "Prompts and secrets"
	Capturing   Topic = "What is captured off the wire"
	Proxying    Topic = "The reverse proxy"
	Kept        Topic = "What is kept on this machine"
	Batching    Topic = "How events travel"
	Itself      Topic = "What it tells of itself"
	Services    Topic = "Splunk Cloud Services, in place of HEC"
	Others      Topic = "Other settings"
)

// Topics lists all topics.
var Topics = []Topic{Destination, Logs, Text, Prompting, Capturing, Proxying, Kept, Batching, Itself, Services, Others}

// topicOf has the bare names of the settings of each topic.
var topicOf = map[Topic][]string{
	Destination: {
		"URL", "TOKEN", "TOKEN_FILE", "INDEX", "PROMPTS_INDEX", "HOST", "CA_FILE", "CERT_FILE", "KEY_FILE", "TLS_FINGERPRINT",
		"INSECURE_SKIP_VERIFY", "ACK", "ACCEPT_WITHOUT_CODE",
	},
	Logs:      {"PATHS", "JOURNAL_UNIT", "JOURNAL_DIR", "START", "TIMEZONE", "MAX_LINE_BYTES"},
	Text:      {"API_EVENTS", "SKIP"},
	Prompting: {"PROMPTS", "REDACT", "REDACT_REGEX", "RESPONSES", "PROMPT_HISTORY"},
	Capturing: {"CAPTURE", "CAPTURE_PORTS", "CAPTURE_INTERFACES", "TRUSTED_PROXIES", "CONNECTION_EVENTS"},
	Proxying:  {"PROXY_LISTEN", "PROXY_UPSTREAM", "PROXY_CERT_FILE", "PROXY_KEY_FILE"},
	Kept:      {"STATE_DIR", "SPOOL", "SPOOL_BYTES"},
	Batching:  {"BATCH_BYTES", "BATCH_EVENTS", "BATCH_DELAY", "GZIP_LEVEL", "DRAIN_TIMEOUT", "REPLY_TIMEOUT"},
	Itself:    {"METRICS_ADDR", "HEALTH_EVENTS", "HEALTH_INDEX", "LOG_FORMAT", "LOG_LEVEL"},
}

// besideOf has settings of other topics that a topic's commands heed as well.
var besideOf = map[Topic][]string{
	Capturing: {"LOG_FORMAT", "LOG_LEVEL"},
	Proxying:  {"TRUSTED_PROXIES", "DRAIN_TIMEOUT", "LOG_FORMAT", "LOG_LEVEL"},
}

// Beside reports whether the setting, which is about something else, goes with a topic, too.
func (r Setting) Beside(t Topic) bool { return slices.Contains(besideOf[t], r.bare()) }

// Topic returns what the setting is about.
func (r Setting) Topic() Topic {
	if strings.HasPrefix(r.bare(), "SCS_") {
		return Services
	}
	for topic, names := range topicOf {
		if slices.Contains(names, r.bare()) {
			return topic
		}
	}
	return Others
}
