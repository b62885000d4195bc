package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ollama-hec/hec/receiver"
)

// tokenPrefix begins the token of every shipper; the number of its life follows.
const tokenPrefix = "3f1c8a52-blackbox-"

// Token is the HEC token of a shipper in its n-th life. By it the server
// knows a request that a shipper had sent before it crashed.
func Token(life int) string { return tokenPrefix + strconv.Itoa(life) }

// Server is the embedded receiver on a loopback address, keeping a ledger.
type Server struct {
	*receiver.Receiver
	ledger *Ledger
	fault  atomic.Pointer[receiver.FaultFunc]
	lines  atomic.Pointer[LineFunc]
	watch  atomic.Bool
	served chan struct{} // closed at the end
	err    error         // of serving, once served

	mu     sync.Mutex
	open   int                // guarded by mu; submissions without a reply yet
	asked  int                // guarded by mu; questions for acknowledgments since the last one had its reply
	unsure int                // guarded by mu; ambiguous submissions
	chosen map[uint64]Arrival // guarded by mu; by request
	faults map[string]int     // guarded by mu; by kind
}

// Serve starts a receiver on addr, 127.0.0.1:0 for any port. Its events go into
// the ledger; o.Event sees them too.
func Serve(ledger *Ledger, addr string, o receiver.Options) (*Server, error) {
	l, err := listen(addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", addr, err)
	}
	return ServeOn(ledger, l, o), nil
}

// ServeOn is Serve with a listener, which it owns from here on.
func ServeOn(ledger *Ledger, l net.Listener, o receiver.Options) *Server {
	s := &Server{ledger: ledger, served: make(chan struct{}), chosen: map[uint64]Arrival{}, faults: map[string]int{}}
	s.SetFault(o.Fault)
	s.SetLines(lineOf)
	o.Fault = s.choose
	also := o.Event
	o.Event = func(e receiver.Event) {
		s.take(e)
		if also != nil {
			also(e)
		}
	}
	s.Receiver = receiver.New(o)
	s.ListenOn(l)
	go func() {
		defer close(s.served)
		s.err = s.Receiver.Serve(context.Background())
	}()
	return s
}

// Close ends it, and closes the connections of requests that hang. It may be called more than
// once.
func (s *Server) Close() error {
	s.Receiver.Close()
	<-s.served
	return s.err
}

// SetFault replaces what makes requests go wrong; nil: nothing does. A
// FaultFunc that blocks is a receiver that hangs.
func (s *Server) SetFault(f receiver.FaultFunc) {
	if f == nil {
		f = func(*receiver.Request) receiver.Fault { return receiver.Fault{} }
	}
	s.fault.Store(&f)
}

// Faults are how many submissions met a fault, by kind.
func (s *Server) Faults() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	counts := make(map[string]int, len(s.faults))
	for kind, n := range s.faults {
		counts[kind] = n
	}
	return counts
}

// Ambiguous is how many submissions left the shipper unsure.
func (s *Server) Ambiguous() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unsure
}

// LineFunc returns the line of a ledger that an event is, and false if it is none.
type LineFunc func(sourcetype string, event json.RawMessage) (line string, ok bool)

// SetLines replaces what the ledger takes for lines: at first those of logs.
func (s *Server) SetLines(f LineFunc) { s.lines.Store(&f) }

func (s *Server) choose(req *receiver.Request) receiver.Fault {
	f := (*s.fault.Load())(req)
	s.note(req)
	if req.Endpoint != receiver.EndpointEvent {
		return f
	}
	life := lifeOf(req)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen[req.N] = Arrival{Life: life, At: time.Now(), Ambiguous: ambiguous(f)}
	if ambiguous(f) {
		s.unsure++
	}
	if kind := kindOf(f); kind != "" {
		s.faults[kind]++
	}
	if s.watch.Load() {
		req.HTTP.Body = &witness{
			body: req.HTTP.Body,
			gzip: req.HTTP.Header.Get("Content-Encoding") == "gzip",
			see:  s.ledger.See,
		}
	}
	return f
}

// lifeOf is the life whose shipper sent a request, by its token.
func lifeOf(req *receiver.Request) int {
	life, _ := strconv.Atoi(strings.TrimPrefix(req.HTTP.Header.Get("Authorization"), "Splunk "+tokenPrefix))
	return life
}

// note keeps account of a request that has come.
func (s *Server) note(req *receiver.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch req.Endpoint {
	case receiver.EndpointAck:
		s.asked++
	case receiver.EndpointEvent:
		s.open++
		context.AfterFunc(req.HTTP.Context(), func() { // its reply is sent then
			s.mu.Lock()
			defer s.mu.Unlock()
			s.open--
			s.asked = 0
		})
	}
}

// Asked is how often acknowledgments were asked for since the last submission had its reply; 0
// while there is one without.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open > 0 {
		return 0
	}
	return s.asked
}

// Watch has the ledger see what is on the wire, whatever becomes of it. That
// costs as much again as taking it.
func (s *Server) Watch() { s.watch.Store(true) }

// ambiguous: events are taken and the shipper cannot know.
func ambiguous(f receiver.Fault) bool {
	unclear := f.Hang || f.Reset || f.Status != 0 || f.Code != 0 && f.Code != 24 && f.Code != 25 && f.Invalid == nil
	return f.At == receiver.Taken && unclear || f.Cut || f.AckDelay < 0
}

// kindOf names a fault for people.
func kindOf(f receiver.Fault) string {
	at := map[receiver.Point]string{receiver.Read: "", receiver.Unread: " unread", receiver.Taken: " after taking"}[f.At]
	switch {
	case f.Hang:
		return "hang" + at
	case f.Reset:
		return "reset" + at
	case f.Code != 0:
		return fmt.Sprintf("code %d%s", f.Code, at)
	case f.Status != 0:
		return fmt.Sprintf("status %d%s", f.Status, at)
	case f.Cut:
		return "reply cut"
	case f.Lose:
		return "taken in word only"
	case f.AckDelay < 0:
		return "ack lost"
	case f.AckDelay > 0:
		return "ack late"
	case f.Restart:
		return "restart"
	case f.Pause > 0:
		return "slow body"
	}
	return ""
}

func (s *Server) take(e receiver.Event) {
	line, ok := (*s.lines.Load())(e.Sourcetype, e.Event)
	if !ok {
		return
	}
	s.mu.Lock()
	how := s.chosen[e.Request]
	s.mu.Unlock()
	how.At = time.Now()
	s.ledger.Take(line, how)
}

// lineOf is the log line that an event is.
func lineOf(sourcetype string, event json.RawMessage) (line string, ok bool) {
	if sourcetype != "ollama:server" {
		return "", false
	}
	if json.Unmarshal(event, &line) != nil {
		line = string(event)
	}
	return line, true
}
