package connections

import "strings"

// servesOllama reports whether the arguments are those of an Ollama server. Its runner, the
// process that computes a model, is the same program and also listens, on ports that do not
// matter here.
func servesOllama(args []string) bool {
	for i, arg := range args {
		if i > 0 && arg != "" && !strings.HasPrefix(arg, "-") {
			return arg == "serve" || arg == "start"
		}
	}
	return false
}
