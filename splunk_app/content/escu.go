package content

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	splunkapp "ollama-hec/splunk_app"
	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/simulate/knowledge"
)

// ESCU returns a content pack for contentctl, without the template of an app that
// contentctl brings itself: macros, lookups, the analytic story, data sources, and the
// detections with schedule, risk, drilldowns and tests.
//
// A schedule there has no index time. So its window of event times is the one that the
// saved search has of index times: what arrives later than that is missed in this form.
func ESCU() Files {
	files := Files{
		"contentctl.yml": yamlOf(pack()),
		"stories/" + fileName(detections.Story) + ".yml": yamlOf(storyOf(detections.TheStory())),
	}
	for _, m := range detections.Macros() {
		if !strings.HasSuffix(m.Name, "_filter") { // those contentctl makes itself
			files["macros/"+m.Name+".yml"] = yamlOf(macro{m.Name, m.Description, renamed(m.Definition)})
		}
	}
	for _, s := range sourcesOfData {
		files["data_sources/"+fileName(s.Name)+".yml"] = yamlOf(s.object())
	}
	addLookups(files)
	for _, d := range detections.All() {
		files["detections/application/"+fileName(packName(d.Name))+".yml"] = yamlOf(detectionOf(d, files))
	}
	for _, b := range detections.Baselines() {
		files["baselines/"+fileName(b.Name)+".yml"] = yamlOf(baselineOf(b))
	}
	return files
}

// pack is contentctl.yml. The version is the add-on's, put in when the pack is built.
func pack() any {
	type app struct {
		UID         int `yaml:"uid"`
		Title       string
		AppID       string `yaml:"appid"`
		Version     string
		Description string
		Prefix      string
		Label       string
		AuthorName  string `yaml:"author_name"`
		AuthorEmail string `yaml:"author_email"`
		Company     string `yaml:"author_company"`
	}
	return struct {
		Path        string
		App         app
		Enrichments bool
		BuildAPI    bool `yaml:"build_api"`
		BuildApp    bool `yaml:"build_app"`
	}{".", app{
		UID: 20001, Title: "Ollama detections", AppID: "ollama_hec_content", Version: "@VERSION@",
		Description: "The detections of TA-ollama-hec as a content pack", Prefix: "OLLAMA", Label: "OLLAMA",
		AuthorName: author, AuthorEmail: "-", Company: author,
	}, false, false, true}
}

type macro struct{ Name, Description, Definition string }

// dataSource is one sourcetype.
type dataSource struct{ Name, Macro, Sourcetype string }

var sourcesOfData = []dataSource{
	{"Ollama HEC Server Log", "ollama_server", "ollama:server"},
	{"Ollama HEC API Requests", "ollama_api", "ollama:api"},
	{"Ollama HEC Prompts", "ollama_prompts", "ollama:prompts"},
	{"Ollama HEC Connections", "ollama_connection", "ollama:connection"},
}

const firstDay = "2026-11-28" // of the data sources and lookups

func (s dataSource) object() any {
	return struct {
		Name, ID                  string
		Version                   int
		Date, Author, Description string
		Source, Sourcetype        string
		SupportedTA               []struct{} `yaml:"supported_TA"`
	}{
		s.Name, id(s.Name), 1, firstDay, author,
		"Events of sourcetype " + s.Sourcetype + ", as ollama-hec delivers them.",
		"ollama", s.Sourcetype, []struct{}{},
	}
}

func storyOf(s detections.AnalyticStory) any {
	type tags struct {
		Category, Product []string
		Usecase           string
	}
	return struct {
		Name, ID                                     string
		Version                                      int
		Date, Author, Status, Description, Narrative string
		References                                   []string
		Tags                                         tags
	}{
		detections.Story, id(detections.Story), s.Version,
		s.Date, author, "production", s.Description, s.Narrative, s.References,
		tags{[]string{s.Category}, products, "Advanced Threat Detection"},
	}
}

var products = []string{"Splunk Enterprise", "Splunk Enterprise Security", "Splunk Cloud"}

// lookupName returns what a lookup is called in the pack, where no macro and no lookup may
// have the same name.
func lookupName(name string) string {
	if slices.ContainsFunc(detections.Macros(), func(m detections.Macro) bool { return m.Name == name }) {
		return name + "_lookup"
	}
	return name
}

var lookupUse = regexp.MustCompile(`\b((?:input|output)?lookup(?: [a-z]+=\w+)* )(\w+)`)

// renamed returns a search with the pack's names of lookups.
func renamed(search string) string {
	return lookupUse.ReplaceAllStringFunc(search, func(use string) string {
		m := lookupUse.FindStringSubmatch(use)
		return m[1] + lookupName(m[2])
	})
}

// addLookups adds the tables that the add-on ships, as its transforms.conf describes them.
func addLookups(files Files) {
	for _, stanza := range conf("transforms") {
		table := stanza.Keys["filename"]
		if table == "" {
			continue
		}
		text, err := splunkapp.Tree.ReadFile("lookups/" + table)
		if err != nil {
			panic(err) // a part of the program
		}
		lookup := struct {
			Name, ID                  string
			Version                   int
			Date, Author, Description string
			LookupType                string   `yaml:"lookup_type"`
			MatchType                 []string `yaml:"match_type,omitempty"`
			MaxMatches                string   `yaml:"max_matches,omitempty"`
			CaseSensitive             string   `yaml:"case_sensitive_match,omitempty"`
			DefaultMatch              string   `yaml:"default_match,omitempty"`
		}{
			lookupName(stanza.Name), id("lookup " + stanza.Name), 1,
			firstDay, author, "The table " + table + " of TA-ollama-hec.", "csv",
			list(stanza.Keys["match_type"]), stanza.Keys["max_matches"], stanza.Keys["case_sensitive_match"],
			stanza.Keys["default_match"],
		}
		files["lookups/"+lookup.Name+".yml"] = yamlOf(lookup)
		files["lookups/"+lookup.Name+".csv"] = string(text)
	}
}

func list(commas string) (items []string) {
	for _, item := range strings.Split(commas, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

func conf(name string) knowledge.Conf {
	text, err := splunkapp.Tree.ReadFile("default/" + name + ".conf")
	if err == nil {
		var conf knowledge.Conf
		if conf, err = knowledge.ParseConf(string(text)); err == nil {
			return conf
		}
	}
	panic(err) // a part of the program, which a test reads
}

var macroName = regexp.MustCompile("`(\\w+)`")

// dataSourcesOf names what a search reads, by its macros.
func dataSourcesOf(search string) (names []string) {
	used := macroName.FindAllStringSubmatch(search, -1)
	for _, s := range sourcesOfData {
		if slices.ContainsFunc(used, func(m []string) bool { return m[1] == s.Macro }) {
			names = append(names, s.Name)
		}
	}
	return names
}

// sentence returns the items as one text.
func sentence(items []string) string {
	var parts []string
	for _, item := range items {
		parts = append(parts, strings.TrimSuffix(item, "."))
	}
	return strings.Join(parts, "; ") + "."
}

func techniques(list []detections.Technique) (ids, texts []string) {
	for _, t := range list {
		ids = append(ids, t.ID)
		texts = append(texts, fmt.Sprintf("%s %s", t.ID, t.Name))
	}
	return ids, texts
}
