package dashboard

import (
	"net/url"
	"regexp"
	"strings"
)

// searchPage is where clicks lead, in this add-on, whose macros it knows.
const searchPage = "/app/TA-ollama-hec/search"

// token is a part of a text that the dashboard replaces, with its filters.
var token = regexp.MustCompile(`\$([^$]+)\$`)

// eventsLink returns the address of a search of the picked time, indexes and hosts. Its tokens
// get the filter u, which encodes what they stand for; the filter s before it quotes what others
// may have written.
func eventsLink(search string) string {
	return searchPage + "?q=" + encoded(picked(search)) +
		"&earliest=" + encoded("$global_time.earliest$") + "&latest=" + encoded("$global_time.latest$")
}

// encoded is a part of an address: all of the text but its tokens.
func encoded(text string) string {
	var b strings.Builder
	at := 0
	for _, m := range token.FindAllStringSubmatchIndex(text, -1) {
		b.WriteString(escape(text[at:m[0]]))
		b.WriteString("$" + text[m[2]:m[3]] + "|u$")
		at = m[1]
	}
	b.WriteString(escape(text[at:]))
	return b.String()
}

func escape(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }
