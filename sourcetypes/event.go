// Package sourcetypes turns Ollama's log lines into events: it joins lines that belong
// together, finds their time, redacts them and maps them onto the sourcetypes
// ollama:server, ollama:api and ollama:prompts.
//
// It is pure: no I/O, no goroutines, no clock but the one it is given. A line
// it does not understand is still an event of ollama:server, as it stands.
package sourcetypes

import (
	"strconv"

	"ollama-hec/input"
)

// Sourcetype is one of the kinds of events.
type Sourcetype uint8

const (
	Server      Sourcetype = iota // the line itself
	API                           // one JSON object per API request
	Prompts                       // one JSON object per prompt
	Connection                    // one JSON object per connection that Ollama accepted, or several alike
	Health                        // one JSON object of this program on itself
	Sourcetypes                   // how many there are

	OfLogs = Connection // those before it are what lines of a log become
)

func (s Sourcetype) String() string {
	return [...]string{"ollama:server", "ollama:api", "ollama:prompts", "ollama:connection", "ollama:hec:health"}[s]
}

// Event is one event of one sourcetype. It is valid during the call it is
// passed to.
type Event struct {
	Sourcetype Sourcetype
	Time       Stamp
	// Unsure: no stamp tells the time, or one that does not fit those around it.
	Unsure bool
	// Host is the record's; of lines that were joined, the first one's.
	Host string
	// Caller is the record's.
	Caller string
	// Program is likewise the record's.
	Program *input.Program
	// Body is the text of a Server event, in valid UTF-8, or else one JSON object.
	Body []byte
}

// Stamp is a time with the precision it was written in.
type Stamp struct {
	Nanos  int64 // since 1970
	Digits uint8 // digits of a second that count, 0 to 9
}

// Append appends epoch seconds as decimal text, digit for digit, such as
// 1732216541.541. There is no text for a time before 1970: it becomes 0.
func (s Stamp) Append(dst []byte) []byte {
	ns := max(s.Nanos, 0)
	dst = strconv.AppendInt(dst, ns/1e9, 10)
	if s.Digits == 0 {
		return dst
	}
	dst = append(dst, '.')
	for unit := int64(1e8); s.Digits > 0 && unit > 0; s.Digits-- {
		dst = append(dst, byte('0'+ns/unit%10))
		unit /= 10
	}
	return dst
}
