package detections

// Parts of searches that read prompts. A prompt says by connection_id on which connection it
// came; who sent it stands in the request of that connection, and only of captured ones.

// alsoRequests adds the requests that name the source of prompts to the events of a search.
const alsoRequests = " OR (`ollama_api` connection_id)"

// whoSent names the source of each prompt: src where its request was captured. client is the
// same, or says that it was not, for rows to be grouped by.
const whoSent = `| eval peer=if(sourcetype="ollama:api", src, null()), src=null()` + "\n" +
	"| eventstats values(peer) as src by host, connection_id\n" +
	`| eval client=coalesce(mvindex(src, 0), "not captured")` + "\n"

// promptText takes the text of a prompt from _raw, since Splunk extracts only the first 5 KB
// of an event; it is the last key. Quotes within a text are escaped, so no text can pass for
// the key. Breaks become blanks.
const promptText = `| eval text=null()` + "\n" +
	`| rex "\x22prompt\x22:\x22(?<text>.*)"` + "\n" +
	`| eval text=if(sourcetype="ollama:prompts", replace(text, "\x5C(?:[nrt]|u00[01][0-9a-fA-F])", " "), null())` + "\n"

// promptColumns ends a search whose rows are prompts with reasons.
func promptColumns(filter, attackType, severity string) string {
	return "| stats count as prompts, values(reason) as reasons, values(src) as src, values(model) as models, values(endpoint) as endpoints, " +
		"max(prompt_length) as longest, values(connection_id) as connection_ids, min(_time) as first_prompt, max(_time) as last_prompt by host, client\n" +
		`| eval first_prompt=strftime(first_prompt, "%Y-%m-%d %H:%M:%S"), last_prompt=strftime(last_prompt, "%Y-%m-%d %H:%M:%S")` + "\n" +
		`| eval connection_ids=mvindex(connection_ids, 0, 19), severity="` + severity + `", attack_type="` + attackType + `"` + "\n" +
		"| table last_prompt, first_prompt, host, client, src, prompts, reasons, longest, models, endpoints, connection_ids, severity, attack_type\n" +
		"| `" + filter + "`"
}
