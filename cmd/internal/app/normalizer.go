package app

import (
	"path/filepath"
	"time"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input"
	"ollama-hec/input/requestlog"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/captured"
)

// normalizer returns the function that makes the normalizer of each stream: one of captured
// events for a segment of the spool and for what this process captures, one of logs for every
// other stream. ports returns the ports that this process captures itself; nil: none.
func (sh *Shipper) normalizer(s *settings.Settings, ports func() []int) pipeline.NewNormalizer {
	normalize := s.Normalize()
	normalize.ReadBody = requestlog.Telling(sh.log)
	spooled, memory := sh.sources.Spool, sh.sources.Memory
	if spooled == nil && memory == nil {
		return pipeline.OfLogs(normalize)
	}
	sh.captured.Requests = captured.NewMatcher()
	live := func() captured.Live {
		w := spooled.Writing()
		return captured.Live{Requests: w.Requests, Prompts: w.Prompts, Since: w.Since}
	}
	heard := spooled.Listens
	if memory != nil {
		itself := captured.Live{
			Requests: s.Capture.Requests,
			Since:    time.Now(),
		}
		live = func() captured.Live {
			now := itself
			if normalize.Prompts != sourcetypes.Off && ports != nil {
				now.Prompts = ports()
			}
			return now
		}
		heard = func(port int) { memory.Listens(port) }
	}
	return func(st input.Stream, at input.Position, c input.Carry, emit func(*sourcetypes.Event)) pipeline.Normalizer {
		if spooled.Holds(st) || memory.Holds(st) {
			return captured.New(sh.captured, at, c, emit)
		}
		return hearing{captured.NewOnce(normalize, sh.captured.Requests, sh.captured.Counts, live, at, c, emit), heard}
	}
}

// sourceOf returns the HEC source of a stream's events. For a segment of the spool it is the
// program that captured them, not the file: there are many files.
func sourceOf(s *settings.Settings, st input.Stream) string {
	source := st.Source()
	writer := spool.WriterOf(source)
	if writer == "" {
		return source
	}
	state, err := s.State()
	if err != nil {
		return source
	}
	if dir, err := filepath.Abs(spool.Path(state)); err != nil || dir != filepath.Dir(source) {
		return source
	}
	return writer
}
