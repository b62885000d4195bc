package connections

import "strings"

// servesOllama reports whether the arguments are those of an Ollama server. Its runner is the same program and listens
// as well, on ports that are no concern of ours.
func servesOllama(args []string) bool {
	for i, arg := range args {
		if i > 0 && arg != "" && !strings.HasPrefix(arg, "-") {
			return arg == "serve" || arg == "start"
		}
	}
	return false
}
