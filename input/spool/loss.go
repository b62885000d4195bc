package spool

import (
	"encoding/json"
	"time"
)

// HealthSourcetype is that of the events in which this program speaks of itself.
const HealthSourcetype = "ollama:hec:health"

// Losses counts records that were not written, by why.
type Losses struct {
	Queue int64 `json:"lost_queue,omitempty"` // they came faster than the disk took them
	Full  int64 `json:"lost_full,omitempty"`  // the spool held all it may
	Disk  int64 `json:"lost_disk,omitempty"`  // they could not be written
}

// Sum is how many there are.
func (l Losses) Sum() int64 { return l.Queue + l.Full + l.Disk }

// losses are what the writer has still to say, and what it has lost in all.
type losses struct {
	untold, all Losses
	since       time.Time // the first one untold
	told        time.Time // when losses were last said
}

func (l *losses) add(more Losses, now time.Time) {
	if more.Sum() == 0 {
		return
	}
	if l.untold.Sum() == 0 {
		l.since = now
	}
	for _, to := range []*Losses{&l.untold, &l.all} {
		to.Queue, to.Full, to.Disk = to.Queue+more.Queue, to.Full+more.Full, to.Disk+more.Disk
	}
}

// tellEvery is how often losses are said, at most.
const tellEvery = time.Minute

// due reports whether there is something to say now.
func (l *losses) due(now time.Time) bool {
	return l.untold.Sum() > 0 && (l.told.IsZero() || now.Sub(l.told) >= tellEvery)
}

// record says what was lost.
func (l *losses) record(writer string, now time.Time) Record {
	event, err := json.Marshal(struct {
		Origin string `json:"origin"`
		Lost   int64  `json:"lost_records"`
		Losses
		Since string `json:"since"`
	}{writer, l.untold.Sum(), l.untold, l.since.UTC().Format(time.RFC3339Nano)})
	if err != nil { // of strings and numbers: never
		event = []byte("{}")
	}
	return Record{Time: now, Sourcetype: HealthSourcetype, Event: event}
}

// said notes that the untold losses are written.
func (l *losses) said(now time.Time) { l.untold, l.told = Losses{}, now }
