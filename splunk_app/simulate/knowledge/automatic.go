package knowledge

import (
	"encoding/json"
	"regexp"
	"strings"

	"ollama-hec/splunk_app/simulate/spl"
)

// How much of an event automatic extraction looks at: for pairs limits.conf [kv]
// maxchars, for JSON [spath] extraction_cutoff.
const (
	maxAutomatic = 10240
	maxJSON      = 5000
)

// A key begins after a space or one of , ; : and is followed at once by =. A
// quoted value hides what stands in it; a bare one runs on over further =.
var (
	pairPlain   = regexp.MustCompile(`(?:^|[\s,;:])([\w.-]+)=(?:"([^"]*)"|'([^']*)'|([\w.:/\\@#+=-]+))`)
	pairEscaped = regexp.MustCompile(
		`(?:^|[\s,;:])([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([\w.:/\\@#+=-]+))`,
	)
	unescape = strings.NewReplacer(`\"`, `"`, `\\`, `\`)
)

// automatic extracts what KV_MODE finds. It leaves alone what is there; of a
// key that comes again the first value stays; empty values are passed by.
func automatic(row spl.Row, mode string) {
	raw := row.First("_raw")
	if mode == "json" ||
		(mode == "auto" || mode == "auto_escaped") && json.Valid([]byte(raw)) && strings.HasPrefix(raw, "{") {
		for field, values := range members(raw[:min(len(raw), maxJSON)]) {
			if row[field] == nil {
				row[field] = values
			}
		}
		return
	}
	raw = raw[:min(len(raw), maxAutomatic)]
	pair := pairPlain
	switch mode {
	case "auto":
	case "auto_escaped":
		pair = pairEscaped
	default:
		return
	}
	for at := 0; ; {
		m := pair.FindStringSubmatchIndex(raw[at:])
		if m == nil {
			return
		}
		key := cleanKey(raw[at:][m[2]:m[3]])
		for group := 4; group <= 8; group += 2 {
			if m[group] < 0 {
				continue
			}
			v := raw[at:][m[group]:m[group+1]]
			if mode == "auto_escaped" && group < 8 {
				v = unescape.Replace(v)
			}
			setFirst(row, key, v)
		}
		at += m[1]
	}
}

// members are the fields of a JSON object, as far as it goes.
func members(raw string) spl.Row {
	found := make(spl.Row)
	d := json.NewDecoder(strings.NewReader(raw))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return found
		}
		var v json.RawMessage
		if d.Decode(&v) != nil {
			return found
		}
		flatten(found, key.(string), v) // a key of an object is a string
	}
	return found
}

var unclean = regexp.MustCompile(`[^A-Za-z0-9_]`)

// cleanKey is the name of a field: punctuation becomes _, and neither digits nor
// _ stand first.
func cleanKey(key string) string {
	return strings.TrimLeft(unclean.ReplaceAllString(key, "_"), "_0123456789")
}
