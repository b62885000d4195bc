package connections

import (
	"log/slog"
	"time"
)

// loss reports how many connections could not be seen: the first time at once, then once a
// minute.
type loss struct {
	emit   func(at time.Time, n uint64)
	held   uint64
	told   time.Time
	failed bool // we have logged that losses cannot be counted
}

func (l *loss) add(now time.Time, n uint64) {
	l.held += n
	if l.held > 0 && now.Sub(l.told) >= time.Minute {
		l.close(now)
	}
}

// next returns when add should be called even without a new loss; ok is false if there is
// nothing to report.
func (l *loss) next() (at time.Time, ok bool) {
	return l.told.Add(time.Minute), l.held > 0
}

// close reports what was held back.
func (l *loss) close(now time.Time) {
	if l.held > 0 {
		l.emit(now, l.held)
		l.held, l.told = 0, now
	}
}

func (l *loss) cannot(log *slog.Logger, err error) {
	if !l.failed {
		l.failed = true
		log.Warn("connections that are missed cannot be counted", "error", err,
			"hint", "what is seen is right; how many were not is not known")
	}
}
