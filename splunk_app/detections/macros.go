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
		{"ollama_connection", `(sourcetype="ollama:connection")`, "", "Finds the connections that Ollama accepted." + narrow},
		// A search that names a missing lookup fails, so the macro does not name it
		// where only macros and searches are installed.
		{
			TrustedRanges.Name,
			"lookup " + TrustedRanges.Name + " range AS client OUTPUT range AS trusted_range",
			"eval trusted_range=null()",
			"Marks clients in the ranges that your site trusts: those in the lookup of the same name.",
		},
		{
			TrustedRegistries.Name,
			"lookup " + TrustedRegistries.Name + " registry OUTPUT registry AS trusted_registry",
			`eval trusted_registry=if(match(registry, "^(?:registry\.ollama\.ai|(?:[^.]+\.)*ollama\.com|(?:[^.]+\.)*(?:hf|huggingface)\.co|dd20bb891979d25aebc8bec07b2b3bbc\.r2\.cloudflarestorage\.com)\z"), registry, null())`,
			"Marks registries that your site takes models from: those in the lookup of the same name.",
		},
		{
			Vulnerabilities.Name,
			"lookup " + Vulnerabilities.Name + " product OUTPUT cve | mvexpand cve | lookup " + Vulnerabilities.Name +
				" cve OUTPUT introduced fixed last_known severity AS cve_severity published source AS cve_source",
			vulnerabilitiesAlone(),
			"Makes a row of each known vulnerability of Ollama: those in the lookup of the same name.",
		},
		{
			KnownSources.Name,
			"lookup " + KnownSources.Name + " host OUTPUT first_seen AS host_since | lookup " + KnownSources.Name +
				" host, src OUTPUT first_seen AS known_since",
			"eval host_since=null(), known_since=null()",
			"Says since when a server has been watched and a source known, from the lookup of the same name.",
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
