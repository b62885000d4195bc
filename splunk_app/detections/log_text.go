package detections

// Parts of searches that read what Ollama logs. They read _raw rather than fields: so they
// also work where only the saved searches were installed and Splunk, left to itself, cuts msg
// at the first \" before "dial tcp". \x22 is a quotation mark, \x5C a backslash, and \z the
// end: a dashboard would take text between two $ for a token.

// quoted is a value as slog quotes it, or what lineOf has left of it.
const quoted = `\x22[^\x22\x5C]*+(?:\x5C.[^\x22\x5C]*+)*+(?:\x22|\x5C?\z)`

// lineOf is as much of an event as is looked at: a prompt in it may hold more escapes than
// Splunk lets a pattern match, and then the search might fail as a whole.
const lineOf = "| eval line=substr(_raw, 1, 100000)\n"

// failureText names what a log line says: message, cause (its err or error), and failure,
// which is both. Long texts keep their first and last 4000 characters.
const failureText = lineOf + "| eval message=null(), cause=null()\n" +
	`| rex field=line "(?:^|\s)time=\S+ level=\S+ (?:source=\S+ )?msg=(?<message>` + quoted + `|\S+)"` + "\n" +
	`| rex field=line "(?:^|\s)time=\S+ level=\S+ (?:source=\S+ )?msg=(?:` + quoted + `|\S+)(?: (?:\x22[^\x22]*+\x22|[^\s=\x22]++)=(?:` + quoted + `|[^\s\x22]*+)){0,150}? (?:err|error)=(?<cause>` + quoted + `|\S+)"` + "\n" +
	`| rex field=line "(?:^|\s)time=\S+ level=\S+ (?:source=\S+ )?msg=mlx-runner msg=(?<message>` + quoted + `|\S+)"` + "\n" +
	`| rex field=line "^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \S+\.go:\d+: (?:[A-Z]+ )?(?<message>.+)"` + "\n" +
	`| rex field=line "^\s*\d{4}/\d\d/\d\d \d\d:\d\d:\d\d (?:\[Recovery\] [^\r\n]*[\r\n]+)?(?<message>(?:http: proxy error: )?(?:read|write|dial) (?:tcp|udp)[^\r\n]*)"` + "\n" +
	`| rex field=line "^(?<message>update check failed - .+)"` + "\n" +
	`| eval message=if(len(message)>8000, substr(message, 1, 4000)." … ".substr(message, len(message)-3999), message), cause=if(len(cause)>8000, substr(cause, 1, 4000)." … ".substr(cause, len(cause)-3999), cause)` + "\n" +
	`| eval message=replace(replace(message, "^\x22|\x22\z", ""), "\x5C\x22", "\""), cause=replace(replace(cause, "^\x22|\x22\z", ""), "\x5C\x22", "\"")` + "\n" +
	`| eval failure=if(isnull(cause), message, message.": ".cause)` + "\n"

// slogBegin is how a line of slog begins, up to the text of msg.
const slogBegin = `^time=\S+ level=\S+ (?:source=\S+ )?msg=\x22`

// goBegin is how a line of Go's older log begins, up to its text.
const goBegin = `^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \S+\.go:\d+: (?:INFO )?`

// ofConfig is a field of the line in which a server says its configuration; of other lines null.
func ofConfig(field string) string {
	return `if(match(_raw, "(?:` + slogBegin + `server config\x22|` + goBegin + `server config) env="), ` + field + `, null())`
}
