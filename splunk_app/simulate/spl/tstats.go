package spl

import (
	"fmt"
	"strings"
)

// tstats counts by fields that are known without reading the events: it filters, and groups
// like stats. Only index, sourcetype, source, host and _time are understood.
type tstats struct {
	filter command
	stats  folding
}

var indexedFields = map[string]bool{"index": true, "sourcetype": true, "source": true, "host": true, "_time": true}

func buildTstats(args string, env *Env) (command, error) {
	what, rest, ok := strings.Cut(args, " where ")
	condition, by, grouped := strings.Cut(rest, " by ")
	if !ok || !grouped {
		return nil, fmt.Errorf("functions, where and by expected at %q", clip(args))
	}
	kept, err := buildFilter(condition, env)
	if err != nil {
		return nil, err
	}
	c, err := buildStats(what+" by "+by, env)
	if err != nil {
		return nil, err
	}
	grouping := c.(stats)
	names := append([]string(nil), grouping.by...)
	for _, a := range grouping.aggregates {
		if a.field != "" {
			names = append(names, a.field)
		}
	}
	for _, name := range names {
		if !indexedFields[name] {
			return nil, fmt.Errorf("%s is not known without reading events", name)
		}
	}
	return tstats{kept, grouping}, nil
}

func (t tstats) run(in Result) Result { return foldAll(t.stats, t.filter.run(in)) }
