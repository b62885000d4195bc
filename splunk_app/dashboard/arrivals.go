package dashboard

import "strings"

// arrivalsHeight is what the panel takes at the top of the first page.
const arrivalsHeight = 240

// sourcetypes are what may arrive, each with why nothing of it does while others do.
var sourcetypes = []struct{ name, absent string }{
	{"ollama:server", "Requests arrive, but no log lines: where only requests are captured, run ollama-hec run on the log, too."},
	{"ollama:api", "No request yet, or API_EVENTS is off."},
	{"ollama:prompts", "Ollama logs prompts only at OLLAMA_DEBUG=1 (lengths) or 2 (text), or capture requests. PROMPTS=off ships none."},
	{"ollama:connection", "Only there where ollama-hec capture runs, or ollama-hec proxy."},
}

// arrivals says what has arrived of late in any index, and why a panel may be empty all the
// same. It does not look at the index input or at the time picker: they may be the reason.
func arrivals() Panel {
	var names, rows, absent []string
	for _, s := range sourcetypes {
		names = append(names, `"`+s.name+`"`)
		rows = append(rows, `"`+s.name+`|0||"`)
		absent = append(absent, `sourcetype="`+s.name+`", "`+s.absent+`"`)
	}
	return Panel{
		ID: "arrivals", Title: "What has arrived in the last 30 days, and why a panel may be empty", Kind: table, X: 0, Y: 0, W: 1200, H: arrivalsHeight,
		Note:     "In every index that your role may search, whatever is chosen above.",
		Earliest: "-30d@d", Latest: "now",
		Search: "| tstats count as events, max(_time) as newest, values(index) as indexes where index=* sourcetype IN (" + strings.Join(names, ", ") + ") by sourcetype\n" +
			`| eval row=sourcetype."|".events."|".newest."|".mvjoin(indexes, ", ")` + "\n" +
			"| stats count as found, values(row) as row\n" + // a row even if nothing arrived
			"| eval row=mvappend(row, " + strings.Join(rows, ", ") + ")\n" +
			"| mvexpand row\n" +
			`| rex field=row "^(?<sourcetype>[^|]+)\|(?<events>\d+)\|(?<newest>[^|]*)\|(?<indexes>.*)"` + "\n" +
			`| eval newest=if(newest="", null(), newest), indexes=if(indexes="", null(), indexes)` + "\n" +
			"| stats max(events) as events, max(newest) as newest, values(indexes) as indexes, max(found) as found by sourcetype\n" +
			`| eval newest=strftime(newest, "%Y-%m-%d %H:%M:%S")` + "\n" +
			`| eval if_empty=case(events>0, "Events are there. A panel without them: they are older than the time range, in none of the indexes of the input above, ` +
			`or the macro ".replace(sourcetype, ":", "_")." (local/macros.conf) names another index.", ` +
			`found=0, "Nothing has arrived. On Ollama's host: does ollama-hec check pass, and does ollama-hec status count events as delivered? ` +
			`On Splunk: may your role search the index of the HEC token, and does that index exist?", ` +
			strings.Join(absent, ", ") + ")\n" +
			"| table sourcetype, events, newest, indexes, if_empty",
	}
}

// below moves panels down.
func below(height int, panels []Panel) []Panel {
	for i := range panels {
		panels[i].Y += height
	}
	return panels
}
