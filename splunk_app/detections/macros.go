package detections

// Macro is a search macro without arguments. All of them are the site's own once
// they are there: it narrows indexes, lists exceptions, names its lookup.
type Macro struct {
	Name, Definition string
	// Alone is the definition where only macros and saved searches are
	// installed, without the add-on's files; empty if it is the same.
	Alone       string
	Description string
}

// Macros are those that the detections use: where the events are, what a site
// trusts, and one filter a detection.
func Macros() []Macro {
	const narrow = " Sites put index=... in front of it in local/macros.conf."
	macros := []Macro{
		{"ollama_server", `(sourcetype="ollama:server")`, "", "Where Ollama's log lines are." + narrow},
		{"ollama_api", `(sourcetype="ollama:api")`, "", "Where the requests to Ollama's API are." + narrow},
		{"ollama_prompts", `(sourcetype="ollama:prompts")`, "", "Where the prompts are." + narrow},
		// A search that names a lookup which is not there fails, so it must not
		// where only this was installed.
		{TrustedRanges.Name, "lookup " + TrustedRanges.Name + " range AS client OUTPUT range AS trusted_range", "eval trusted_range=null()",
			"Marks clients in ranges that the site trusts, by the lookup of the same name."},
	}
	for _, d := range All() {
		macros = append(macros, Macro{d.Filter, "search *", "", "What this site does not want to hear of from: " + d.Name + "."})
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
