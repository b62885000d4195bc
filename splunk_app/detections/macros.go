package detections

// Macro is a search macro without arguments.
type Macro struct{ Name, Definition, Description string }

// Macros are those that the detections use: where the events are, and one
// filter a detection.
func Macros() []Macro {
	macros := []Macro{
		{"ollama_server", `(sourcetype="ollama:server")`,
			"Where Ollama's log lines are. Put index=… in front of it in local/macros.conf."},
		{"ollama_api", `(sourcetype="ollama:api")`,
			"Where the requests to Ollama's API are. Put index=… in front of it in local/macros.conf."},
		{"ollama_prompts", `(sourcetype="ollama:prompts")`,
			"Where the prompts are. Put index=… in front of it in local/macros.conf."},
	}
	for _, d := range All() {
		macros = append(macros, Macro{d.Filter, "search *",
			"What this site does not want to hear of from: " + d.Name + "."})
	}
	return macros
}

// Lookup is a table that a detection reads.
type Lookup struct {
	Name, File string
	MatchType  string
	Columns    []string
}

// TrustedRanges are the ranges of addresses that a site does not call external.
var TrustedRanges = Lookup{
	Name:      "ollama_trusted_ranges",
	File:      "ollama_trusted_ranges.csv",
	MatchType: "CIDR(range)",
	Columns:   []string{"range", "comment"},
}
