package sourcetypes

import (
	"fmt"
	"strings"
	"time"
)

// Options are the settings for normalizing. The zero value is the
// safe one for prompts, but redacts nothing else: see DefaultRedact.
type Options struct {
	// Zone is where stamps without a zone were written. nil: the offset of
	// the last stamp of the stream that had one, else time.Local.
	Zone *time.Location
	// APIEvents derives ollama:api from access lines.
	APIEvents bool
	Prompts   PromptMode
	Redact    Redact
	// Skip holds the classes that are not shipped as ollama:server.
	Skip Classes
	// Now is the time of a line that has no stamp, no stamped line near it, no transport
	// time and no file. nil: time.Now.
	Now func() time.Time
	// ReadBody returns what is in the request body file that a log line of
	// OLLAMA_DEBUG_LOG_REQUESTS names, or the beginning of it. nil, or an
	// error: the prompt's event says only which endpoint was asked.
	ReadBody func(path string) ([]byte, error)
}

// PromptMode is how prompt text is treated, in every sourcetype.
type PromptMode uint8

const (
	Redacted PromptMode = iota // through the default redaction, whatever Redact says
	Full                       // as written, after Redact
	Off                        // no ollama:prompts, and no prompt text anywhere
)

// ParsePromptMode reads the setting PROMPTS.
func ParsePromptMode(s string) (PromptMode, error) {
	switch strings.TrimSpace(strings.ToLower(s)) {
	case "redacted":
		return Redacted, nil
	case "full":
		return Full, nil
	case "off":
		return Off, nil
	}
	return Redacted, fmt.Errorf("got %q, want redacted, full or off", s)
}

func (m PromptMode) String() string {
	return [...]string{"redacted", "full", "off"}[m]
}

// Classes is a set of the classes of lines that SKIP may name.
type Classes uint8

const (
	// Access: the [GIN] lines of requests.
	Access Classes = 1 << iota
	// Runner: what the model runner prints, without a stamp or in llama.cpp's
	// own forms. A crash is never of this class, and what speaks of a failure
	// is shipped all the same.
	Runner
	// Startup: what the server logs about itself when it starts.
	Startup
)

// ParseClasses reads the setting SKIP. Empty text is the empty set.
func ParseClasses(s string) (Classes, error) {
	var set Classes
	if strings.TrimSpace(s) == "" {
		return 0, nil
	}
	for name := range strings.SplitSeq(s, ",") {
		switch strings.TrimSpace(strings.ToLower(name)) {
		case "access":
			set |= Access
		case "runner":
			set |= Runner
		case "startup":
			set |= Startup
		default:
			return 0, fmt.Errorf("got %q, want any of access, runner and startup, comma separated", s)
		}
	}
	return set, nil
}
