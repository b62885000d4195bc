package connections

import "ollama-hec/input/sockdiag"

// Search finds Ollama's ports where no connections are observed. It is used by one goroutine.
type Search struct {
	asker     *sockdiag.Asker
	processes *processes
}

// NewSearch opens a Search.
func NewSearch() (*Search, error) {
	asker, err := sockdiag.NewAsker()
	if err != nil {
		return nil, err
	}
	return &Search{asker, newProcesses("/proc")}, nil
}

// Ports returns the ports of listeners that are new since it was last called, and whose process is an Ollama server,
// as far as this process may look into others.
func (s *Search) Ports() ([]uint16, error) {
	var found []listener
	err := s.asker.Dump(sockdiag.Mask(sockdiag.Listening), 0, func(k *sockdiag.Socket) {
		found = append(found, listener{at: k.Local, inode: k.Inode})
	})
	if err != nil {
		return nil, err
	}
	return s.processes.ollama(found), nil
}

// Close closes it.
func (s *Search) Close() error { return s.asker.Close() }
