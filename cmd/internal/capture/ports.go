package capture

import (
	"slices"
	"sync"
)

// maxPorts bounds how many ports are captured: what a log says may be anything.
const maxPorts = 16

// ports are the ports of Ollama: those of the setting, and those that became known since.
type ports struct {
	mu    sync.Mutex
	known []uint16 // guarded by mu; in the order in which they became known
	given int      // how many of known are the setting's
}

func newPorts(given []int) *ports {
	p := new(ports)
	p.learn(given)
	p.given = len(p.known)
	return p
}

// add adds a port.
func (p *ports) add(port uint16) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if port != 0 && len(p.known) < maxPorts && !slices.Contains(p.known, port) {
		p.known = append(p.known, port)
	}
}

// learn adds ports.
func (p *ports) learn(more []int) {
	for _, port := range more {
		if port > 0 && port < 1<<16 {
			p.add(uint16(port))
		}
	}
}

func (p *ports) all() []uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.known)
}

// learned returns the ports that the setting does not name.
func (p *ports) learned() []uint16 { return p.all()[p.given:] }

// without returns all ports but some.
func (p *ports) without(some []int) []uint16 {
	return slices.DeleteFunc(p.all(), func(port uint16) bool { return slices.Contains(some, int(port)) })
}
