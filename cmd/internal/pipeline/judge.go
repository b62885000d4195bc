package pipeline

// judgedAfter is how many events of a source may be of no known form before it is
// said that nothing looks like Ollama's.
const judgedAfter = 200

// judge says once of a source if nothing of it looks like Ollama's log; whole: there
// is no more of the stream.
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
