// Package recognition looks at the beginning of a log, and words the warning about one in which
// nothing looks like Ollama's, the same in run, check and preview.
package recognition

import (
	"fmt"
	"strconv"
	"strings"

	"ollama-hec/sourcetypes"
)

// Words returns what was found in a log of which nothing looks like Ollama's, and the hint. The
// examples are quoted, as they may hold anything.
func Words(r sourcetypes.Recognition) (what, hint string) {
	var examples []string
	for _, e := range r.Examples {
		examples = append(examples, strconv.QuoteToASCII(e))
	}
	what = fmt.Sprintf("nothing in this log looks like Ollama's: 0 of %d events, such as %s",
		r.Events, strings.Join(examples, ", "))
	return what,
		"name the log that ollama serve writes; if something stands before its lines that is not removed here, " +
			"have them written without it. Until then times are guessed, and no requests and prompts are found"
}
