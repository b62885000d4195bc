package pipeline

// judgedAfter is how many events of a source must be of no known form before Strange is told.
const judgedAfter = 200

// judge tells Strange, once for each source, if nothing of it looks like Ollama's log. whole:
// the stream has ended.
func (l *lane) judge(r *reader, whole bool) {
	if r.judged || l.p.cfg.Strange == nil {
		return
	}
	source, rec := r.stream.Source(), r.norm.Recognition()
	switch {
	case rec.Known > 0:
		l.p.judged.Store(source, true)
	case !rec.None() || !whole && rec.Events < judgedAfter:
		return
	default:
		if _, done := l.p.judged.LoadOrStore(source, true); !done {
			l.p.cfg.Strange(source, rec)
		}
	}
	r.judged = true
}
