package connections

import (
	"slices"
	"time"

	"ollama-hec/input/sockdiag"
)

// maxAsked is the most ports for which the kernel is asked one by one. Each request makes it
// walk through its table; a request for all ports also lists connections that are not ours.
const maxAsked = 2

// lookAround lists listeners, learns ports from them, and reports connections that were not
// known to be open.
func (k *kernel) lookAround(now time.Time) error {
	found, err := k.listListeners()
	if err != nil {
		return err
	}
	if err := k.learn(found); err != nil {
		return err
	}
	k.keepListeners(found, now)
	if err := k.listOpen(); err != nil {
		return err
	}
	k.book.forget(now)
	return nil
}

func (k *kernel) listListeners() (found []listener, err error) {
	err = k.asker.Dump(sockdiag.Mask(sockdiag.Listening), 0, func(s *sockdiag.Socket) {
		found = append(found, listener{at: s.Local, inode: s.Inode, process: Process{User: s.UID, HasUser: true}})
	})
	return found, err
}

// keepListeners keeps those on our ports.
func (k *kernel) keepListeners(found []listener, now time.Time) {
	k.listeners = k.processes.name(slices.DeleteFunc(found, func(l listener) bool { return !k.ports.has(l.at.Port()) }))
	for _, l := range k.listeners {
		k.listened[l.at.Port()] = now
		name := l.process.Name
		if name == "" || name == ollamaName || k.others[l.at.Port()] == name {
			continue
		}
		k.others[l.at.Port()] = name
		k.o.options.Log.Info("a program of another name listens on a port of Ollama's", "port", l.at.Port(), "process", name,
			"hint", "what it is asked is told as if it were Ollama; if it does not lead there, take the port out of CAPTURE_PORTS")
	}
}

// learn adds ports that others have learned and those of listeners whose process is Ollama.
func (k *kernel) learn(found []listener) error {
	var more []uint16
	if k.o.options.MorePorts != nil {
		more = k.o.options.MorePorts()
	}
	own := k.processes.ollama(found)
	all, added := k.ports.with(append(more, own...)...)
	if len(added) == 0 {
		return nil
	}
	k.ports = all
	k.o.figures.update(func(s *Stats) { s.Ports = all })
	for _, port := range added {
		if k.o.options.OnPort != nil && slices.Contains(own, port) {
			k.o.options.OnPort(port)
		}
	}
	return k.closings.SetPorts(all)
}

// listOpen passes the connections that are open now to the book. Those that wait for the end of
// something, such as TIME_WAIT, are left out: they have another cookie, and a scan leaves them
// behind without a connection.
func (k *kernel) listOpen() error {
	asked := []uint16(k.ports)
	if len(asked) > maxAsked {
		asked = []uint16{0}
	}
	mask := sockdiag.Mask(sockdiag.Established, sockdiag.CloseWait)
	for _, port := range asked {
		err := k.asker.Dump(mask, port, func(s *sockdiag.Socket) {
			now := time.Now()
			if !k.ports.ours(s.Local, s.Peer) || !k.accepted(s, now) {
				return
			}
			c := k.connection(s, now)
			k.book.sighted(&c)
		})
		if err != nil {
			return err
		}
	}
	return nil
}
