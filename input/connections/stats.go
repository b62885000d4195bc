package connections

import (
	"slices"
	"sync"
)

// Stats are figures for people and for metrics.
type Stats struct {
	// Connections were seen, each once. Events of them were emitted. Lost is how many the kernel could not tell of.
	Connections, Events, Lost uint64
	// Open is how many were open at the last look.
	Open int
	// Ports are those observed now.
	Ports []uint16
	// Origin is how they are seen: sock_diag or poll.
	Origin string
	// Containers: those accepted in containers are seen too. Only sock_diag has to be allowed to.
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
