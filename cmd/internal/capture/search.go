package capture

import (
	"log/slog"

	"ollama-hec/input/connections"
)

// search looks for Ollama's listeners where no observer of connections does.
type search struct {
	in  *connections.Search // nil: there is no search
	log *slog.Logger
}

func (e *Engine) search() *search {
	if e.observer != nil {
		return &search{nil, e.log}
	}
	in, err := connections.NewSearch()
	if err != nil {
		e.log.Debug("ports of Ollama are not looked for", "error", err)
		in = nil
	}
	return &search{in, e.log}
}

// into adds the ports that are found.
func (s *search) into(p *ports) {
	if s.in == nil {
		return
	}
	found, err := s.in.Ports()
	if err != nil {
		s.log.Debug("ports of Ollama cannot be looked for", "error", err)
	}
	for _, port := range found {
		p.add(port)
	}
}

func (s *search) close() {
	if s.in != nil {
		_ = s.in.Close() // nothing depends on it any more
	}
}
