package file

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"ollama-hec/input"
)

// lane reads what is announced and commits it, as a lane of the pipeline does.
type lane struct {
	wg sync.WaitGroup

	mu       sync.Mutex
	queue    []input.Stream // guarded by mu
	queued   map[input.Stream]bool
	wake     chan struct{}
	got      []read // guarded by mu
	active   uint64 // guarded by mu
	stalled  bool   // guarded by mu: reads nothing
	noCommit bool   // guarded by mu
	open     []commit
	buf      int
	deliver  func([]input.Record) // before they are committed
}

type read struct{ source, text string }

type commit struct {
	stream input.Stream
	at     input.Position
}

func newLane() *lane {
	return &lane{queued: map[input.Stream]bool{}, wake: make(chan struct{}, 1), buf: 64 << 10}
}

// next is the lane of the next life: what was read stays read.
func (l *lane) next() *lane {
	n := newLane()
	n.got, n.stalled, n.noCommit, n.buf = l.got, l.stalled, l.noCommit, l.buf
	return n
}

func (l *lane) ready(s input.Stream) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.active++
	if !l.queued[s] {
		l.queued[s] = true
		l.queue = append(l.queue, s)
	}
	l.signal()
}

func (l *lane) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

func (l *lane) read(ctx context.Context) {
	chunk := &input.Chunk{Buf: make([]byte, l.buf)}
	for {
		s := l.take()
		if s == nil {
			select {
			case <-l.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		if ctx.Err() != nil {
			return
		}
		progress := s.Read(chunk)
		if l.deliver != nil {
			l.deliver(chunk.Records)
		}
		l.mu.Lock()
		l.active++
		for _, r := range chunk.Records {
			if !r.Omitted {
				l.got = append(l.got, read{s.Source(), string(r.Text)})
			}
		}
		if progress == input.More {
			l.queue = append(l.queue, s)
			l.queued[s] = true
		}
		commitNow := !l.noCommit
		if n := len(chunk.Records); n > 0 && l.noCommit {
			l.open = append(l.open, commit{s, chunk.Records[n-1].Next})
		}
		l.mu.Unlock()
		if n := len(chunk.Records); n > 0 && commitNow {
			s.Commit(chunk.Records[n-1].Next, input.Carry{})
		}
	}
}

func (l *lane) take() input.Stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.queue) == 0 || l.stalled {
		return nil
	}
	s := l.queue[0]
	l.queue = l.queue[1:]
	delete(l.queued, s)
	return s
}

func (l *lane) stall(stalled bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stalled = stalled
	l.signal()
}

func (l *lane) hold(hold bool) {
	l.mu.Lock()
	l.noCommit = hold
	open := l.open
	if !hold {
		l.open = nil
	}
	l.mu.Unlock()
	if hold {
		return
	}
	for _, c := range open {
		c.stream.Commit(c.at, input.Carry{})
	}
}

// commitAt commits, of the one stream there is, what ends at p.
func (l *lane) commitAt(p int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open[0].stream.Commit(input.Position(p), input.Carry{})
}

func (l *lane) activity() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.active
}

func (l *lane) lines() []string { return l.of("") }

func (l *lane) of(source string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var texts []string
	for _, r := range l.got {
		if source == "" || r.source == source {
			texts = append(texts, r.text)
		}
	}
	return texts
}

// logged keeps what was logged.
type logged struct {
	mu   sync.Mutex
	text []string
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	r.Attrs(func(a slog.Attr) bool {
		line += " " + a.String()
		return true
	})
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, line)
	return nil
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.text, "\n")
}

func (l *logged) count(part string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, line := range l.text {
		if strings.Contains(line, part) {
			n++
		}
	}
	return n
}
