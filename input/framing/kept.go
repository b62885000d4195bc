package framing

import "strings"

// Keep returns what a checkpoint keeps of f, so that the log is read on in the same way; empty:
// nothing is decided.
func (f *Frames) Keep() string {
	switch f.state {
	case plain:
		return "plain"
	case runtimes:
		return [...]string{dockerLog: "docker", criLog: "cri"}[f.decoder.runtime]
	case entried:
		return f.entry.form.String()
	case wrapped:
		var s []string
		for _, c := range f.chains {
			s = append(s, c.String())
		}
		firm := ""
		if f.firm {
			firm = firmMark
		}
		return firm + strings.Join(s, "|") + f.clock.keep()
	}
	return ""
}

// Plain tells f that the lines have no envelope, whatever they look like.
func (f *Frames) Plain() { f.state = plain }

// Recall takes over what Keep returned. Parts that it does not know are ignored.
func (f *Frames) Recall(kept string) {
	switch kept {
	case "":
		return
	case "plain":
		f.state = plain
		return
	case "docker":
		f.state, f.decoder.runtime = runtimes, dockerLog
		return
	case "cri":
		f.state, f.decoder.runtime = runtimes, criLog
		return
	}
	for form := exportEntries; form < entryForms; form++ {
		if kept == form.String() {
			f.state, f.entry.form = entried, form
			return
		}
	}
	kept, zone, _ := strings.Cut(kept, zoneMark)
	kept, f.firm = strings.CutPrefix(kept, firmMark)
	f.clock.recall(zone)
	var chains []*chain
	for s := range strings.SplitSeq(kept, "|") {
		names, whole := strings.CutSuffix(s, ".")
		c := &chain{whole: whole}
		for name := range strings.SplitSeq(names, "+") {
			e := envelopeNamed(name)
			if e == nil {
				return
			}
			c.layers = append(c.layers, e)
		}
		chains = append(chains, c)
	}
	f.state, f.chains, f.fresh = wrapped, chains, true
}

// firmMark stands before what is kept of a log of which the first line decided.
const firmMark = "^"
