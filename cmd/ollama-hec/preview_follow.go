package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

// followPoll is how often a followed file is looked at, and how long after its last line an
// event may still get more lines.
const followPoll = 250 * time.Millisecond

// follow prints the events of logs and of what is written to them, until ctx ends.
func (p *preview) follow(ctx context.Context, logs []namedLog) error {
	for _, l := range logs {
		if l.path == "-" || l.spooled() || filepath.Ext(l.path) == ".gz" {
			return &settings.Error{
				Setting: "--follow", Problem: fmt.Sprintf("got %q, which does not grow: name it without --follow", l.path),
			}
		}
	}
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex // of p
		errs = make([]error, len(logs))
	)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for i, l := range logs {
		wg.Go(func() {
			if errs[i] = p.followOne(ctx, l, &mu); errs[i] != nil {
				stop()
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// followOne follows one log. mu is held while p is used.
func (p *preview) followOne(ctx context.Context, l namedLog, mu *sync.Mutex) error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	mu.Lock()
	emit := p.printer(l)
	mu.Unlock()
	norm := sourcetypes.NewNormalizer(p.settings.Normalize(), 0, input.Carry{}, func(ev *sourcetypes.Event) {
		mu.Lock()
		defer mu.Unlock()
		emit(ev)
	})
	text := &growing{ctx: ctx, path: l.path, file: f, wait: followPoll}
	text.quiet = func() error {
		norm.Flush()
		mu.Lock()
		defer mu.Unlock()
		if err := p.out.Flush(); err != nil && p.err == nil {
			p.err = err
		}
		return p.written()
	}
	defer text.Close()
	// The end of ctx is the end of the text: what was read is printed.
	read, err := l.normalize(context.WithoutCancel(ctx), p.settings, text, norm)
	mu.Lock()
	defer mu.Unlock()
	p.count(l, read)
	return errors.Join(p.written(), err)
}

// growing reads a file as it grows, by its path: what takes its place there is read from
// its start, and so is a file that was made shorter. It ends when ctx does.
type growing struct {
	ctx   context.Context
	path  string
	wait  time.Duration
	quiet func() error // called where nothing came for a while, once

	file *os.File
	read int64 // of file
	told bool  // quiet was called since the last read
}

// Read waits for text.
func (g *growing) Read(b []byte) (int, error) {
	for waited := false; ; waited = true {
		n, err := g.file.Read(b)
		if n > 0 {
			g.read += int64(n)
			g.told = false
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if begun, err := g.again(); begun || err != nil {
			if err != nil {
				return 0, err
			}
			continue
		}
		if waited && !g.told {
			g.told = true
			if err := g.quiet(); err != nil {
				return 0, err
			}
		}
		select {
		case <-g.ctx.Done():
			return 0, io.EOF
		case <-time.After(g.wait):
		}
	}
}

// again begins at the start of what is at the path now, if that is not what was read, and
// reports whether it did. It is called at the end of the file.
func (g *growing) again() (begun bool, err error) {
	here, err := g.file.Stat()
	if err != nil {
		return false, err
	}
	if here.Mode().IsRegular() && here.Size() < g.read {
		g.read = 0
		_, err := g.file.Seek(0, io.SeekStart)
		return true, err
	}
	there, err := os.Stat(g.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil // between a rename and its successor
	case err != nil:
		return false, err
	case os.SameFile(here, there):
		return false, nil
	}
	next, err := os.Open(g.path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	// What came between the last Read and the rename.
	if now, err := g.file.Stat(); err == nil && now.Size() > g.read {
		return true, next.Close()
	}
	g.file.Close()
	g.file, g.read = next, 0
	return true, nil
}

// Close closes the file.
func (g *growing) Close() error { return g.file.Close() }
