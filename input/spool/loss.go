package spool

import (
	"encoding/json"
	"time"
)

// HealthSourcetype is the sourcetype of the events about this program itself.
const HealthSourcetype = "ollama:hec:health"

// Losses counts the records that were not written, by reason.
type Losses struct {
	Queue int64 `json:"lost_queue,omitempty"` // they came faster than the disk could take them
	Full  int64 `json:"lost_full,omitempty"`  // the spool was full
	Disk  int64 `json:"lost_disk,omitempty"`  // they could not be written
}

// Sum returns the number of all lost records.
func (l Losses) Sum() int64 { return l.Queue + l.Full + l.Disk }

// losses are the losses that are not reported yet, and all losses so far.
type losses struct {
	untold, all Losses
	since       time.Time // of the first one not reported
	told        time.Time // when losses were last reported
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

// tellEvery is the least time between two reports of losses.
const tellEvery = time.Minute

// due reports whether losses are to be reported now.
func (l *losses) due(now time.Time) bool {
	return l.untold.Sum() > 0 && (l.told.IsZero() || now.Sub(l.told) >= tellEvery)
}

// record returns the record that reports the losses.
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

// said notes that the losses so far were reported.
func (l *losses) said(now time.Time) { l.untold, l.told = Losses{}, now }
