package detections

import (
	"fmt"
	"strings"

	splunkapp "ollama-hec/splunk_app"
	"ollama-hec/splunk_app/simulate/spl"
)

// Lookup is a table that a detection reads.
type Lookup struct {
	Name, File  string
	Columns     []string
	Matching    spl.Matching
	Description string
}

// TrustedRanges are the ranges of addresses that a site does not call external.
var TrustedRanges = Lookup{
	Name:        "ollama_trusted_ranges",
	File:        "ollama_trusted_ranges.csv",
	Columns:     []string{"range", "comment"},
	Matching:    spl.Matching{CIDR: []string{"range"}, Most: 1},
	Description: "Ranges of addresses, in CIDR notation, that your site does not call external.",
}

// TrustedRegistries are the registries that a site takes models from.
var TrustedRegistries = Lookup{
	Name:        "ollama_trusted_registries",
	File:        "ollama_trusted_registries.csv",
	Columns:     []string{"registry", "comment"},
	Matching:    spl.Matching{Wildcard: []string{"registry"}, FoldCase: true, Most: 1},
	Description: "Registries that your site takes models from, without a port; * stands for anything.",
}

// Vulnerabilities are versions of Ollama that are known to be vulnerable, with the public
// source and its date.
var Vulnerabilities = Lookup{
	Name:        "ollama_vulnerabilities",
	File:        "ollama_vulnerabilities.csv",
	Columns:     []string{"product", "cve", "introduced", "fixed", "last_known", "severity", "published", "source"},
	Matching:    spl.Matching{Most: 1000},
	Description: "Versions of Ollama that are known to be vulnerable, each with its public source and date.",
}

// KnownSources are the addresses that have used a server before.
var KnownSources = Lookup{
	Name:        "ollama_known_sources",
	File:        "ollama_known_sources.csv",
	Columns:     []string{"host", "src", "first_seen", "last_seen"},
	Matching:    spl.Matching{Most: 1},
	Description: "Who has used which server, in epoch seconds, as " + sourceBaseline + " writes it.",
}

// Lookups returns the tables of the add-on.
func Lookups() []Lookup {
	return []Lookup{TrustedRanges, TrustedRegistries, Vulnerabilities, KnownSources}
}

// read returns the table as the add-on ships it.
func (l Lookup) read() (*spl.Lookup, error) {
	file, err := splunkapp.Tree.Open("lookups/" + l.File)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	table, err := spl.ReadLookup(file, l.Matching)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", l.File, err)
	}
	return table, nil
}

// vulnerabilitiesAlone is the macro ollama_vulnerabilities with the table in it, for a Splunk
// that has no file of the add-on.
func vulnerabilitiesAlone() string {
	return `eval vulnerability=split("` + vulnerabilityRows() + `", ";") | mvexpand vulnerability | rex field=vulnerability ` +
		`"^(?<cve>[^|]+)\|(?<introduced>[^|]+)\|(?<fixed>[^|]+)\|(?<last_known>[^|]+)\|(?<cve_severity>[^|]+)\|(?<published>[^|]+)\|(?<cve_source>.+)"`
}

// vulnerabilityRows are the rows of the table, apart by ; with their cells apart by |.
func vulnerabilityRows() string {
	text, err := splunkapp.Tree.ReadFile("lookups/" + Vulnerabilities.File)
	if err != nil {
		panic(err) // the files are part of the program
	}
	var rows []string
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		_, cells, _ := strings.Cut(line, ",") // all but the product
		rows = append(rows, strings.ReplaceAll(cells, ",", "|"))
	}
	return strings.Join(rows, ";")
}
