package file

import "sync"

// registry is all generations there are.
type registry struct {
	mu          sync.Mutex
	generations []*generation // guarded by mu; changed by Run only
	byID        map[fileID]*generation
}
