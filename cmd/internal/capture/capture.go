// Package capture assembles what captures requests and connections off the wire: sockets, one
// for each port, the conversations on them, and the observer of connections. Its records go to a
// sink, which is a spool or the shipper itself.
//
// It does not stand between clients and Ollama: if it fails, Ollama's clients do not notice.
package capture

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input/connections"
	"ollama-hec/input/spool"
	"ollama-hec/input/wire"
	"ollama-hec/sourcetypes"
	"ollama-hec/sourcetypes/exchange"
	"ollama-hec/sourcetypes/redact"
)

// Sink takes what is captured.
type Sink interface {
	Emit(spool.Record) // never waits
	// Ports returns the ports on which Ollama listens according to its log.
	Ports() []int
	// Proxied returns the ports whose requests a proxy of this program records.
	Proxied() []int
}

// Engine captures requests and connections of Ollama, and gives its records to a Sink.
type Engine struct {
	settings  *settings.Settings
	sink      Sink
	log       *slog.Logger
	exchanges *exchange.Exchanges   // nil: no requests are captured
	observer  *connections.Observer // nil: no connections are
	late      *late                 // nil unless both are
	observing chan struct{}         // closed once the observer observes
	ports     *ports

	survivors  survivors
	saidOneWay bool // owned by Run

	mu      sync.Mutex
	sockets map[uint16]*listening // guarded by mu; by port
	ended   wire.Stats            // guarded by mu; of sockets that were closed
}

// listening is a socket that is being read.
type listening struct {
	socket *wire.Socket
	stop   context.CancelFunc
	done   chan struct{}
}

// New returns an engine for the settings. It opens nothing yet.
func New(s *settings.Settings, sink Sink, log *slog.Logger) *Engine {
	e := &Engine{
		settings: s, sink: sink, log: log, observing: make(chan struct{}),
		ports: newPorts(s.CapturePorts), sockets: make(map[uint16]*listening), survivors: survivors{log: log},
	}
	if s.Capture.Requests {
		o := Exchange(s, "capture", sink.Emit)
		if s.Capture.Connections {
			e.late = newLate(sink.Emit)
			o.Unnamed = e.late.add
		}
		e.exchanges = exchange.New(o)
	}
	if s.Capture.Connections {
		e.observer = connections.New(connections.Options{
			Ports: e.ports.all(), MorePorts: e.ports.learned, OnPort: e.ports.add, OnReady: func() { close(e.observing) },
			Events: connections.Events(s.ConnectionEvents), Emit: sink.Emit, Log: log,
			Redact: addresses(s.Normalize().Redact), OnEnd: e.late.ending(),
		})
	}
	return e
}

// addresses returns a function that redacts an address by the site's own patterns; nil if there
// are none, for no built-in pattern matches an address. The function is for one goroutine.
func addresses(set sourcetypes.Redact) func(string) string {
	if len(set.Patterns) == 0 {
		return nil
	}
	r := redact.Redactor{Set: set, Hits: new([redact.Kinds]int64)}
	return func(src string) string { return string(r.Apply([]byte(src), 0)) }
}

// Exchange returns the options for recording requests and answers that the settings give.
func Exchange(s *settings.Settings, origin string, emit func(spool.Record)) exchange.Options {
	normalize := s.Normalize()
	return exchange.Options{
		Origin: origin, Prompts: normalize.Prompts, Redact: normalize.Redact,
		Responses: exchange.ResponseMode(s.Responses), AllMessages: s.PromptHistory == settings.AllMessages,
		TrustedProxies: s.TrustedProxies, MaxPrompt: maxPrompt(int(s.MaxLineBytes)), Emit: emit,
	}
}

// maxPrompt returns how long a prompt, and an answer, may be in an event whose line has at most
// that length: both must fit, and everything else of the event.
func maxPrompt(line int) int {
	const rest = 16 << 10
	return min(exchange.DefaultMaxPrompt, max((line-rest)/2, 1<<10))
}

// Able returns why this process cannot capture what the settings ask for, or nil.
func Able(s *settings.Settings) error {
	if !s.Capture.Requests {
		return nil
	}
	socket, err := wire.Listen(newPorts(s.CapturePorts).all(), s.CaptureInterfaces)
	if err != nil {
		return explain(err, s.CaptureInterfaces)
	}
	socket.Close()
	return nil
}

// Open opens the sockets of the ports known so far, so that what cannot work is said at
// once. Run reads them.
func (e *Engine) Open() error {
	if e.exchanges == nil {
		return nil
	}
	for _, port := range e.captured() {
		socket, err := wire.Listen([]uint16{port}, e.settings.CaptureInterfaces)
		if err != nil {
			e.close()
			return explain(err, e.settings.CaptureInterfaces)
		}
		e.sockets[port] = &listening{socket: socket}
	}
	return nil
}

// explain says what to do about a socket that cannot be opened for interfaces.
func explain(err error, interfaces []string) error {
	switch {
	case errors.Is(err, os.ErrPermission):
		return fmt.Errorf("requests cannot be captured: %w; give the process CAP_NET_RAW (the packaged unit "+
			"ollama-hec-capture has it), or set CAPTURE=connections, which needs no right", err)
	case errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("requests can be captured on Linux only: %w; "+
			"put ollama-hec proxy before Ollama instead, or set CAPTURE=connections", err)
	case len(interfaces) > 0:
		return settings.Invalid("CAPTURE_INTERFACES", fmt.Sprintf("got %q: %v", strings.Join(interfaces, ","), err))
	}
	return fmt.Errorf("requests cannot be captured: %w", err)
}

// close closes sockets that nobody reads.
func (e *Engine) close() {
	for port, l := range e.sockets {
		l.socket.Close()
		delete(e.sockets, port)
	}
}

// lookEvery is how often the engine looks for ports that have become known.
const lookEvery = 2 * time.Second

// Run captures until ctx ends. It returns an error if something cannot work at all.
func (e *Engine) Run(stopped context.Context) error {
	ctx, cancel := context.WithCancelCause(stopped)
	defer cancel(nil)
	var running sync.WaitGroup
	if e.late != nil {
		running.Go(func() { e.late.run(ctx.Done()) })
	}
	if e.observer != nil {
		running.Go(func() {
			if err := e.observer.Run(ctx); err != nil {
				cancel(fmt.Errorf("connections cannot be observed: %w", err))
			}
		})
		select {
		case <-e.observing:
		case <-ctx.Done():
		}
	}
	e.mu.Lock()
	for port, l := range e.sockets {
		e.readLocked(ctx, port, l, cancel)
	}
	e.mu.Unlock()
	if ctx.Err() == nil {
		e.log.Info("capturing", "what", strings.Join(e.settings.Capture.Names(), ","), "ports", e.settings.CapturePorts,
			"prompts", e.settings.Normalize().Prompts.String())
	}
	losses := NewLosses("capture", lossNames, e.Counts, e.sink.Emit)
	listeners := e.search()
	defer listeners.close()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case now := <-tick.C:
			e.ports.learn(e.sink.Ports())
			listeners.into(e.ports)
			e.follow(ctx, cancel)
			losses.Tell(now, false)
			e.watchWays()
		}
	}
	e.wait()
	running.Wait()
	if e.late != nil {
		e.late.close()
	}
	losses.Tell(time.Now(), true)
	if stopped.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// readLocked begins to read a socket. e.mu is held.
func (e *Engine) readLocked(ctx context.Context, port uint16, l *listening, fail context.CancelCauseFunc) {
	ctx, l.stop = context.WithCancel(ctx)
	l.done = make(chan struct{})
	e.sockets[port] = l
	go func() {
		defer close(l.done)
		namer := newNamer(e.survivors.open(e.exchanges.Open))
		defer namer.close()
		if err := l.socket.Run(ctx, namer.open); err != nil && ctx.Err() == nil {
			fail(fmt.Errorf("port %d is not read any more: %w", port, err))
		}
	}()
}

// captured returns the ports whose requests are to be captured.
func (e *Engine) captured() []uint16 { return e.ports.without(e.sink.Proxied()) }

// follow opens sockets for ports that have become known, and closes those of ports whose
// requests a proxy records.
func (e *Engine) follow(ctx context.Context, fail context.CancelCauseFunc) {
	if e.exchanges == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	wanted := make(map[uint16]bool)
	for _, port := range e.captured() {
		wanted[port] = true
		if e.sockets[port] != nil {
			continue
		}
		socket, err := wire.Listen([]uint16{port}, e.settings.CaptureInterfaces)
		if err != nil {
			e.log.Warn("another port cannot be captured", "port", port, "error", explain(err, e.settings.CaptureInterfaces),
				"hint", "requests on it are not captured, those on the others are")
			continue
		}
		e.log.Info("another port is captured", "port", port)
		e.readLocked(ctx, port, &listening{socket: socket}, fail)
	}
	for port, l := range e.sockets {
		if !wanted[port] {
			e.log.Info("a port is not captured any more: a proxy records its requests", "port", port)
			e.endLocked(port, l)
		}
	}
}

// endLocked ends a socket and keeps its counts. e.mu is held.
func (e *Engine) endLocked(port uint16, l *listening) {
	l.stop()
	<-l.done
	e.ended = sum(e.ended, l.socket.Stats())
	delete(e.sockets, port)
}

// wait ends all sockets and waits until none is read any more.
func (e *Engine) wait() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for port, l := range e.sockets {
		e.endLocked(port, l)
	}
}
