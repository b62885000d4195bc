package connections

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/input/spool"
)

// server listens at an address and answers what it is sent until the client ends.
func server(t *testing.T, address string) (at netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return echo(l)
}

// echo serves a listener until it is closed.
func echo(l net.Listener) (at netip.AddrPort) {
	go serve(l, func(c net.Conn) { _, _ = io.Copy(c, c) })
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// serve accepts connections and closes each after f.
func serve(l net.Listener, f func(net.Conn)) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			f(c)
			_ = c.Close()
		}()
	}
}

// witness keeps the events of an observer.
type witness struct {
	t    *testing.T
	mu   sync.Mutex
	all  []shown
	more chan struct{}

	observer *Observer
	stop     func()
}

func (w *witness) emit(r spool.Record) {
	var s shown
	if err := json.Unmarshal(r.Event, &s); err != nil || r.Sourcetype != Sourcetype {
		w.t.Errorf("%s: %s: %v", r.Sourcetype, r.Event, err)
	}
	s.fields = r.Fields
	w.mu.Lock()
	w.all = append(w.all, s)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// ends returns the events about the end of a connection.
func ends(all []shown) (closed []shown) {
	for _, e := range all {
		if e.State == "closed" {
			closed = append(closed, e)
		}
	}
	return closed
}

// until waits for a condition of the events so far.
func (w *witness) until(what string, holds func([]shown) bool) []shown {
	w.t.Helper()
	deadline := time.After(10 * time.Minute)
	for {
		w.mu.Lock()
		all := append([]shown(nil), w.all...)
		w.mu.Unlock()
		if holds(all) {
			return all
		}
		select {
		case <-w.more:
		case <-deadline:
			w.t.Fatalf("it does not come about that %s: %+v", what, all)
		}
	}
}

// observe runs an observer until the test ends or stops it. When it returns, the first look is over.
func observe(t *testing.T, o Options) *witness {
	t.Helper()
	return observeOn(t, o, func(f func()) { f() })
}

// observeOn runs an observer on a thread that thread prepares.
func observeOn(t *testing.T, o Options, thread func(f func())) *witness {
	t.Helper()
	w := &witness{t: t, more: make(chan struct{}, 1)}
	if o.Emit == nil {
		o.Emit = w.emit
	}
	// Looks after the first have another one behind them.
	looks := make(chan struct{}, 2)
	more := o.MorePorts
	o.MorePorts = func() []uint16 {
		select {
		case looks <- struct{}{}:
		default:
		}
		if more != nil {
			return more()
		}
		return nil
	}
	if o.Every == 0 {
		o.Every = 20 * time.Millisecond
	}
	ctx, stop := context.WithCancel(context.Background())
	w.observer = New(o)
	ended := make(chan error, 1)
	go thread(func() { ended <- w.observer.Run(ctx) })
	for range cap(looks) {
		select {
		case <-looks:
		case err := <-ended:
			stop()
			t.Fatal(err)
		}
	}
	w.stop = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(w.stop)
	return w
}

// total stops the observer and returns all its events, and how many connections they are about.
func (w *witness) total() (all []shown, connections int) {
	w.t.Helper()
	w.stop()
	for _, e := range w.all {
		connections += e.connections()
	}
	return w.all, connections
}

// counted waits until that many connections were told of or lost.
func (w *witness) counted(n int) {
	w.t.Helper()
	w.until(fmt.Sprintf("%d connections are known", n), func(all []shown) bool {
		known := 0
		for _, e := range all {
			known += e.connections() + e.Lost
		}
		return known >= n
	})
}

func dial(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAConnectionIsToldOfWhenItEnds(t *testing.T) {
	for _, host := range []string{"127.0.0.1:0", "[::1]:0"} {
		at := server(t, host)
		w := observe(t, Options{Ports: []uint16{at.Port()}, Events: All})
		c := dial(t, at)
		if _, err := c.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 5)); err != nil {
			t.Fatal(err)
		}
		local := c.LocalAddr().(*net.TCPAddr).AddrPort()
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		e := ends(w.until("the connection is closed", func(all []shown) bool { return len(ends(all)) > 0 }))[0]
		if e.Src != local.Addr().String() || e.SrcPort != local.Port() || e.Dest != at.Addr().String() ||
			e.DestPort != at.Port() {
			t.Errorf("ends: %+v", e)
		}
		if e.BytesIn == nil || *e.BytesIn != 5 || *e.BytesOut != 5 || e.SrcScope != "loopback" || e.ID == "" {
			t.Errorf("%+v", e)
		}
		if e.ProcessName != "connections.tes" || e.ProcessID == 0 || e.UserID == nil {
			t.Errorf("process: %+v", e)
		}
	}
}

// TestWhatIsOpenAtTheEnd: what no look has shown yet is told of when the observer stops.
func TestWhatIsOpenAtTheEnd(t *testing.T) {
	at := server(t, "127.0.0.1:0")
	dial := func() {
		c, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		// Once it answers it is open for the server, too.
		if _, err := c.Write([]byte("x")); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(c, make([]byte, 1)); err != nil {
			t.Fatal(err)
		}
	}
	dial()
	w := &witness{t: t, more: make(chan struct{}, 1)}
	w.observer = New(Options{Ports: []uint16{at.Port()}, Events: All, Emit: w.emit, Every: time.Hour})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.observer.Run(ctx) }()
	w.stop = func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	w.until("the one look is over", func(all []shown) bool { return len(all) == 1 })
	const more = 20
	for range more {
		dial()
	}
	if all, n := w.total(); n != 1+more || len(all) != n {
		t.Errorf("%d connections in %d events, want %d", n, len(all), 1+more)
	}
}

// TestAnotherProgramOnThePort: whoever listens there counts as Ollama, and that is said once.
func TestAnotherProgramOnThePort(t *testing.T) {
	at := server(t, "127.0.0.1:0")
	said := make(chan string, 100)
	w := &witness{t: t, more: make(chan struct{}, 1)}
	log := slog.New(slog.NewTextHandler(lines(said), nil))
	w.observer = New(Options{Ports: []uint16{at.Port()}, Events: All, Emit: w.emit, Every: time.Millisecond, Log: log})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.observer.Run(ctx) }()
	want := fmt.Sprintf(`a program of another name listens on a port of Ollama's" port=%d process=connections.tes`, at.Port())
	for line := range said {
		if strings.Contains(line, want) {
			break
		}
	}
	for n := range 3 { // more looks, each of which tells of a connection
		dial(t, at)
		w.until("another look", func(all []shown) bool { return len(all) > n })
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	close(said)
	for line := range said {
		if strings.Contains(line, want) {
			t.Error("it is said again")
		}
	}
}

// lines are what is written, a line at a time.
type lines chan string

func (l lines) Write(p []byte) (int, error) {
	l <- string(p)
	return len(p), nil
}
