package sources

import (
	"context"

	"ollama-hec/input/homes"
	"ollama-hec/input/journald"
)

// Discovery is what lies at the usual places of this system.
type Discovery struct {
	globs   []string
	filter  *homes.Filter
	found   []homes.Found
	journal homes.Journal
}

// Find looks at the usual places. If there is nothing, the error says where it
// looked and what to do.
func Find(ctx context.Context, journalUnit, journalDir string) (*Discovery, error) {
	system, d := homes.This(), &Discovery{filter: new(homes.Filter)}
	places := system.Places()
	for _, p := range places {
		d.globs = append(d.globs, p.Glob)
	}
	d.found = homes.Look(places, d.filter)
	d.journal = system.ChooseJournal(journalUnit, journalDir, d.found, func(unit string) (bool, error) {
		return journald.Probe(ctx, unit, journalDir)
	})
	return d, system.Nothing(d.found, d.journal)
}

// Explain says what was found and why it is read.
func (d *Discovery) Explain() []string { return homes.Explain(d.found, d.journal) }

// Files are the files found.
func (d *Discovery) Files() (files []string) {
	for _, f := range d.found {
		files = append(files, f.Files...)
	}
	return files
}
