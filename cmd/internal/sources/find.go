package sources

import (
	"context"
	"slices"

	"ollama-hec/input/discover"
	"ollama-hec/input/journald"
)

// Discovery is what was found at the usual places of logs on this system.
type Discovery struct {
	system    discover.System
	unit, dir string // the settings of the journal
	places    []discover.Place
	filter    *discover.Filter
	found     []discover.Found
	journal   discover.Journal
}

// Find looks for logs at the usual places. If there are none, its error says where it
// looked and what to do.
func Find(ctx context.Context, journalUnit, journalDir string) (*Discovery, error) {
	d := &Discovery{system: discover.Current(), unit: journalUnit, dir: journalDir, filter: new(discover.Filter)}
	d.places = d.system.Places()
	d.found = discover.Scan(d.places, d.filter)
	d.journal = d.choose(ctx, d.found)
	return d, d.system.NoLogs(d.found, d.journal)
}

func (d *Discovery) choose(ctx context.Context, found []discover.Found) discover.Journal {
	return d.system.ChooseJournal(d.unit, d.dir, found, func(unit string) (bool, error) {
		return journald.Probe(ctx, unit, d.dir)
	})
}

// again decides anew whether to follow the journal, by the files that are there now.
// Containers' logs do not count.
func (d *Discovery) again(ctx context.Context) discover.Journal {
	places := slices.DeleteFunc(slices.Clone(d.places), func(p discover.Place) bool { return p.Containers })
	return d.choose(ctx, discover.Scan(places, d.filter))
}

// Explain returns lines for people on what was found and why it is read.
func (d *Discovery) Explain() []string { return discover.Explain(d.found, d.journal) }

// Closed returns the places that could not be searched fully.
func (d *Discovery) Closed() []discover.Unseen { return discover.Closed(d.found) }

// Files returns the files found.
func (d *Discovery) Files() (files []string) {
	for _, f := range d.found {
		files = append(files, f.Files...)
	}
	return files
}

func (d *Discovery) globs() (globs []string) {
	for _, p := range d.places {
		globs = append(globs, p.Glob)
	}
	return globs
}
