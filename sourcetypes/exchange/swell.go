package exchange

import (
	"sync"
	"time"
)

// swell bounds what compressed bodies may become beyond what texts do: a few kilobytes can hold
// 20 MiB, and a client may send as many of them as it likes. It is for all conversations
// together; a body of the usual ratio takes nothing of it.
type swell struct {
	mu    sync.Mutex
	taken int64     // guarded by mu; bytes that were not made good yet
	at    time.Time // guarded by mu; when the last ones were taken
}

const (
	usualRatio  = 16
	mostSwell   = 64 << 20
	swellSecond = 16 << 20 // made good in a second
)

// take takes n bytes at a time, and reports whether they were there to be taken.
func (s *swell) take(n int, at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if passed := at.Sub(s.at); passed > 0 {
		good := min(passed, mostSwell/swellSecond*time.Second).Seconds() * swellSecond
		s.taken, s.at = max(0, s.taken-int64(good)), at
	}
	if s.taken+int64(n) > mostSwell {
		return false
	}
	s.taken += int64(n)
	return true
}
