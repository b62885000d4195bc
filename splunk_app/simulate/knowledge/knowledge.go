// Package knowledge applies the search-time settings of an add-on to an event (extractions,
// aliases, calculated fields, event types, tags) in the order in which Splunk applies
// them, so that a search is tested on the fields it will really see.
//
// It models the settings the add-on uses; another one in props.conf is an
// error. Lookups in props.conf are not among them. Automatic extraction follows
// what was measured on Splunk 10.4 for KV_MODE=auto; that auto_escaped drops
// the backslash before a quotation mark is documented, not measured.
package knowledge

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"ollama-hec/splunk_app/simulate/pcre"
	"ollama-hec/splunk_app/simulate/spl"
)

// Knowledge is the search-time configuration of an add-on.
type Knowledge struct {
	sourcetypes map[string]*sourcetype
	eventtypes  []eventtype
}

// sourcetype is one stanza of props.conf.
type sourcetype struct {
	extracts  []extraction // in the order of their names
	kvMode    string
	aliases   []alias
	evals     []calculated
	indexTime *breaking
}

// Event is an event as Splunk stores it: its text and metadata.
type Event struct {
	Sourcetype, Source, Host, Index string
	Time                            string // epoch seconds, decimal
	Raw                             string
}

// Load reads default/{props,transforms,eventtypes,tags}.conf of an add-on.
func Load(tree fs.FS) (*Knowledge, error) {
	conf := make(map[string]Conf)
	for _, name := range []string{"props", "transforms", "eventtypes", "tags"} {
		text, err := fs.ReadFile(tree, "default/"+name+".conf")
		if err != nil {
			return nil, fmt.Errorf("load knowledge: %w", err)
		}
		if conf[name], err = ParseConf(string(text)); err != nil {
			return nil, fmt.Errorf("load %s.conf: %w", name, err)
		}
	}
	k := &Knowledge{sourcetypes: make(map[string]*sourcetype)}
	for _, stanza := range conf["props"] {
		st, err := readSourcetype(stanza, conf["transforms"])
		if err != nil {
			return nil, fmt.Errorf("props.conf [%s]: %w", stanza.Name, err)
		}
		k.sourcetypes[stanza.Name] = st
	}
	var err error
	k.eventtypes, err = readEventtypes(conf["eventtypes"], conf["tags"])
	return k, err
}

// Fields returns the fields of an event, _raw and _time among them, as a search
// sees them. A sourcetype that is not configured has what Splunk does by default.
func (k *Knowledge) Fields(e Event) spl.Row {
	row := spl.Row{"_raw": {e.Raw}}
	for name, v := range map[string]string{
		"host": e.Host, "source": e.Source, "sourcetype": e.Sourcetype, "index": e.Index, "_time": e.Time,
	} {
		if v != "" {
			row[name] = []string{v}
		}
	}
	st := k.sourcetypes[e.Sourcetype]
	if st == nil {
		st = &sourcetype{kvMode: "auto"}
	}
	st.apply(row)
	for _, t := range k.eventtypes {
		if len(t.search.Run([]spl.Row{row}).Rows) > 0 {
			row["eventtype"] = append(row["eventtype"], t.name)
			for _, tag := range t.tags {
				if !slices.Contains(row["tag"], tag) {
					row["tag"] = append(row["tag"], tag)
				}
			}
		}
	}
	return row
}

// Unconfigured returns the fields of an event on a Splunk without the add-on.
func Unconfigured(e Event) spl.Row { return new(Knowledge).Fields(e) }

func (st *sourcetype) apply(row spl.Row) {
	for _, x := range st.extracts {
		x.apply(row)
	}
	automatic(row, st.kvMode)
	for _, a := range st.aliases {
		switch v := row[a.from]; {
		case v == nil && a.overwrite:
			delete(row, a.to)
		case v != nil && (a.overwrite || row[a.to] == nil):
			row[a.to] = v
		}
	}
	results := make(map[string][]string) // none reads another's result
	for _, c := range st.evals {
		results[c.field] = c.expr.Values(row)
	}
	for field, values := range results {
		delete(row, field)
		if values != nil {
			row[field] = values
		}
	}
}

// extraction is one EXTRACT, or one transform of a REPORT.
type extraction struct {
	pattern *regexp.Regexp
	dynamic bool // FORMAT = $1::$2: the first group names the field
}

func (x extraction) apply(row spl.Row) {
	raw := row.First("_raw")
	if x.dynamic {
		for _, m := range x.pattern.FindAllStringSubmatch(raw, -1) {
			setFirst(row, cleanKey(m[1]), m[2])
		}
		return
	}
	if m := x.pattern.FindStringSubmatchIndex(raw); m != nil {
		for i, name := range x.pattern.SubexpNames() {
			if name != "" && m[2*i] >= 0 {
				setFirst(row, name, raw[m[2*i]:m[2*i+1]])
			}
		}
	}
}

// setFirst keeps what was found first, and nothing that is empty.
func setFirst(row spl.Row, field, v string) {
	if field != "" && v != "" && row[field] == nil {
		row[field] = []string{v}
	}
}

// alias is one pair of a FIELDALIAS.
type alias struct {
	from, to  string
	overwrite bool // AS, not ASNEW: also where from is null
}

// calculated is one EVAL.
type calculated struct {
	field string
	expr  *spl.Expr
}

// settled are the settings that do not affect fields.
var settled = []string{
	"SHOULD_LINEMERGE",
	"EVENT_BREAKER_ENABLE",
	"EVENT_BREAKER",
	"TIME_PREFIX",
	"MAX_TIMESTAMP_LOOKAHEAD",
}

func readSourcetype(s Stanza, transforms Conf) (*sourcetype, error) {
	st := &sourcetype{kvMode: "auto", indexTime: new(breaking)}
	keys := slices.SortedFunc(maps.Keys(s.Keys), strings.Compare)
	var reports []extraction
	for _, key := range keys {
		v := s.Keys[key]
		kind, name, _ := strings.Cut(key, "-")
		var err error
		switch {
		case kind == "EXTRACT":
			var re *regexp.Regexp
			if re, err = pcre.Compile(v); err == nil {
				st.extracts = append(st.extracts, extraction{pattern: re})
			}
		case kind == "REPORT":
			for _, t := range strings.Split(v, ",") {
				var x extraction
				if x, err = readTransform(transforms.Stanza(strings.TrimSpace(t))); err != nil {
					break
				}
				reports = append(reports, x)
			}
		case kind == "FIELDALIAS":
			err = st.readAlias(v)
		case kind == "EVAL":
			var e *spl.Expr
			if e, err = spl.CompileExpr(v); err == nil {
				st.evals = append(st.evals, calculated{name, e})
			}
		case key == "KV_MODE":
			st.kvMode = v
		default:
			var known bool
			if known, err = st.indexTime.read(kind, v); !known && !slices.Contains(settled, key) {
				err = fmt.Errorf("not understood")
			}
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	st.extracts = append(st.extracts, reports...)
	return st, nil
}

func (st *sourcetype) readAlias(v string) error {
	words := strings.Fields(v)
	if len(words)%3 != 0 {
		return fmt.Errorf("%q is not understood", v)
	}
	for i := 0; i < len(words); i += 3 {
		if words[i+1] != "AS" && words[i+1] != "ASNEW" {
			return fmt.Errorf("%q is not understood", v)
		}
		st.aliases = append(st.aliases, alias{words[i], words[i+2], words[i+1] == "AS"})
	}
	return nil
}

func readTransform(s *Stanza) (extraction, error) {
	if s == nil {
		return extraction{}, fmt.Errorf("transform is not defined")
	}
	re, err := pcre.Compile(s.Keys["REGEX"])
	if err != nil {
		return extraction{}, fmt.Errorf("[%s]: %w", s.Name, err)
	}
	if s.Keys["FORMAT"] != "$1::$2" || len(s.Keys) != 2 {
		return extraction{}, fmt.Errorf("[%s] is not understood", s.Name)
	}
	return extraction{pattern: re, dynamic: true}, nil
}

// eventtype is a search that names the events it finds.
type eventtype struct {
	name   string
	search *spl.Search
	tags   []string
}

func readEventtypes(types, tags Conf) ([]eventtype, error) {
	var list []eventtype
	for _, s := range types {
		search, err := spl.Compile(s.Keys["search"], spl.Env{})
		if err != nil {
			return nil, fmt.Errorf("eventtypes.conf [%s]: %w", s.Name, err)
		}
		t := eventtype{name: s.Name, search: search}
		if tagged := tags.Stanza("eventtype=" + s.Name); tagged != nil {
			for _, tag := range slices.Sorted(maps.Keys(tagged.Keys)) {
				if tagged.Keys[tag] == "enabled" {
					t.tags = append(t.tags, tag)
				}
			}
		}
		list = append(list, t)
	}
	return list, nil
}

// flatten returns the fields of nested JSON, named as Splunk does: a.b, and a{} for the
// items of a list.
func flatten(row spl.Row, name string, v json.RawMessage) {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	switch {
	case json.Unmarshal(v, &object) == nil && object != nil:
		for _, key := range slices.Sorted(maps.Keys(object)) {
			inner := key
			if name != "" {
				inner = name + "." + key
			}
			flatten(row, inner, object[key])
		}
	case json.Unmarshal(v, &list) == nil && list != nil:
		for _, item := range list {
			flatten(row, name+"{}", item)
		}
	default:
		var s string
		if json.Unmarshal(v, &s) != nil || string(v) == "null" {
			s = string(v)
		}
		row[name] = append(row[name], s)
	}
}
