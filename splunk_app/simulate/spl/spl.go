// Package spl runs the part of Splunk's search language that the shipped detections use.
// So tests check the very text that is installed, and no second implementation of it. It
// is our own model of Splunk, written after its documentation.
//
// It knows the commands search, where, eval, rex, regex, stats, eventstats, streamstats (without a
// window of rows), timechart, tstats, addinfo, lookup, inputlookup append=true, outputlookup (which writes nothing
// here), mvexpand, table, fields, rename, sort, head and dedup, the functions listed in
// functions.go, and macros without arguments. Whatever else a search holds (subsearches, TERM(), other
// options) is an error of Compile, never passed over. Not modelled: limits on
// rows and memory, the order of rows that a search does not sort, and how
// where and eval treat NOT of a null (here: null, so the row is dropped).
package spl

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Row is one event or result: the values of each field. A field that is not
// there is null; no field has an empty list.
type Row map[string][]string

// First returns the first value of a field, or "" if it is null.
func (r Row) First(field string) string {
	if values := r[field]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// Result is what a search leaves: its rows, and its columns in order if a
// command named them; without one every field of a row is meant.
type Result struct {
	Columns []string
	Rows    []Row
}

// Env is what a search refers to by name.
type Env struct {
	Macros  map[string]string // definitions, without backticks
	Lookups map[string]*Lookup
	// Location is the time zone of strftime; nil is UTC.
	Location *time.Location
	// Times are those of the search, which addinfo tells.
	Times Times
}

// Search is a search ready to run. It may run on many goroutines.
type Search struct {
	commands []command
}

// command is one stage of a pipeline.
type command interface {
	run(Result) Result
}

// Compile reads a search. The error says what is not understood, and where.
func Compile(text string, env Env) (*Search, error) {
	if env.Location == nil {
		env.Location = time.UTC
	}
	expanded, err := expand(text, env.Macros, nil)
	if err != nil {
		return nil, err
	}
	generated, generating := strings.CutPrefix(strings.TrimSpace(expanded), "|")
	stages, err := split(generated)
	if err != nil {
		return nil, err
	}
	s := new(Search)
	for i, stage := range stages {
		name, args := "search", stage
		if i > 0 || generating {
			name, args = cutWord(stage)
		} else if rest, ok := strings.CutPrefix(stage, "search "); ok {
			args = rest
		}
		if (name == "tstats") != (i == 0 && generating) {
			return nil, fmt.Errorf("command %q is not understood where it stands", name)
		}
		build := commands[name]
		if build == nil {
			return nil, fmt.Errorf("command %q is not understood", name)
		}
		c, err := build(args, &env)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.commands = append(s.commands, c)
	}
	return s, nil
}

// Run runs the search over events. They are left as they were.
func (s *Search) Run(events []Row) Result {
	res := Result{Rows: make([]Row, len(events))}
	for i, e := range events {
		res.Rows[i] = e.clone()
	}
	for _, c := range s.commands {
		res = c.run(res)
	}
	return res
}

func (r Row) clone() Row {
	c := make(Row, len(r))
	for k, v := range r {
		c[k] = v
	}
	return c
}

// set replaces a field; no values means null.
func (r Row) set(field string, values []string) {
	if len(values) == 0 {
		delete(r, field)
		return
	}
	r[field] = values
}

// expand replaces `name` by its definition, down to the last.
func expand(text string, macros map[string]string, within []string) (string, error) {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "`")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "`")
		if !closed {
			return "", fmt.Errorf("backtick without its end before %q", clip(rest))
		}
		definition, known := macros[name]
		switch {
		case !known:
			return "", fmt.Errorf("macro %q is not known", name)
		case slices.Contains(within, name):
			return "", fmt.Errorf("macro %q refers to itself", name)
		}
		inner, err := expand(definition, macros, append(within, name))
		if err != nil {
			return "", err
		}
		b.WriteString(inner)
		text = after
	}
}

// split cuts a search at the pipes that stand outside quotes.
func split(text string) ([]string, error) {
	var stages []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			end := quoteEnd(text, i)
			if end < 0 {
				return nil, fmt.Errorf("quote without its end before %q", clip(text[i:]))
			}
			i = end
		case '[':
			return nil, fmt.Errorf("subsearch at %q is not understood", clip(text[i:]))
		case '|':
			stages = append(stages, strings.TrimSpace(text[start:i]))
			start = i + 1
		}
	}
	stages = append(stages, strings.TrimSpace(text[start:]))
	for _, s := range stages {
		if s == "" {
			return nil, fmt.Errorf("a pipe without a command")
		}
	}
	return stages, nil
}

// quoteEnd is the index of the quote that closes the one at i, or -1.
func quoteEnd(text string, i int) int {
	quote := text[i]
	for j := i + 1; j < len(text); j++ {
		switch text[j] {
		case '\\':
			j++
		case quote:
			return j
		}
	}
	return -1
}

// unquote is the text between quotes: \" and \\ lose their backslash, any other
// backslash stays, as regular expressions in searches need.
func unquote(s string) string {
	s = s[1 : len(s)-1]
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func cutWord(s string) (word, rest string) {
	i := strings.IndexFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	if i < 0 {
		return s, ""
	}
	return s[:i], strings.TrimSpace(s[i:])
}

func clip(s string) string {
	if len(s) > 30 {
		return s[:30] + "…"
	}
	return s
}
