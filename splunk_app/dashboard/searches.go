package dashboard

import (
	"regexp"
	"strings"

	"ollama-hec/splunk_app/detections"
)

// step is how finely the bases count, and so the finest that charts of theirs can be: rows
// by the minute would be too many in a month.
const step = "5m"

// Spanned returns a search that counts by this span of time instead of one that Splunk picks.
func Spanned(search, span string) string {
	search = strings.ReplaceAll(search, "span="+step, "span="+span) // minspan, too
	return strings.Replace(search, "| timechart ", "| timechart span="+span+" ", 1)
}

// health finds the events in which the shippers speak of themselves.
const health = `sourcetype="ollama:hec:health"`

// Latency is defined here and nowhere else: the seconds from a request to the end of its answer,
// of the operations that run a model; its median, p50, and its 95th percentile, p95.
const (
	running = "operation IN (generate, chat, embed)"
	latency = "`ollama_api` " + running + "\n| eval seconds=response_time_ms/1000"
	p50     = "p50(seconds) as p50"
	p95     = "p95(seconds) as p95"
)

// wire finds the requests that were seen on the wire.
const wire = "`ollama_api` origin IN (capture, proxy)"

// tokens is both directions together, for requests whose answer says either.
const tokens = "| eval tokens=if(isnull(prompt_tokens) AND isnull(completion_tokens), null(), coalesce(prompt_tokens, 0)+coalesce(completion_tokens, 0))"

// none stands for a field that an event does not have: stats would leave the event out.
const none = `"(none)"`

const stamp = `"%Y-%m-%d %H:%M"`

// lastSeen turns seen, seconds, into a time to read.
const lastSeen = "| eval last_seen=strftime(seen, " + stamp + ")"

var requests = &Base{"requests", "`ollama_api`\n" +
	"| eval seen=_time, src=coalesce(src, " + none + "), src_scope=coalesce(src_scope, " + none + "), " +
	"status=coalesce(status, " + none + ")\n" +
	"| bin _time span=" + step + "\n" +
	"| stats count as requests, max(seen) as seen by _time, host, operation, status, src, src_scope"}

var exchanges = &Base{"exchanges", wire + "\n" + tokens + "\n" +
	"| eval seen=_time, src=coalesce(src, " + none + "), model=coalesce(model, " + none + "), " +
	"http_user_agent=coalesce(http_user_agent, " + none + "), cloud=coalesce(cloud, \"false\")\n" +
	"| bin _time span=" + step + "\n" +
	"| stats count as requests, sum(prompt_tokens) as tokens_in, sum(completion_tokens) as tokens_out, sum(tokens) as tokens, max(seen) as seen " +
	"by _time, host, model, cloud, src, http_user_agent"}

var connections = &Base{"connections", "`ollama_connection`\n" +
	"| eval seen=_time, src=coalesce(src, " + none + "), src_scope=coalesce(src_scope, " + none + ")\n" +
	"| bin _time span=" + step + "\n" +
	"| stats sum(connections) as connections, sum(lost) as not_seen, sum(bytes_in) as bytes_in, sum(bytes_out) as bytes_out, max(seen) as seen " +
	"by _time, host, src, src_scope"}

// failures has one row a host: so few that a table shows them as they are.
var failures = &Base{"failures", networkFailures() + "\n" +
	"| stats count as incidents, values(kind) as kinds, values(remote_host) as remote_hosts, values(error_message) as error_messages, " +
	"max(_time) as seen by host"}

// reports has what each shipper did in each span: its counts are since its start, so each is
// compared with the one before, and counts anew after a restart. until is the end of the times
// that are looked in, now at the latest; Splunk has "+Infinity" for none.
var reports = &Base{"reports", health + " uptime_seconds=*\n" +
	"| addinfo\n" +
	"| eval seen=_time, until=min(info_search_time, coalesce(tonumber(info_max_time), info_search_time)), events=events_server+events_api+events_prompts\n" +
	"| sort 0 _time\n" +
	"| streamstats current=f last(events) as events_before, last(retries) as retries_before, last(dead_letters) as dead_before, " +
	"last(lost_bytes) as lost_before by host\n" +
	"| eval events=if(events<events_before, events, events-events_before), retries=if(retries<retries_before, retries, retries-retries_before), " +
	"dead_letters=if(dead_letters<dead_before, dead_letters, dead_letters-dead_before), lost_bytes=if(lost_bytes<lost_before, lost_bytes, lost_bytes-lost_before)\n" +
	"| bin _time span=" + step + "\n" +
	"| stats sum(events) as events, sum(retries) as retries, sum(dead_letters) as dead_letters, sum(lost_bytes) as lost_bytes, " +
	"max(lag_seconds) as lag_most, last(lag_seconds) as lag_seconds, last(lag_file) as lag_file, last(files) as files, last(version) as version, " +
	"last(memory_bytes) as memory_bytes, last(checkpoint_error) as checkpoint_error, max(seen) as seen, max(until) as until by _time, host"}

// networkFailures returns the first part of that detection's search, after which each row
// is one failure.
func networkFailures() string {
	for _, d := range detections.All() {
		if before, _, ok := strings.Cut(d.Search, "\n| eval src="); ok && d.Name == "Ollama Network Failure" {
			return before
		}
	}
	panic("no detection of network failures")
}

// events is what finds events of one sourcetype.
var events = regexp.MustCompile("`ollama_(?:server|api|prompts|connection)`|" + regexp.QuoteMeta(health))

// picked returns a search of the indexes and hosts that the inputs name.
func picked(search string) string {
	return events.ReplaceAllString(search, "($0 index IN ($$index$$) host IN ($$host$$))")
}
