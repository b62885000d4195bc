package detections

// Macro is a search macro without arguments. Once installed each belongs to the site, which
// narrows indexes, adds exceptions or names its lookup in it.
type Macro struct {
	Name, Definition string
	// Alone is the definition where only macros and saved searches are
	// installed, without the add-on's files; empty if it is the same.
	Alone       string
	Description string
}

// Macros returns the macros that the detections use: where the events are, what a site
// trusts, and one filter for each detection.
func Macros() []Macro {
	const narrow = " To search one index only, put index=... in front of it in local/macros.conf."
	macros := []Macro{
		{"ollama_server", `(sourcetype="ollama:server")`, "", "Finds the log lines of Ollama." + narrow},
		{"ollama_api", `(sourcetype="ollama:api")`, "", "Finds the requests to Ollama's API." + narrow},
		{"ollama_prompts", `(sourcetype="ollama:prompts")`, "", "Finds the prompts sent to Ollama." + narrow},
		// A search that names a missing lookup fails, so the macro does not name it
		// where only macros and searches are installed.
		{
			TrustedRanges.Name,
			"lookup " + TrustedRanges.Name + " range AS client OUTPUT range AS trusted_range",
			"eval trusted_range=null()",
			"Marks clients in the ranges that your site trusts: those in the lookup of the same name.",
		},
	}
	for _, d := range All() {
		macros = append(
			macros,
			Macro{d.Filter, "search *", "", "Excludes results of the detection " + d.Name + " that your site does not want."},
		)
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
