package connections

import (
	"slices"
	"sync"
)

// Stats are the counts of an observer, for people and for metrics.
type Stats struct {
	// Connections is how many connections were seen, Events how many events were emitted, Lost
	// how many connections the kernel could not report.
	Connections, Events, Lost uint64
	// Open is how many connections were open when last listed.
	Open int
	// Ports are the ports observed now.
	Ports []uint16
	// Origin says how connections are seen: sock_diag or poll.
	Origin string
	// Containers: connections accepted in containers are seen too. Under sock_diag that takes
	// CAP_NET_BROADCAST.
	Containers bool
}

type figures struct {
	mu  sync.Mutex
	now Stats // guarded by mu
}

func (f *figures) snapshot() Stats {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.now
	s.Ports = slices.Clone(s.Ports)
	return s
}

func (f *figures) update(change func(*Stats)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.now)
}
