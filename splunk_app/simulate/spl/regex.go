package spl

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"ollama-hec/splunk_app/simulate/pcre"
)

// rex sets fields from the named groups of a pattern.
type rex struct {
	field   string
	pattern *regexp.Regexp
	most    int // matches taken; more than one make multivalue fields
}

var rexOption = regexp.MustCompile(`^(\w+)=("[^"]*"|\S+)\s*`)

func buildRex(args string, _ *Env) (command, error) {
	x := rex{field: "_raw", most: 1}
	for {
		option := rexOption.FindStringSubmatch(args)
		if option == nil {
			break
		}
		args = args[len(option[0]):]
		switch option[1] {
		case "field":
			x.field = strings.Trim(option[2], `"`)
		case "max_match":
			n, err := strconv.Atoi(option[2])
			if err != nil || n < 1 {
				return nil, fmt.Errorf("max_match=%s is not understood", option[2])
			}
			x.most = n
		default:
			return nil, fmt.Errorf("option %s is not understood", option[1])
		}
	}
	if args == "" || args[0] != '"' || quoteEnd(args, 0) != len(args)-1 {
		return nil, fmt.Errorf("a quoted pattern expected at %q", clip(args))
	}
	re, err := pcre.Compile(unquote(args))
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	x.pattern = re
	if !slices.ContainsFunc(re.SubexpNames(), func(s string) bool { return s != "" }) {
		return nil, fmt.Errorf("the pattern names no group")
	}
	return x, nil
}

func (x rex) run(in Result) Result {
	names := x.pattern.SubexpNames()
	for _, r := range in.Rows {
		found := make(Row)
		for _, s := range r[x.field] {
			for _, m := range x.pattern.FindAllStringSubmatchIndex(s, x.most) {
				for i, name := range names {
					if name != "" && m[2*i] >= 0 {
						found[name] = append(found[name], s[m[2*i]:m[2*i+1]])
					}
				}
			}
		}
		for name, values := range found {
			r.set(name, values)
		}
	}
	return in
}

// regex keeps the rows in which a value of a field matches a pattern, or none does.
type regex struct {
	field   string
	pattern *regexp.Regexp
	not     bool
}

var regexArgs = regexp.MustCompile(`(?s)^(?:([\w.]+)\s*(!?=)\s*)?(".*")\s*$`)

func buildRegex(args string, _ *Env) (command, error) {
	m := regexArgs.FindStringSubmatch(args)
	if m == nil || quoteEnd(m[3], 0) != len(m[3])-1 {
		return nil, fmt.Errorf("a field and a quoted pattern expected at %q", clip(args))
	}
	re, err := pcre.Compile(unquote(m[3]))
	if err != nil {
		return nil, fmt.Errorf("pattern: %w", err)
	}
	if m[1] == "" {
		m[1] = "_raw"
	}
	return regex{m[1], re, m[2] == "!="}, nil
}

func (x regex) run(in Result) Result {
	in.Rows = slices.DeleteFunc(in.Rows, func(r Row) bool {
		return slices.ContainsFunc(r[x.field], x.pattern.MatchString) == x.not
	})
	return in
}
