package connections

import (
	"context"
	"errors"
	"time"

	"ollama-hec/input/sockdiag"
)

const origin = "sock_diag"

// The intervals of Run: between dumps of open connections, between counts of losses, and how
// long closed connections gather before they are read, so that a thousand in a second do not
// wake it a thousand times.
const (
	lookEvery  = 5 * time.Second
	lossEvery  = time.Second
	lossTold   = time.Minute
	gatherTime = 10 * time.Millisecond
)

// run is the loop of one goroutine: a dump lists what is open at one moment, and the reports
// read after it are of connections closed later. So a connection is never taken for open after
// its end was reported.
func (o *Observer) run(ctx context.Context) error {
	k, err := o.openKernel()
	if err != nil {
		return err
	}
	defer k.close()
	if o.options.OnReady != nil {
		o.options.OnReady()
	}
	for {
		now := time.Now()
		if err := k.due(now); err != nil {
			return err
		}
		before := k.book.seen
		if err := k.closings.Read(ctx, k.next(now), k.closed); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		if k.book.seen != before {
			select {
			case <-ctx.Done():
			case <-time.After(gatherTime):
			}
		}
	}
}

// kernel is the state of Run. Only Run's goroutine uses it.
type kernel struct {
	o         *Observer
	closings  *sockdiag.Closings
	asker     *sockdiag.Asker
	book      *book
	ports     ports
	listeners []listener
	processes *processes
	names     *namespaces
	listened  map[uint16]time.Time // when a listener was last seen on one of our ports
	others    map[uint16]string    // names of other programs that listen on our ports, as last logged
	look      time.Time            // when to look next
	count     time.Time            // when to count losses next
	loss      loss
	zones     zones
}

func (o *Observer) openKernel() (*kernel, error) {
	k := &kernel{
		o: o, processes: newProcesses(o.options.Proc), names: newNamespaces(o.options.Proc),
		listened: make(map[uint16]time.Time), others: make(map[uint16]string),
	}
	k.ports, _ = k.ports.with(o.options.Ports...)
	var err error
	if k.closings, err = sockdiag.Watch(k.ports); err != nil {
		return nil, err
	}
	if k.asker, err = sockdiag.NewAsker(); err != nil {
		return nil, errors.Join(err, k.closings.Close())
	}
	k.book = newBook(origin, o.options.Events, k.emit)
	k.loss.emit = func(at time.Time, n uint64) { o.options.Emit(lossRecord(origin, at, n)) }
	o.figures.update(func(s *Stats) {
		s.Origin, s.Containers, s.Ports = origin, k.closings.All(), k.ports
	})
	if !k.closings.All() {
		o.options.Log.Info("connections accepted in containers are not seen", "hint", "CAP_NET_BROADCAST is needed for that")
	}
	return k, nil
}

// lag is how long after a connection was closed the kernel may report it. Usually it takes a
// millisecond.
const lag = 100 * time.Millisecond

// close reports the connections that are open now or were closed before, and everything that was
// held back.
func (k *kernel) close() {
	now := time.Now()
	err := k.lookAround(now)
	for last := now.Add(lag); err == nil && now.Before(last); now = time.Now() {
		err = k.closings.Read(context.Background(), last, k.closed)
	}
	if err != nil {
		k.o.options.Log.Warn("the last connections are not known", "error", err,
			"hint", "those that ended in the moment of the stop are missing")
	}
	k.countLoss(now)
	k.loss.close(now)
	k.book.first.close()
	k.publish()
	for _, err := range []error{k.closings.Close(), k.asker.Close(), k.names.close()} {
		if err != nil {
			k.o.options.Log.Warn("cannot close sock_diag", "error", err, "hint", "the end of the program closes it")
		}
	}
}

// due does the timed actions that are due.
func (k *kernel) due(now time.Time) error {
	if !now.Before(k.count) {
		k.count = now.Add(lossEvery)
		k.countLoss(now)
	}
	k.book.first.flush(now)
	if !now.Before(k.look) {
		every := k.o.options.Every
		if every <= 0 {
			every = lookEvery
		}
		k.look = now.Add(every)
		if err := k.lookAround(now); err != nil {
			return err
		}
	}
	k.publish()
	return nil
}

// next returns when something is due if no connection is closed before. Losses are only counted with a look or after
// something was read: a buffer that is full has something to read.
func (k *kernel) next(now time.Time) time.Time {
	at := k.look
	if window, ok := k.book.first.next(); ok && window.Before(at) {
		at = window
	}
	if told, ok := k.loss.next(); ok && told.Before(at) {
		at = told
	}
	if at.Before(now) {
		return now
	}
	return at
}

func (k *kernel) countLoss(now time.Time) {
	lost, err := k.closings.Lost()
	if err != nil {
		k.loss.cannot(k.o.options.Log, err)
		return
	}
	if lost > 0 {
		k.o.figures.update(func(s *Stats) { s.Lost += lost })
	}
	k.loss.add(now, lost)
}

func (k *kernel) publish() {
	seen, open := k.book.seen, len(k.book.open)
	k.o.figures.update(func(s *Stats) { s.Connections, s.Open = seen, open })
}

func (k *kernel) emit(e *event) {
	k.o.figures.update(func(s *Stats) { s.Events++ })
	k.o.options.Emit(e.record(k.o.options.Redact))
}

// closed takes the kernel's report of a socket that was closed.
func (k *kernel) closed(s *sockdiag.Socket) {
	now := time.Now()
	if !k.ports.ours(s.Local, s.Peer) {
		k.noteListener(s, now)
		return
	}
	if !k.askAccepted(s, now) {
		return
	}
	c := k.connection(s, now)
	c.Ended = true
	// A connection over MPTCP that its client closed has lost the port, and its counts.
	c.MPTCP = s.Peer.Port() == 0
	c.Counted = s.Counted && !c.MPTCP
	c.In, c.Out = s.In, s.Out
	if !c.Counted {
		c.In, c.Out = 0, 0
	}
	if k.o.options.OnEnd != nil && c.Cookie != 0 {
		k.o.options.OnEnd(c.Client, c.Server, ID(c.Cookie))
	}
	k.book.ended(&c)
}

func (k *kernel) connection(s *sockdiag.Socket, at time.Time) Connection {
	c := Connection{
		At: at, Client: k.zones.named(s.Peer, s.Namespace), Server: k.zones.named(s.Local, s.Namespace),
		Cookie: s.Cookie, Namespace: s.Namespace,
	}
	if s.Namespace == sockdiag.Here {
		c.Process = serving(k.listeners, s.Local)
	} else {
		c.Fields = k.names.fields(s.Namespace, at)
	}
	return c
}
