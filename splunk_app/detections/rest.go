package detections

import (
	"net/url"
	"strings"
)

// Entity is one thing to create or update over splunkd's REST API: POST to
// /servicesNS/nobody/<app>/<Collection> with name and Values; where it exists,
// POST to …/<Collection>/<Name> with Values alone.
type Entity struct {
	Collection, Name string
	Values           url.Values
}

// Entities are the macros, the lookup and the saved searches, in the order to
// create them. The lookup's file is not among them: see Lookup.Seed.
func Entities() []Entity {
	var list []Entity
	for _, m := range Macros() {
		list = append(list, Entity{"configs/conf-macros", m.Name, url.Values{"definition": {m.Definition}, "iseval": {"0"}}})
	}
	list = append(list, Entity{"configs/conf-transforms", TrustedRanges.Name, url.Values{
		"filename": {TrustedRanges.File}, "match_type": {TrustedRanges.MatchType}, "max_matches": {"1"},
	}})
	for _, d := range All() {
		values := make(url.Values)
		for _, s := range d.Settings() {
			key := s.Key
			if r, ok := restNames[key]; ok {
				key = r
			}
			values.Set(key, s.Value)
		}
		values.Set("disabled", "1")
		values.Set("is_visible", "1")
		list = append(list, Entity{"saved/searches", d.Name, values})
	}
	return list
}

// restNames are the settings that saved/searches calls otherwise than the file.
var restNames = map[string]string{
	"enableSched": "is_scheduled",
	"counttype":   "alert_type",
	"relation":    "alert_comparator",
	"quantity":    "alert_threshold",
}

// Seed is the search that makes the lookup's file, with one row that changes
// nothing. To be run once in the app's namespace, where
// data/lookup-table-files/<File> does not exist yet: a search that names a
// lookup without a file fails.
func (l Lookup) Seed() string {
	return `| makeresults | eval range="127.0.0.0/8", comment="an example: the detection leaves out loopback by itself" | table ` +
		strings.Join(l.Columns, " ") + ` | outputlookup ` + l.File
}
