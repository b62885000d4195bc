package capture

import (
	"context"
	"log/slog"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/spool"
)

// InMemory captures within the process that ships, without writing to disk.
type InMemory struct {
	*spool.Memory
	engine *Engine
}

// OpenMemory opens what captures without a spool on disk. Its errors say what cannot work.
func OpenMemory(s *settings.Settings, log *slog.Logger) (*InMemory, error) {
	names := s.Capture.Names()
	m := &InMemory{Memory: spool.NewMemory("capture", Started("capture", names, s.CapturePorts, time.Now()))}
	m.engine = New(s, m, log)
	if err := m.engine.Open(); err != nil {
		return nil, err
	}
	return m, nil
}

// Proxied implements Sink: without a spool no proxy can be known.
func (*InMemory) Proxied() []int { return nil }

// Run captures until ctx ends. If capturing fails it logs why; logs are still shipped.
func (m *InMemory) Run(ctx context.Context, log *slog.Logger) {
	defer m.End()
	if err := m.engine.Run(ctx); err != nil {
		log.Error("nothing is captured any more", "error", err, "hint", "start again")
	}
}

// Captured returns the ports whose requests are captured.
func (m *InMemory) Captured() []int { return m.engine.Ports() }

// Counts returns the counts so far.
func (m *InMemory) Counts() map[string]int64 {
	c := m.engine.Counts()
	records, lost := m.Stats()
	c["records"], c["spool_lost_queue"] = records, lost.Queue
	return c
}
