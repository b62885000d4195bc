package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"ollama-hec/hec/receiver"
)

// receive is the receiver's process: it prints its URL, and its Stats for each line it reads. It
// ends when its input ends.
func receive(ctx context.Context, _ []string) error {
	r := receiver.New(receiver.Options{CountOnly: true})
	if err := r.Listen("127.0.0.1:0"); err != nil {
		return err
	}
	served := make(chan error, 1)
	go func() { served <- r.Serve(ctx) }()
	fmt.Println(r.URL())
	enc := json.NewEncoder(os.Stdout)
	for asked := bufio.NewScanner(os.Stdin); asked.Scan(); {
		if err := enc.Encode(r.Stats()); err != nil {
			return err
		}
	}
	return errors.Join(r.Close(), <-served)
}

// remote is a receiver in a process of its own.
type remote struct {
	url string
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

// startReceiver starts a receiver on the core for all that is not measured.
func (b *bench) startReceiver(ctx context.Context) (*remote, error) {
	r := &remote{cmd: exec.CommandContext(ctx, b.self, "receive")}
	r.cmd.Stderr = os.Stderr
	var err error
	if r.in, err = r.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := r.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r.out = bufio.NewReader(out)
	if err := startOn(b.cores.other, r.cmd); err != nil {
		return nil, err
	}
	url, err := r.out.ReadString('\n')
	if err != nil {
		r.stop()
		return nil, fmt.Errorf("receiver: %w", err)
	}
	r.url = url[:len(url)-1]
	return r, nil
}

func (r *remote) stats() (s receiver.Stats, err error) {
	if _, err = io.WriteString(r.in, "\n"); err != nil {
		return s, err
	}
	line, err := r.out.ReadBytes('\n')
	if err != nil {
		return s, fmt.Errorf("receiver: %w", err)
	}
	return s, json.Unmarshal(line, &s)
}

// await waits until that many events were taken, by a process if there is one.
func (r *remote) await(ctx context.Context, events uint64, during *process) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var ended <-chan struct{}
	if during != nil {
		ended = during.done
	}
	for {
		s, err := r.stats()
		if err != nil || s.Taken() >= events {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return errors.Join(errors.New("the shipper ended too early"), during.err)
		case <-tick.C:
		}
	}
}

func (r *remote) stop() {
	r.in.Close()
	r.cmd.Wait()
}
