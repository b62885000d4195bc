package connections

import (
	"context"
	"net/netip"
	"slices"
	"time"
)

// row is one line of the system's table of connections.
type row struct {
	local, peer netip.AddrPort
	listening   bool // else it is a connection that is open
	process     Process
	serves      bool // its process is an Ollama server
}

// pollEvery is how often the table is read where the kernel reports nothing. What begins and
// ends between two readings is not seen.
const pollEvery = 2 * time.Second

// poller reports the connections that the system's table shows.
type poller struct {
	o     *Observer
	table func(context.Context) ([]row, error)
	book  *book
	ports ports
	open  map[identity]Connection // as of the last look
	said  bool                    // we have logged that the table cannot be read
}

// poll reads the table at an interval until ctx ends. It fails only if the first reading does.
func (o *Observer) poll(ctx context.Context, table func(context.Context) ([]row, error)) error {
	p := &poller{o: o, table: table}
	p.ports, _ = p.ports.with(o.options.Ports...)
	p.book = newBook("poll", o.options.Events, func(e *event) {
		o.figures.update(func(s *Stats) { s.Events++ })
		o.options.Emit(e.record(o.options.Redact))
	})
	defer p.book.first.close()
	o.figures.update(func(s *Stats) { s.Origin, s.Ports = p.book.origin, p.ports })
	every := o.options.Every
	if every <= 0 {
		every = pollEvery
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for first := true; ; first = false {
		err := p.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && first:
			return err
		case err != nil && !p.said:
			p.said = true
			o.options.Log.Warn("cannot list connections", "error", err, "hint", "it is tried again")
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// look compares the table with what was open before.
func (p *poller) look(ctx context.Context) error {
	rows, err := p.table(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	p.book.first.flush(now)
	listeners := p.learn(rows)
	open := make(map[identity]Connection)
	for _, r := range rows {
		if r.listening || !p.ports.ours(r.local, r.peer) {
			continue
		}
		c := Connection{At: now, Client: r.peer, Server: r.local, Namespace: here, Process: r.process}
		if c.Process == (Process{}) {
			c.Process = serving(listeners, r.local)
		}
		// Where nobody listens it was opened from here, unless it was accepted before that ended.
		if _, known := p.open[c.identity()]; known || listening(listeners, r.local.Port()) {
			open[c.identity()] = c
		}
	}
	for id, c := range p.open {
		if _, still := open[id]; !still {
			c.At, c.Ended = now, true
			p.book.ended(&c)
		}
	}
	for _, c := range open {
		p.book.sighted(&c)
	}
	p.open = open
	p.o.figures.update(func(s *Stats) { s.Connections, s.Open = p.book.seen, len(open) })
	return nil
}

// learn adds ports and returns who listens.
func (p *poller) learn(rows []row) (listeners []listener) {
	var more, own []uint16
	if p.o.options.MorePorts != nil {
		more = p.o.options.MorePorts()
	}
	for _, r := range rows {
		if r.listening {
			listeners = append(listeners, listener{at: r.local, process: r.process})
			if r.serves {
				own = append(own, r.local.Port())
			}
		}
	}
	all, added := p.ports.with(append(more, own...)...)
	p.ports = all
	p.o.figures.update(func(s *Stats) { s.Ports = all })
	for _, port := range added {
		if p.o.options.OnPort != nil && slices.Contains(own, port) {
			p.o.options.OnPort(port)
		}
	}
	return listeners
}
