package dashboard

import "strings"

// inputSources finds what the inputs offer: indexes and hosts that have had events.
func inputSources() object {
	return object{
		"ds_base_places": found(
			"places", "| tstats count where index=* sourcetype IN ("+quotedSourcetypes()+") by index, host", monthLong,
		),
		"ds_indexes": refining("indexes", "ds_base_places", "| stats count by index"),
		"ds_hosts":   refining("hosts", "ds_base_places", "| stats count by host"),
	}
}

func quotedSourcetypes() string {
	var names []string
	for _, s := range sourcetypes {
		names = append(names, `"`+s.name+`"`)
	}
	return strings.Join(names, ", ")
}

// inputs are the time, and the indexes and hosts to which the searches are narrowed.
func inputs() object {
	return object{
		"input_time": object{
			"type": "input.timerange", "title": "Time", "options": object{"token": "global_time", "defaultValue": "-24h@h,now"},
		},
		"input_index": choice("Index", "index", "ds_indexes"),
		"input_host":  choice("Host", "host", "ds_hosts"),
	}
}

// choice offers the values of a field, and all of them.
func choice(title, field, source string) object {
	values := func(as string) string {
		return `> primary | seriesByName("` + field + `") | renameSeries("` + as + `") | formatByType(plain)`
	}
	return object{
		"type": "input.multiselect", "title": title, "dataSources": object{"primary": source},
		"options": object{
			"token": field, "defaultValue": []string{"*"}, "clearDefaultOnSelection": true,
			"items": "> frame(label, value) | prepend(all) | objects()",
		},
		"context": object{
			"plain":   object{"number": object{"prefix": ""}},
			"statics": [][]string{{"All"}, {"*"}},
			"all":     "> statics | formatByType(plain)",
			"label":   values("label"), "value": values("value"),
		},
	}
}
