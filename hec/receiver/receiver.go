// Package receiver answers as Splunk's HTTP Event Collector does and writes
// what it takes, one JSON object a line: a 200 means the line was written.
//
// It indexes nothing and breaks raw data at line feeds only. Its answers are
// those reported of Splunk 10, and the documented ones where none were.
package receiver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options are what a receiver accepts and what it does with it. The zero value
// accepts any token, without acknowledgment, and only counts in Stats.
type Options struct {
	// Tokens are the tokens accepted; none: any.
	Tokens []Token

	// Out gets the events taken, one a line, in one Write a request. If it
	// has a Flush() error, that is called before the reply.
	Out io.Writer
	// Event is called for each event taken, by one goroutine at a time and in
	// the order of Out, before the reply. It must not call Close.
	Event func(Event)
	// CountOnly unpacks bodies and counts the objects in them, checking
	// nothing, as fast as it can. Out and Event are not used,
	// and a Fault with Invalid still takes all.
	CountOnly bool

	// AckDelay is how long events take to count as indexed; negative: for ever.
	AckDelay time.Duration
	// AckChannels (1024) and AckPending (65536 a channel) bound what is
	// remembered; over them the answer is code 27.
	AckChannels, AckPending int

	// MaxContentLength bounds a body, on the wire and unpacked. 64 MiB, or
	// 5.5 MB with Cloud.
	MaxContentLength int64
	// MaxInFlight bounds the memory of all bodies that are being read or taken, unpacked;
	// twice MaxContentLength. Over it the answer is code 9. What is made of a body
	// takes about twice as much again.
	MaxInFlight int64
	// Cloud answers as Splunk Cloud was seen to: a body over the limit is 400
	// with code 6 and number 0, not 413; a missing channel is code 28, not 10.
	Cloud bool
	// Cookie, as name=value, is set on every answer the way a balancer does
	// for stickiness; Stats.WrongNode counts who does not return it.
	Cookie string

	// Fault makes requests go wrong. SetFault replaces it.
	Fault FaultFunc

	// TLS serves HTTPS.
	TLS *tls.Config
	// AllowRemote lets Listen take addresses other than loopback.
	AllowRemote bool
	// ReadTimeout bounds reading one request; 1 minute.
	ReadTimeout time.Duration
	// Log gets what the HTTP server has to say; nil: nobody.
	Log *slog.Logger
}

// closeGrace is how long Close waits for requests in flight before it cuts them.
const closeGrace = 5 * time.Second

// Receiver is an HTTP handler that speaks HEC, and a server for it.
type Receiver struct {
	options Options
	server  *http.Server
	acks    acks
	room    room
	stats   *tally
	tokens  atomic.Pointer[[]Token]
	fault   atomic.Pointer[FaultFunc]
	seen    [endpoints]atomic.Uint64

	close   sync.Once
	closing chan struct{} // closed by Close; hangs wait for it
	serving sync.RWMutex  // read-held by each request, so that Close can wait

	out sync.Mutex // held while events are written

	mu       sync.Mutex
	listener net.Listener          // guarded by mu
	fresh    map[net.Conn]struct{} // guarded by mu; no request yet
}

// New makes a receiver. It is ready as a handler; Listen and Serve make it a server.
func New(options Options) *Receiver {
	if options.MaxContentLength == 0 {
		options.MaxContentLength = 64 << 20
		if options.Cloud {
			options.MaxContentLength = 5_500_000
		}
	}
	setDefault(&options.AckChannels, 1024)
	setDefault(&options.AckPending, 65536)
	setDefault(&options.ReadTimeout, time.Minute)
	r := &Receiver{options: options, stats: newTally(), closing: make(chan struct{}), fresh: map[net.Conn]struct{}{}}
	setDefault(&r.options.MaxInFlight, 2*r.options.MaxContentLength)
	r.room.max = r.options.MaxInFlight
	r.acks = acks{
		channelsMax: options.AckChannels,
		pendingMax:  options.AckPending,
		channels:    map[string]*channel{},
	}
	r.SetTokens(options.Tokens...)
	r.SetFault(options.Fault)
	r.server = r.newServer()
	return r
}

func setDefault[T comparable](v *T, to T) {
	var zero T
	if *v == zero {
		*v = to
	}
}

func (r *Receiver) newServer() *http.Server {
	log := slog.New(slog.DiscardHandler)
	if r.options.Log != nil {
		log = r.options.Log
	}
	return &http.Server{
		Handler:           r,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       r.options.ReadTimeout,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		// HEC is HTTP/1.1, and a reset needs a connection of its own.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
		ConnState:    r.watch,
	}
}

// watch counts connections and knows those without a request yet: a client may
// hold one in reserve, and Close would wait seconds for it.
func (r *Receiver) watch(conn net.Conn, state http.ConnState) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if state != http.StateNew {
		delete(r.fresh, conn)
		return
	}
	r.stats.connection()
	if r.closed() {
		conn.Close()
		return
	}
	r.fresh[conn] = struct{}{}
}

// Listen binds addr, a loopback address unless AllowRemote is set. URL is
// known from here on.
func (r *Receiver) Listen(addr string) error {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	if !r.options.AllowRemote && !tcp.IP.IsLoopback() {
		return fmt.Errorf("listen on %s: not a loopback address, take 127.0.0.1:%d", addr, tcp.Port)
	}
	l, err := net.ListenTCP("tcp", tcp)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", addr, err)
	}
	r.ListenOn(l)
	return nil
}

// ListenOn takes a listener as it is. The receiver owns it from here on.
func (r *Receiver) ListenOn(l net.Listener) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.listener = l
}

// URL is the base URL clients are to use; "" before Listen.
func (r *Receiver) URL() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.listener == nil:
		return ""
	case r.options.TLS != nil:
		return "https://" + r.listener.Addr().String()
	}
	return "http://" + r.listener.Addr().String()
}

// Serve answers until ctx ends or Close is called, and returns nil then, after
// the last request has been answered.
func (r *Receiver) Serve(ctx context.Context) error {
	r.mu.Lock()
	l := r.listener
	r.mu.Unlock()
	if l == nil {
		return errors.New("serve: not listening")
	}
	if r.options.TLS != nil {
		l = tls.NewListener(l, r.options.TLS)
	}
	stop := context.AfterFunc(ctx, func() { r.Close() })
	defer stop()
	if err := r.server.Serve(l); !r.closed() {
		return fmt.Errorf("serve: %w", err)
	}
	return r.Close()
}

// Close ends hangs, waits for requests in flight, and cuts those that take too
// long. It may be called more than once; each call waits.
func (r *Receiver) Close() error {
	r.close.Do(r.stop)
	ctx, cancel := context.WithTimeout(context.Background(), closeGrace)
	defer cancel()
	if err := r.server.Shutdown(ctx); err != nil {
		r.server.Close()
	}
	r.serving.Lock()
	defer r.serving.Unlock()
	return nil
}

// stop ends what would keep Close waiting for no good.
func (r *Receiver) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	close(r.closing)
	if r.listener != nil {
		r.listener.Close()
	}
	for conn := range r.fresh {
		conn.Close()
	}
}

func (r *Receiver) closed() bool {
	select {
	case <-r.closing:
		return true
	default:
		return false
	}
}

// SetTokens replaces the tokens accepted; none: any.
func (r *Receiver) SetTokens(tokens ...Token) {
	if len(tokens) == 0 {
		tokens = []Token{{}}
	}
	r.tokens.Store(&tokens)
}

// SetFault replaces what makes requests go wrong; nil: nothing.
func (r *Receiver) SetFault(choose FaultFunc) {
	if choose == nil {
		choose = func(*Request) Fault { return Fault{} }
	}
	r.fault.Store(&choose)
}

// Restart forgets channels and acks, as splunkd does when it restarts.
func (r *Receiver) Restart() { r.acks.forget() }

// Stats is what was seen so far. A request is in it before its reply is sent.
func (r *Receiver) Stats() Stats { return r.stats.snapshot() }

// take writes events and tells of them. Nothing of what it fails to write counts.
func (r *Receiver) take(p parsed) error {
	if len(p.events) > 0 {
		if err := r.write(p.events); err != nil {
			return err
		}
	}
	r.stats.taken(p)
	return nil
}

func (r *Receiver) write(events []Event) error {
	r.out.Lock()
	defer r.out.Unlock()
	if r.options.Out != nil {
		size := 0
		for i := range events {
			size += len(events[i].Line) + 1
		}
		b := make([]byte, 0, size)
		for i := range events {
			b = append(append(b, events[i].Line...), '\n')
		}
		if _, err := r.options.Out.Write(b); err != nil {
			return err
		}
		if f, ok := r.options.Out.(interface{ Flush() error }); ok {
			if err := f.Flush(); err != nil {
				return err
			}
		}
	}
	if r.options.Event != nil {
		for i := range events {
			r.options.Event(events[i])
		}
	}
	return nil
}
