package detections

// Parts of searches that read requests to Ollama. A request arrives as an access line in
// ollama:server, as an event of ollama:api, or as both: is_line tells them apart, so that
// each is counted by itself and the larger count holds. Where connections are read, too,
// sourcetype tells the three apart.

// accessLineFields takes access lines apart, from _raw for the reason given at networkFailure.
// A path is what stands before a ? or the end of the line: no loop over what is escaped in it, of
// which a client can send more than Splunk lets a pattern match. The quote that ends it goes after.
const accessLineFields = `| rex "^\[GIN\] [^|]*\|\s*(?<line_status>\d{3})\s*\|\s*[^|\s]+\s*\|\s*(?<line_src>[^|\s]+)\s*\|` +
	`\s*(?<line_method>[A-Z]+)\s+\x22(?<line_path>[^?\r\n]*+)"` + "\n" +
	`| eval line_path=replace(line_path, "\x22\s*\z", "")` + "\n"

// clientOf names the source of a row: client, without a zone, in lower case, an IPv4-mapped
// address as IPv4.
const clientOf = `| eval is_line=if(sourcetype="ollama:server", "yes", "no"), client=lower(if(is_line="yes", line_src, src))` + "\n" +
	`| eval client=replace(replace(client, "%.*\z", ""), "^(?:::|(?:0{1,4}:){5})ffff:(\d+\.\d+\.\d+\.\d+)\z", "\1")` + "\n"

// sourceOf is clientOf, and leaves the rows whose source is an address.
const sourceOf = clientOf + `| where ` + isAddress + "\n"

const isAddress = `match(client, "^[0-9a-f:.]+\z") AND client!="0.0.0.0" AND client!="::"`

// ofOllama tells connections from requests, and leaves, of the connections, those to Ollama itself:
// what only names another process, such as a port that was taken by something else, goes. Other
// events are not asked: a client may write the words into a path. A site may have its macro
// ollama_connection find connections of other sourcetypes, too.
const ofOllama = `| eval is_connection=if(sourcetype IN ("ollama:server", "ollama:api"), "no", "yes")` + "\n" +
	`| where NOT (is_connection="yes" AND isnotnull(process_name) AND NOT lower(process_name) IN ("ollama", "ollama.exe"))` + "\n"

// countsOf says how many requests, or connections, a row stands for.
const countsOf = `| eval request=if(is_connection="yes", null(), 1), accepted=if(is_connection="yes", coalesce(count, 1), null())` + "\n"

// seenText says what was seen of a source: requests, connections or both.
const seenText = `| eval seen=mvjoin(mvappend(if(requests>0, "requests: ".requests, null()), if(connections>0, "connections: ".connections, null())), ", ")` + "\n"

// onlyExternal leaves the rows whose client is neither in a range that is never external nor
// in one that the site trusts.
const onlyExternal = `| where NOT (` + isInternal + ")\n| `ollama_trusted_ranges`\n| where isnull(trusted_range)\n"

// isInternal is true of a client in a range that is never external.
const isInternal = `cidrmatch("10.0.0.0/8", client) OR cidrmatch("127.0.0.0/8", client) OR cidrmatch("169.254.0.0/16", client) OR ` +
	`cidrmatch("172.16.0.0/12", client) OR cidrmatch("192.168.0.0/16", client) OR cidrmatch("100.64.0.0/10", client) OR ` +
	`cidrmatch("::1/128", client) OR cidrmatch("fe80::/10", client) OR cidrmatch("fc00::/7", client) OR cidrmatch("ff00::/8", client)`

// serverLine is an event of ollama:server, for evidence.
func serverLine(raw string) Event { return Event{Sourcetype: "ollama:server", Raw: raw} }

// capturedRequest is an event of ollama:api, for evidence, and acceptedConnection one of ollama:connection.
func capturedRequest(raw string) Event    { return Event{Sourcetype: "ollama:api", Raw: raw} }
func acceptedConnection(raw string) Event { return Event{Sourcetype: "ollama:connection", Raw: raw} }

// requestOf names what both forms of a request have: method, path, answer (its status) and
// call, the change or use of a model that it asks for. A path in an access line is as Go
// quotes it.
const requestOf = `| eval method=if(is_line="yes", line_method, http_method), path=if(is_line="yes", line_path, uri_path), ` +
	`answer=tonumber(if(is_line="yes", line_status, status))` + "\n" +
	`| eval call=case(match(path, "^/api/blobs/.") AND method="POST", "upload", method="POST" AND match(path, "^/api/(?:create|push|pull|copy)\z"), ` +
	`replace(path, "^/api/", ""), path="/api/delete" AND method="DELETE", "delete", ` +
	`method="POST" AND match(path, "^/(?:api/(?:generate|chat|embed|embeddings)|v1/(?:chat/completions|completions|embeddings|responses|messages))\z"), "inference")` + "\n"

// shownTimes turns first_request and last_request into text.
const shownTimes = `| eval first_request=strftime(first_request, "%Y-%m-%d %H:%M:%S"), last_request=strftime(last_request, "%Y-%m-%d %H:%M:%S")` + "\n"
