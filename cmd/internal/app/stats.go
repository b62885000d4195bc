package app

import (
	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/hec"
	"ollama-hec/input/file"
	"ollama-hec/input/journald"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes/captured"
)

// Progress returns what was read so far, and the bytes there are to read in all.
func (sh *Shipper) Progress() (p pipeline.Stats, size int64) {
	p = sh.pipeline.Stats()
	if sh.sources.Files == nil {
		return p, p.Bytes
	}
	for _, f := range sh.sources.Files.Files() {
		size += f.Size
	}
	return p, size
}

// Delivered returns the counts of delivery; zero if the output is not remote.
func (sh *Shipper) Delivered() hec.Stats {
	if sh.remote == nil {
		return hec.Stats{}
	}
	return sh.remote.Stats()
}

// Ready reports whether the output takes events, and if not, why.
func (sh *Shipper) Ready() (ok bool, reason string) {
	if sh.remote == nil {
		return true, ""
	}
	return sh.remote.Ready()
}

// StateError returns why checkpoints cannot be written at present, or nil.
func (sh *Shipper) StateError() error {
	if sh.store == nil {
		return nil
	}
	return sh.store.Err()
}

// Files returns the state of every file followed.
func (sh *Shipper) Files() []file.FileStatus {
	if sh.sources.Files == nil {
		return nil
	}
	return sh.sources.Files.Files()
}

// FileStats returns the counts of the file source; ok is false if there is none.
func (sh *Shipper) FileStats() (c file.Stats, ok bool) {
	if sh.sources.Files == nil {
		return c, false
	}
	return sh.sources.Files.Stats(), true
}

// Spool returns the spool as it was last looked at; nil: there is none.
func (sh *Shipper) Spool() *spool.Inspection {
	if sh.sources.Spool == nil {
		return nil
	}
	return sh.sources.Spool.Seen()
}

// Captured returns what became of what was captured; ok is false if nothing can be.
func (sh *Shipper) Captured() (c *captured.Counts, ok bool) {
	if sh.sources.Memory == nil && sh.Spool() == nil {
		return nil, false
	}
	return sh.captured.Counts, true
}

// JournalStats returns the counts of the journal source; ok is false if there is none.
func (sh *Shipper) JournalStats() (st journald.Stats, ok bool) {
	if sh.sources.Journal == nil {
		return st, false
	}
	return sh.sources.Journal.Stats(), true
}
