package knowledge

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// breaking holds the settings for a file that a plain forwarder monitors: how text is
// divided into events, rewritten and truncated.
type breaking struct {
	joins    *regexp.Regexp // a line that begins so belongs to the one before it
	rewrites []rewrite
	truncate int
}

type rewrite struct {
	pattern *regexp.Regexp
	with    string
}

var (
	lineBreaker = regexp.MustCompile(`^\(\[\\r\\n\]\+\)(?:\(\?!(.*)\))?$`)
	sedCommand  = regexp.MustCompile(`^s/(.*)/(.*)/g$`)
)

// read takes a setting if it is about breaking, and reports whether it is.
func (b *breaking) read(kind, v string) (known bool, err error) {
	switch kind {
	case "LINE_BREAKER": // Go's patterns cannot look ahead, so that part is applied by hand
		m := lineBreaker.FindStringSubmatch(v)
		if m == nil {
			return true, fmt.Errorf("%q is not understood", v)
		}
		if m[1] != "" {
			b.joins, err = regexp.Compile(`^(?:` + m[1] + `)`)
		}
	case "SEDCMD":
		m := sedCommand.FindStringSubmatch(v)
		if m == nil {
			return true, fmt.Errorf("%q is not understood", v)
		}
		r := rewrite{with: m[2]}
		r.pattern, err = regexp.Compile(m[1])
		b.rewrites = append(b.rewrites, r)
	case "TRUNCATE":
		b.truncate, err = strconv.Atoi(v)
	default:
		return false, nil
	}
	return true, err
}

// Break divides the text of a monitored file into events.
func (k *Knowledge) Break(sourcetype, text string) []string {
	b := k.sourcetypes[sourcetype].indexTime
	var events []string
	start := 0
	for i := 0; i < len(text); {
		if text[i] != '\n' && text[i] != '\r' {
			i++
			continue
		}
		end := i + len(text[i:]) - len(strings.TrimLeft(text[i:], "\r\n"))
		if end == len(text) || b.joins == nil || !b.joins.MatchString(text[end:]) {
			events = append(events, text[start:i])
			start = end
		}
		i = end
	}
	if start < len(text) {
		events = append(events, text[start:])
	}
	for i, e := range events {
		for _, r := range b.rewrites {
			e = r.pattern.ReplaceAllString(e, r.with)
		}
		events[i] = e[:min(len(e), b.truncate)]
	}
	return events
}
