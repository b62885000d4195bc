package dashboard

import (
	"fmt"
	"strings"
)

// sourcetypes are what may arrive, each with why nothing of it does while others do.
var sourcetypes = []struct{ name, absent string }{
	{"ollama:server", "The log is not read: is ollama-hec run, or the add-on's input, running on Ollama's host?"},
	{"ollama:api", "No request has been made, or API_EVENTS is off."},
	{
		"ollama:prompts",
		"Ollama logs lengths of prompts at OLLAMA_DEBUG=1, text at 2; captured requests have both. PROMPTS=off ships none.",
	},
	{"ollama:connection", "Needs ollama-hec capture on Ollama's host."},
}

// arrivals says what has arrived of late in any index, and why a panel may be empty all the
// same. It does not look at the index input or at the time picker: they may be the reason.
func arrivals() Panel {
	var names, rows, absent, ranks []string
	for i, s := range sourcetypes {
		names = append(names, `"`+s.name+`"`)
		rows = append(rows, `"`+s.name+`|0||"`)
		ranks = append(ranks, fmt.Sprintf(`sourcetype="%s", %d`, s.name, i))
		absent = append(absent, `sourcetype="`+s.name+`", "`+s.absent+`"`)
	}
	return Panel{
		ID: "arrivals", Title: "What has arrived in the last 30 days, and why panels may be empty", Kind: Table, Always: true,
		Columns: []Field{
			{Name: "sourcetype", Width: 145}, {Name: "events", Width: 90}, {Name: "newest", Width: 145},
			{Name: "indexes", Width: 105}, {Name: "if_empty", Width: 745},
		},
		Note: "In every index that your role may search, whatever is picked above.",
		Search: "| tstats count as events, max(_time) as newest, values(index) as indexes where index=* sourcetype IN (" + strings.Join(names, ", ") + ") by sourcetype\n" +
			`| eval row=sourcetype."|".events."|".newest."|".mvjoin(indexes, ", ")` + "\n" +
			"| stats count as found, values(row) as row\n" + // a row even if nothing arrived
			"| eval row=mvappend(row, " + strings.Join(rows, ", ") + ")\n" +
			"| mvexpand row\n" +
			`| rex field=row "^(?<sourcetype>[^|]+)\|(?<events>\d+)\|(?<newest>[^|]*)\|(?<indexes>.*)"` + "\n" +
			`| eval newest=if(newest="", null(), newest), indexes=if(indexes="", null(), indexes)` + "\n" +
			"| stats max(events) as events, max(newest) as newest, values(indexes) as indexes, max(found) as found by sourcetype\n" +
			`| eval newest=strftime(newest, "%Y-%m-%d %H:%M:%S")` + "\n" +
			`| eval if_empty=case(events>0, "Empty panels: check the time range, the input for the index, and the macro ".replace(sourcetype, ":", "_")." in local/macros.conf.", ` +
			`found=0, "Nothing arrives. Run ollama-hec check and ollama-hec status on Ollama's host. May your role search the index of the HEC token?", ` +
			strings.Join(absent, ", ") + ")\n" +
			"| eval rank=case(" + strings.Join(ranks, ", ") + ")\n" +
			"| sort 0 rank",
	}
}
