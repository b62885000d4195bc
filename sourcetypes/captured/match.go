package captured

import (
	"slices"
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
	mu    sync.Mutex
	index index     // guarded by mu; those that were not found
	order []capture // guarded by mu; all that came, oldest first, found since or not
	next  uint64    // guarded by mu; the number of the next
}

// capture is a captured request, as a Matcher remembers it.
type capture struct {
	kind kind
	sighting
}

// NewMatcher returns a Matcher that remembers nothing yet.
func NewMatcher() *Matcher { return &Matcher{index: newIndex()} }

// Captured notes a captured request.
func (m *Matcher) Captured(r Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := capture{r.kind(), sighting{r.End.UnixNano(), int64(r.Duration), m.next}}
	m.index.add(c.kind, c.sighting)
	m.order = append(m.order, c)
	m.next++
	if len(m.order) > maxRequests {
		m.index.remove(m.order[0].kind, m.order[0].sighting)
		m.order = m.order[1:]
	}
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

// since returns the requests that were captured after the first so many, found since or not.
func (m *Matcher) since(seen uint64) []capture {
	m.mu.Lock()
	defer m.mu.Unlock()
	fresh := min(m.next-seen, uint64(len(m.order)))
	return slices.Clone(m.order[uint64(len(m.order))-fresh:])
}

// take forgets a captured request, and reports whether it was not found before.
func (m *Matcher) take(c capture) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.index.remove(c.kind, c.sighting)
}

// find is Find among the first so many that were captured.
func (m *Matcher) find(r Request, among uint64, waiting time.Duration) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := r.kind()
	s, found := m.index.closest(want(k, r.End, r.Duration-lastsWithin, r.Duration+lastsWithin+waiting, among))
	return found && m.index.remove(k, s)
}
