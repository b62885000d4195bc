package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"

	"ollama-hec/input/connections"
	"ollama-hec/input/spool"
)

// observe is the observer's process: it observes one port and prints its Stats for each line it
// reads. It ends when its input ends.
func observe(ctx context.Context, args []string) error {
	if len(args) != 1 {
		return errors.New("observe takes one port")
	}
	port, err := strconv.ParseUint(args[0], 10, 16)
	if err != nil {
		return err
	}
	var line []byte
	o := connections.New(connections.Options{
		Ports: []uint16{uint16(port)}, Events: connections.All,
		Emit: func(r spool.Record) { line = r.AppendLine(line[:0]) },
	})
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- o.Run(ctx) }()
	enc := json.NewEncoder(os.Stdout)
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		if err := enc.Encode(o.Stats()); err != nil {
			break
		}
	}
	stop()
	return <-ended
}

// observer is the process of observe.
type observer struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func (b *bench) startObserver(ctx context.Context, port int) (*observer, error) {
	o := &observer{cmd: exec.CommandContext(ctx, b.self, "observe", strconv.Itoa(port))}
	o.cmd.Stderr = os.Stderr
	var err error
	if o.in, err = o.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := o.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	o.out = bufio.NewReader(out)
	return o, startOn(b.cores.measured, o.cmd)
}

func (o *observer) stats() (s connections.Stats, err error) {
	if _, err = io.WriteString(o.in, "\n"); err != nil {
		return s, err
	}
	line, err := o.out.ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("observer: %w", err)
	}
	return s, json.Unmarshal(line, &s)
}

// await waits until no connection has been seen for half a second, and returns how many there were.
func (o *observer) await(ctx context.Context, most uint64) (seen uint64, err error) {
	for still := 0; still < 10; still++ {
		s, err := o.stats()
		if err != nil || s.Connections >= most {
			return s.Connections, err
		}
		if s.Connections != seen {
			seen, still = s.Connections, 0
		}
		if err := pause(ctx, 50*time.Millisecond); err != nil {
			return seen, err
		}
	}
	return seen, nil
}

func (o *observer) stop() error {
	return errors.Join(o.in.Close(), o.cmd.Wait())
}

// visits are the kinds of short connections.
var visits = []struct {
	name           string
	server, client func(net.Conn)
}{
	{"a request each, the server closes", func(c net.Conn) {
		if _, err := c.Read(make([]byte, 100)); err == nil {
			_, _ = io.WriteString(c, "HTTP/1.0 204 No Content\r\n\r\n")
		}
	}, func(c net.Conn) {
		if _, err := io.WriteString(c, "GET / HTTP/1.0\r\n\r\n"); err == nil {
			_, _ = io.Copy(io.Discard, c)
		}
	}},
	{"the client closes at once", untilClosed, func(net.Conn) {}},
	{"the client resets at once", untilClosed, func(c net.Conn) { _ = c.(*net.TCPConn).SetLinger(0) }},
}

func untilClosed(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// connections measures what share of many short connections is seen, and what that costs.
func (b *bench) connections(ctx context.Context) error {
	if able, err := connections.Able(); err != nil || !able.Every {
		fmt.Fprintf(b.say, "  left out: short connections are not seen on this system (%v)\n", err)
		return nil
	}
	n := b.options.connections
	for i, v := range visits {
		of := fmt.Sprintf("%d connections at 2000/s, %s", n, v.name)
		if err := b.visit(ctx, i, n, 2000, func(o *observer, _ time.Duration) error {
			seen, err := o.await(ctx, uint64(n))
			b.report.add(of, "seen", float64(seen), atLeast(float64(n)))
			return err
		}); err != nil {
			return err
		}
	}
	return b.visit(ctx, 1, n, 1000, func(o *observer, busy time.Duration) error {
		b.report.add("1000 connections/s", "% of a core", 100*busy.Seconds()/(float64(n)/1000), atMost(4))
		if peak := peakMemory(o.cmd.Process.Pid); peak > 0 {
			b.report.add("1000 connections/s", "MB peak memory", float64(peak)/1e6, atMost(24))
		}
		return b.unvisited(ctx, o)
	})
}

// unvisited measures an observer that has nothing to observe.
func (b *bench) unvisited(ctx context.Context, o *observer) error {
	if err := pause(ctx, 2*time.Second); err != nil {
		return err
	}
	before, err := cpuOf(o.cmd.Process.Pid)
	if err != nil {
		return err
	}
	started := time.Now()
	if err := pause(ctx, time.Duration(b.options.idleSeconds)*time.Second); err != nil {
		return err
	}
	after, err := cpuOf(o.cmd.Process.Pid)
	share := 100 * (after - before).Seconds() / time.Since(started).Seconds()
	b.report.add("no connections", "% of a core", share, atMost(0.1))
	return err
}

// visit makes n connections at a rate, and then calls f with the CPU time that the observer took
// meanwhile.
func (b *bench) visit(ctx context.Context, kind, n, rate int, f func(*observer, time.Duration) error) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	defer l.Close()
	go accept(l, visits[kind].server)
	o, err := b.startObserver(ctx, l.Addr().(*net.TCPAddr).Port)
	if err != nil {
		return err
	}
	if _, err := o.stats(); err != nil { // it is there
		return err
	}
	if err := pause(ctx, time.Second); err != nil {
		return err
	}
	before, err := cpuOf(o.cmd.Process.Pid)
	if err != nil {
		return err
	}
	if err := dialAll(ctx, l.Addr().String(), n, rate, visits[kind].client); err != nil {
		return err
	}
	if _, err := o.await(ctx, uint64(n)); err != nil {
		return err
	}
	after, err := cpuOf(o.cmd.Process.Pid)
	if err != nil {
		return err
	}
	return errors.Join(f(o, after-before), o.stop())
}

func accept(l net.Listener, f func(net.Conn)) {
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

// dialAll connects n times, each at its time, by as many at once as that takes.
func dialAll(ctx context.Context, address string, n, rate int, f func(net.Conn)) error {
	due := make(chan struct{})
	errs := make(chan error, 8)
	var all sync.WaitGroup
	for range cap(errs) {
		all.Go(func() {
			for range due {
				c, err := net.Dial("tcp", address)
				if err != nil {
					errs <- err
					return
				}
				f(c)
				_ = c.Close()
			}
		})
	}
	started := time.Now()
	err := func() error {
		for i := range n {
			if wait := time.Until(started.Add(time.Second * time.Duration(i) / time.Duration(rate))); wait > 0 {
				if err := pause(ctx, wait); err != nil {
					return err
				}
			}
			select {
			case due <- struct{}{}:
			case err := <-errs:
				return err
			}
		}
		return nil
	}()
	close(due)
	all.Wait()
	return err
}
