// Command bench measures what the shipper costs beside a reference that only
// reads, wraps and compresses, in the same run on the same machine.
//
// It never fails because of a figure: it prints the figures, each with its goal. Processes are
// pinned to cores on Linux only, and load on those cores makes figures worse; ratios suffer
// least.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "bench: %v\n", err)
		os.Exit(1)
	}
}

// verbs are the processes that the program starts itself as.
var verbs = map[string]func(ctx context.Context, args []string) error{
	"receive":   receive,
	"observe":   observe,
	"recvfrom":  recvfrom,
	"reference": reference,
}

func run(ctx context.Context, args []string, out, errOut io.Writer) error {
	if len(args) > 0 && verbs[args[0]] != nil {
		return verbs[args[0]](ctx, args[1:])
	}
	o, err := parse(args, errOut)
	if err != nil {
		return err
	}
	b, err := newBench(ctx, o, errOut)
	if err != nil {
		return err
	}
	defer b.close()
	if o.cpuProfile != "" || o.memProfile != "" {
		return b.profile(ctx)
	}
	for _, p := range parts {
		if !slices.Contains(o.parts, p.name) {
			continue
		}
		fmt.Fprintf(errOut, "%s …\n", p.does)
		if err := p.run(b, ctx); err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
	}
	b.report.print(out)
	if o.json != "" {
		return b.report.writeJSON(o.json, out)
	}
	return nil
}

// part is one thing to measure.
type part struct {
	name, does string
	run        func(*bench, context.Context) error
}

var parts = []part{
	{"cost", "CPU for each event, beside the reference", (*bench).cost},
	{"memory", "peak memory by size of the log", (*bench).memory},
	{"latency", "from append to receipt", (*bench).latency},
	{"rate", "bytes on the wire and CPU at steady rates", (*bench).rate},
	{"idle", "CPU with nothing to do", (*bench).idle},
	{"files", "many files growing together", (*bench).files},
	{"connections", "short connections seen, and what that costs", (*bench).connections},
	{"capture", "requests and answers read off the wire, and what that costs", (*bench).capture},
	{"proxy", "what the proxy adds to a token", (*bench).proxy},
}

func partNames() (names []string) {
	for _, p := range parts {
		names = append(names, p.name)
	}
	return names
}

// bench is what the parts share.
type bench struct {
	options *options
	say     io.Writer
	self    string // this executable
	shipper string
	dir     string
	remove  bool // dir is ours
	cores   cores
	report  *report

	sample string // the log of all lines, once written
}

func newBench(ctx context.Context, o *options, say io.Writer) (*bench, error) {
	b := &bench{options: o, say: say, shipper: o.shipper, dir: o.dir, sample: o.log, cores: chooseCores()}
	b.report = newReport(o, b.cores)
	var err error
	if b.self, err = os.Executable(); err != nil {
		return nil, err
	}
	if b.dir == "" {
		if b.dir, err = os.MkdirTemp("", "bench-"); err != nil {
			return nil, err
		}
		b.remove = true
	}
	if b.dir, err = filepath.Abs(b.dir); err != nil {
		return nil, err
	}
	if b.shipper == "" {
		b.shipper = filepath.Join(b.dir, "ollama-hec.bench")
		if err := build(ctx, b.shipper); err != nil {
			b.close()
			return nil, err
		}
	}
	if err := pinSelf(b.cores.other); err != nil {
		b.close()
		return nil, err
	}
	return b, nil
}

func (b *bench) close() {
	if b.remove {
		os.RemoveAll(b.dir)
	}
}

// log returns the whole log, which it writes at the first call.
func (b *bench) log() (string, error) {
	if b.sample == "" {
		path := filepath.Join(b.dir, "ollama.log")
		if err := writeLog(path, b.options.seed, b.options.lines); err != nil {
			return "", err
		}
		b.sample = path
	}
	return b.sample, nil
}
