package detections

import (
	"net/url"
	"strings"
)

// Entity is one thing to create or update over splunkd's REST API: POST to
// /servicesNS/nobody/<app>/<Collection> with name and Values; where it exists,
// POST to ../<Collection>/<Name> with Values alone.
type Entity struct {
	Collection string // configs/conf-macros or saved/searches
	Name       string
	Values     url.Values
	// SiteOwned means that the entity belongs to the site once it exists, and is not
	// changed.
	SiteOwned bool
	// Shipped are values that were installed before: an entity with them is not the
	// site's own yet, even if it is SiteOwned.
	Shipped url.Values
}

// EntitiesIn returns the entities, with macros that search only these indexes; without
// indexes, those that a role searches by default.
func EntitiesIn(indexes []string) []Entity {
	list := Entities()
	for i := range list {
		e := &list[i]
		from, located := strings.CutPrefix(e.Values.Get("definition"), "(sourcetype=")
		if len(indexes) == 0 || e.Collection != "configs/conf-macros" || !located {
			continue
		}
		e.Shipped = url.Values{"definition": {e.Values.Get("definition")}}
		e.Values.Set("definition", "("+indexTerm(indexes)+" sourcetype="+from)
	}
	return list
}

func indexTerm(indexes []string) string {
	if len(indexes) == 1 {
		return `index="` + indexes[0] + `"`
	}
	return `index IN ("` + strings.Join(indexes, `", "`) + `")`
}

// Entities returns the macros and the saved searches, in the order to create them. They
// need no file of the add-on; so baselines, which keep its tables, are not among them.
func Entities() []Entity {
	var list []Entity
	for _, m := range Macros() {
		definition := m.Definition
		if m.Alone != "" {
			definition = m.Alone
		}
		list = append(list, Entity{"configs/conf-macros", m.Name, url.Values{
			"definition": {definition}, "description": {m.Description}, "iseval": {"0"},
		}, true, nil})
	}
	for _, d := range All() {
		list = append(list, savedSearch(d.Name, d.Settings()))
	}
	return list
}

func savedSearch(name string, settings []Setting) Entity {
	values := make(url.Values)
	for _, s := range settings {
		key := s.Key
		if r, ok := restNames[key]; ok {
			key = r
		}
		values.Set(key, s.Value)
	}
	values.Set("disabled", "1")
	values.Set("is_visible", "1")
	return Entity{"saved/searches", name, values, false, nil}
}

// restNames are the settings that have another name in saved/searches than in the file.
var restNames = map[string]string{
	"enableSched": "is_scheduled",
	"counttype":   "alert_type",
	"relation":    "alert_comparator",
	"quantity":    "alert_threshold",
}
