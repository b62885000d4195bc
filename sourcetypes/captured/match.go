package captured

import (
	"sync"
	"time"
)

// Request is what a captured request and an access line are known by to be the same one.
type Request struct {
	Method, Path string
	Status       int
	End          time.Time
	Duration     time.Duration
}

const (
	endsWithin  = 2 * time.Second // an access line says the second
	lastsWithin = 50 * time.Millisecond
	waitsWithin = 2 * time.Second // the wire has a request before a server that is busy gets to it
)

// fits reports whether a captured request may be the one of an access line, where the
// server got to it at once, or after waiting.
func (r Request) fits(captured Request, waiting time.Duration) bool {
	longer := captured.Duration - r.Duration
	return r.kind() == captured.kind() && r.End.Sub(captured.End).Abs() <= endsWithin &&
		longer >= -lastsWithin && longer <= lastsWithin+waiting
}

// kind is what two sightings of one request have in common to the letter.
type kind struct {
	method, path string
	status       int
}

func (r Request) kind() kind { return kind{r.Method, r.Path, r.Status} }

// maxRequests bounds how many captured requests are remembered that no access line was
// found for: there may be none, as of a request that was malformed.
const maxRequests = 16384

// Matcher remembers captured requests until the access line of each is found. Safe for
// concurrent use.
type Matcher struct {
	mu     sync.Mutex
	byKind map[kind][]sighting // guarded by mu; oldest first
	order  []numbered          // guarded by mu; all that came, oldest first, found since or not
	next   uint64              // guarded by mu
}

// sighting is the end and the duration of a captured request, and its number.
type sighting struct {
	end, duration int64
	number        uint64
}

type numbered struct {
	kind   kind
	number uint64
}

// NewMatcher returns a Matcher that remembers nothing yet.
func NewMatcher() *Matcher { return &Matcher{byKind: make(map[kind][]sighting)} }

// Captured notes a captured request.
func (m *Matcher) Captured(r Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := r.kind()
	m.byKind[k] = append(m.byKind[k], sighting{r.End.UnixNano(), int64(r.Duration), m.next})
	m.order = append(m.order, numbered{k, m.next})
	m.next++
	if len(m.order) > maxRequests {
		m.forgetLocked(m.order[0])
		m.order = m.order[1:]
	}
}

// forgetLocked forgets a request if it was not found. It is the oldest of its kind.
func (m *Matcher) forgetLocked(old numbered) {
	all := m.byKind[old.kind]
	if len(all) > 0 && all[0].number == old.number {
		m.keepLocked(old.kind, all[1:])
	}
}

func (m *Matcher) keepLocked(k kind, all []sighting) {
	if len(all) == 0 {
		delete(m.byKind, k)
		return
	}
	m.byKind[k] = all
}

// Find reports whether a request was captured that fits, and forgets it: each is found once.
// Of several it takes the one that ended closest.
func (m *Matcher) Find(r Request) bool { return m.find(r, m.seen(), 0) }

// FindLate is Find for a line that nothing was found for in a while: the server may have
// been busy, so that the request lasted longer than the line says.
func (m *Matcher) FindLate(r Request) bool {
	return m.Find(r) || m.find(r, m.seen(), waitsWithin)
}

// seen is how many requests were captured so far.
func (m *Matcher) seen() uint64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.next
}

// find is Find among the first so many that were captured.
func (m *Matcher) find(r Request, among uint64, waiting time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := r.kind()
	all := m.byKind[k]
	best, distance := -1, time.Duration(0)
	for i, s := range all {
		is := Request{r.Method, r.Path, r.Status, time.Unix(0, s.end), time.Duration(s.duration)}
		if d := r.End.Sub(is.End).Abs(); s.number < among && r.fits(is, waiting) && (best < 0 || d < distance) {
			best, distance = i, d
		}
	}
	if best < 0 {
		return false
	}
	m.keepLocked(k, append(all[:best:best], all[best+1:]...))
	return true
}
