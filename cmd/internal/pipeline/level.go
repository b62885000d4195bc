package pipeline

import (
	"math/bits"
	"time"

	"ollama-hec/sourcetypes/batch"
)

// Compression says how hard batches are compressed: always at the batch.Level of
// that number, or as Adapt does.
type Compression int8

// Adapt compresses harder where there is time for it.
const Adapt Compression = -1

// standard is the level of a batch of which nothing is known.
func (c Compression) standard() batch.Level {
	if c == Adapt {
		return batch.Fastest
	}
	return batch.Level(c)
}

const (
	// small is the level of batches that leave because of their age: while those
	// come the CPU has time. A level more costs twice as much for 3% less.
	small batch.Level = 8
	// smaller is the level of full batches while the receiver is waited for: it
	// takes a quarter off for a fraction of the time that passes waiting.
	smaller batch.Level = 6
)

// chooseLevel decides how hard a batch is compressed that is full, or else due,
// by what the time since the batch before went into, and by whether the receiver
// has been waited for lately.
func chooseLevel(full, slowReceiver bool, since spent) batch.Level {
	switch {
	case full && slowReceiver:
		return smaller
	case full, since.working > since.total()/2:
		return batch.Fastest // due, but there is no time to spare
	}
	return small
}

// patience remembers whether the receiver was waited for between one batch and the
// next, for the last eight of them: bit 0 is the latest.
type patience uint8

// waitedTimes is how much longer than working the lanes have to wait for the
// receiver until it counts. Compressing harder takes up to twice the time of the
// rest: below this it could turn waiting into work.
const waitedTimes = 4

// note adds what the time since the batch before went into.
func (p *patience) note(since spent) {
	*p <<= 1
	if since.waiting > 0 && since.waiting >= waitedTimes*since.working {
		*p |= 1
	}
}

// slowReceiver reports whether the receiver was waited for before most of the
// batches. One long wait, such as an outage, is not enough.
func (p patience) slowReceiver() bool { return bits.OnesCount8(uint8(p)) >= 6 }

// spent is what the time of all lanes together went into.
type spent struct {
	working time.Duration // at least one lane reads, normalizes or compresses
	waiting time.Duration // none does, and at least one waits for the receiver
	resting time.Duration // there is nothing to do
}

func (s spent) total() time.Duration { return s.working + s.waiting + s.resting }

func (s spent) minus(o spent) spent {
	return spent{s.working - o.working, s.waiting - o.waiting, s.resting - o.resting}
}
