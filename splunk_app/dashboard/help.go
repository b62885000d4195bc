package dashboard

import "strings"

// origins are what fills panels, by what their searches read, each with what to check where
// nothing of it is there.
var origins = []struct{ part, name, check string }{
	{
		wire, "captured requests",
		"`ollama-hec status` on Ollama's host: does capture or proxy run, does its count of requests rise?",
	},
	{"`ollama_connection`", "connections", "`ollama-hec status` on Ollama's host: does capture run, with connections in `CAPTURE`? Or has the input `connections = first`?"},
	{"`ollama_api`", "requests", "Has somebody asked Ollama? `API_EVENTS` must not be off. `ollama-hec check` on Ollama's host says whether its log is read."},
	{
		"`ollama_prompts`", "prompts",
		"`OLLAMA_DEBUG=1` of Ollama logs their lengths, 2 their text; capture sees both. `PROMPTS=off` ships none.",
	},
	{
		health + " origin=*", "capture's own events",
		"`ollama-hec status` on Ollama's host: does capture run, and does `ollama-hec run` ship what it leaves?",
	},
	{
		health, "the shippers' own events",
		"`HEALTH_EVENTS=60s` for `ollama-hec run`; may the token write to `HEALTH_INDEX`, and your role search it?",
	},
	{"`ollama_server`", "log lines", "`ollama-hec check` on Ollama's host: is its log found and read?"},
	{"tstats", "all that arrived", "May your role search the index of the token?"},
}

// Help returns a table of all panels in Markdown: what each is made from, what it means that
// it is empty, and what to check then.
func Help() string {
	var b strings.Builder
	b.WriteString("| page | panel | from | where it is empty, or 0 | to check |\n|---|---|---|---|---|\n")
	for _, v := range Views() {
		for _, p := range v.Panels() {
			from, check := p.origin()
			empty := strings.TrimPrefix(p.Empty, "0: ")
			if p.Always {
				empty = "Never: it has a row for each sourcetype, and says what is wrong."
			}
			empty = strings.ToUpper(empty[:1]) + empty[1:]
			b.WriteString("| " + strings.Join([]string{v.Label, p.Title, from, empty, check}, " | ") + " |\n")
		}
	}
	return b.String()
}

func (p Panel) origin() (name, check string) {
	for _, o := range origins {
		if strings.Contains(p.Whole(), o.part) {
			return o.name, o.check
		}
	}
	panic("no origin of " + p.ID) // a test asks for all
}
