package detections

import (
	"fmt"
	"slices"
	"strings"
)

// Drilldown is a search that an analyst opens from a result; $column$ stands for a column.
type Drilldown struct {
	Name, Search string
	// Earliest and Latest are offsets, or what Enterprise Security fills in of the run.
	Earliest, Latest string
}

// Drilldowns returns the searches to open from a result: the detection's own results for
// the same objects, the requests of the source, the log around it, and what else was scored.
func (d Detection) Drilldowns() []Drilldown {
	var objects, names []string
	for _, r := range d.Risk {
		objects = append(objects, fmt.Sprintf("%s=\"$%[1]s$\"", r.Field))
		names = append(names, "$"+r.Field+"$")
	}
	object := strings.Join(names, " and ")
	list := []Drilldown{{
		"Results of this detection for " + object, d.Search + "\n| search " + strings.Join(objects, " "),
		"$info_min_time$", "$info_max_time$",
	}}
	if slices.ContainsFunc(d.Risk, func(r RiskObject) bool { return r.Field == "src" }) {
		list = append(list, Drilldown{
			"Requests and connections of $src$ to Ollama on $host$",
			"((`ollama_server` \"GIN\") OR `ollama_api` OR `ollama_connection`) host=\"$host$\" src=\"$src$\"\n" +
				"| table _time, sourcetype, src, http_method, uri_path, status, response_time_ms, model, http_user_agent, x_forwarded_for, dest_port, bytes_in, bytes_out, connection_id\n" +
				"| sort 0 _time",
			"$info_min_time$", "$info_max_time$",
		})
	}
	if strings.Contains(d.Search, "`ollama_prompts`") {
		list = append(list, Drilldown{
			"Prompts on $host$",
			"`ollama_prompts` host=\"$host$\"\n| table _time, origin, model, endpoint, prompt_length, connection_id, prompt\n| sort 0 _time",
			"$info_min_time$", "$info_max_time$",
		})
	}
	return append(list,
		Drilldown{
			"Ollama's log on $host$",
			"`ollama_server` host=\"$host$\"\n| table _time, source, level, msg, error, _raw\n| sort 0 _time",
			"$info_min_time$",
			"$info_max_time$",
		},
		Drilldown{
			"Risk of " + object + " in the last 7 days",
			"| from datamodel:\"Risk.All_Risk\"\n" +
				"| search normalized_risk_object IN (\"" + strings.Join(names, "\", \"") + "\")\n" +
				"| stats count, min(_time) as first_time, max(_time) as last_time, values(risk_message) as risk_messages, " +
				"sum(calculated_risk_score) as risk_score by normalized_risk_object, source",
			"-7d@d",
			"now",
		})
}

// NextSteps returns what an analyst is told to do, in order.
func (d Detection) NextSteps() []string { return append(slices.Clone(d.Triage), d.Response...) }
