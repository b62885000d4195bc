package app

import (
	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/hec"
	"ollama-hec/input/file"
	"ollama-hec/input/journald"
)

// Progress is what was read so far, and how much there is to read.
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

// Delivered is what was sent over the network; zero if the output is another.
func (sh *Shipper) Delivered() hec.Snapshot {
	if sh.remote == nil {
		return hec.Snapshot{}
	}
	return sh.remote.Stats()
}

// Ready reports whether events are taken, and if not, why.
func (sh *Shipper) Ready() (ok bool, reason string) {
	if sh.remote == nil {
		return true, ""
	}
	return sh.remote.Ready()
}

// StateError is why checkpoints cannot be written at present, nil if they can.
func (sh *Shipper) StateError() error {
	if sh.store == nil {
		return nil
	}
	return sh.store.Err()
}

// Files are the files followed.
func (sh *Shipper) Files() []file.FileStatus {
	if sh.sources.Files == nil {
		return nil
	}
	return sh.sources.Files.Files()
}

// FileCounters is what happened to files; ok is false if none are followed.
func (sh *Shipper) FileCounters() (c file.Counters, ok bool) {
	if sh.sources.Files == nil {
		return c, false
	}
	return sh.sources.Files.Counters(), true
}

// JournalStats is what happened to the journal; ok is false if it is not read.
func (sh *Shipper) JournalStats() (st journald.Stats, ok bool) {
	if sh.sources.Journal == nil {
		return st, false
	}
	return sh.sources.Journal.Stats(), true
}
