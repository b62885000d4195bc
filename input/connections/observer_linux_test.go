package connections

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"ollama-hec/input/spool"
)

// server is a listener that answers what it is sent until the client ends.
func server(t *testing.T, address string) (at netip.AddrPort) {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(c, c)
				_ = c.Close()
			}()
		}
	}()
	return l.Addr().(*net.TCPAddr).AddrPort()
}

// shown are the keys of an event.
type shown struct {
	Origin, Src, Dest, State string
	SrcScope                 string  `json:"src_scope"`
	SrcPort                  uint16  `json:"src_port"`
	DestPort                 uint16  `json:"dest_port"`
	BytesIn                  *uint64 `json:"bytes_in"`
	BytesOut                 *uint64 `json:"bytes_out"`
	ID                       string  `json:"connection_id"`
	Count                    *int
	Lost                     int
	MPTCP                    bool
	ProcessName              string  `json:"process_name"`
	ProcessID                int     `json:"process_id"`
	UserID                   *uint32 `json:"user_id"`
	fields                   map[string]string
}

// connections returns how many connections were first seen with an event.
func (s shown) connections() int {
	if s.Lost > 0 {
		return 0
	}
	if s.Count != nil {
		return *s.Count
	}
	return 1
}

// witness keeps the events of an observer.
type witness struct {
	t    *testing.T
	mu   sync.Mutex
	all  []shown
	more chan struct{}
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

// until waits for a condition of the events so far.
func (w *witness) until(what string, holds func([]shown) bool) []shown {
	w.t.Helper()
	deadline := time.After(time.Minute)
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

// observe runs an observer until the test ends. When it returns, the first look is over.
func observe(t *testing.T, o Options) *witness {
	t.Helper()
	w := &witness{t: t, more: make(chan struct{}, 1)}
	o.Emit = w.emit
	looked := make(chan struct{})
	first := sync.OnceFunc(func() { close(looked) })
	more := o.MorePorts
	o.MorePorts = func() []uint16 {
		first()
		if more != nil {
			return more()
		}
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- New(o).Run(ctx) }()
	select {
	case <-looked:
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return w
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
		all := w.until("the connection is closed", func(all []shown) bool {
			return len(all) > 0 && all[len(all)-1].State == "closed"
		})
		e := all[len(all)-1]
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
