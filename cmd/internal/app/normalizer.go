package app

import (
	"path/filepath"

	"ollama-hec/cmd/internal/pipeline"
	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input"
	"ollama-hec/input/requestlog"
	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/captured"
)

// normalizer returns what makes events of a stream: of the spool's streams by what they are
// known by, their path, and of all others as of logs.
func (sh *Shipper) normalizer(s *settings.Settings) pipeline.NewNormalizer {
	normalize := s.Normalize()
	normalize.ReadBody = requestlog.Telling(sh.log)
	if sh.sources.Spool == nil {
		return pipeline.OfLogs(normalize)
	}
	sh.captured.Requests = captured.NewMatcher()
	live := func() captured.Live {
		w := sh.sources.Spool.Writing()
		return captured.Live{Requests: w.Requests, Prompts: w.Prompts, Since: w.Since}
	}
	return func(st input.Stream, at input.Position, c input.Carry, emit func(*sourcetypes.Event)) pipeline.Normalizer {
		if sh.sources.Spool.Holds(st) {
			return captured.New(sh.captured, at, c, emit)
		}
		return captured.NewOnce(normalize, sh.captured.Requests, sh.captured.Counts, live, at, c, emit)
	}
}

// sourceOf is the HEC source of a stream's events: of a spool's not the segment, of which
// there are many, but who captured them.
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
