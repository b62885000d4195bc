package redact

import "testing"

// TestPatternsCompile: what is compiled when it is first needed can be compiled.
func TestPatternsCompile(t *testing.T) {
	patterns := []*pattern{setters, valueBefore, pemLabel}
	for _, r := range Rules {
		if r.tail != nil {
			patterns = append(patterns, r.tail)
		}
		if r.command != nil {
			patterns = append(patterns, r.command.value)
		}
	}
	for i := range links {
		patterns = append(patterns, links[i].between)
	}
	for i := range runs {
		patterns = append(patterns, runs[i].like)
	}
	if len(patterns) < 100 {
		t.Errorf("%d patterns: not all of them are here", len(patterns))
	}
	for _, p := range patterns {
		p.get()
	}
}
