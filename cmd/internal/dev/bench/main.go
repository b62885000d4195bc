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
	"strings"
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

// options are the flags.
type options struct {
	parts                  []string
	lines, runs, manyFiles int
	manyLines              int
	latencySeconds         int
	rateSeconds            int
	idleSeconds            int
	connections            int
	captureSeconds         int
	captureMB              int
	seed                   uint64
	quick                  bool
	shipper, dir, json     string
	log                    string
	cpuProfile, memProfile string
	api                    bool
}

func parse(args []string, errOut io.Writer) (*options, error) {
	o := new(options)
	var names string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(errOut)
	fs.StringVar(&names, "parts", strings.Join(partNames(), ","), "what to measure, comma separated")
	fs.IntVar(&o.lines, "lines", 2_000_000, "lines of the log")
	fs.IntVar(&o.runs, "runs", 3, "how often each cost is measured; the median counts")
	fs.IntVar(&o.manyFiles, "files", 1000, "how many files grow together")
	fs.IntVar(&o.manyLines, "files-lines", 1_000_000, "lines that they grow by, together")
	fs.IntVar(&o.latencySeconds, "latency-seconds", 20, "how long lines are appended to measure latency")
	fs.IntVar(&o.rateSeconds, "rate-seconds", 20, "how long lines are appended at each rate to measure bytes on the wire")
	fs.IntVar(&o.idleSeconds, "idle-seconds", 20, "how long idleness is measured")
	fs.IntVar(&o.connections, "connections", 10_000, "how many short connections are made of each kind")
	fs.IntVar(&o.captureSeconds, "capture-seconds", 5, "how long answers are captured, or pass the proxy")
	fs.IntVar(&o.captureMB, "capture-mb", 1000, "how large a body is that is captured, or passes the proxy, at full speed, in MB")
	fs.Uint64Var(&o.seed, "seed", 1, "seed of the log")
	fs.BoolVar(&o.quick, "quick", false, "all parts in about 20 s: figures to look at, not to quote")
	fs.StringVar(&o.shipper, "shipper", "", "executable to measure; empty: built from the source here")
	fs.StringVar(&o.dir, "dir", "", "where to put logs; empty: a temporary directory")
	fs.StringVar(
		&o.log,
		"log",
		"",
		"log to measure cost with instead of the generated one, without lines that join others",
	)
	fs.StringVar(&o.json, "json", "", "file for the figures as JSON; - is stdout")
	fs.StringVar(&o.cpuProfile, "cpuprofile", "", "profile the pipeline inside this process instead, into this file")
	fs.StringVar(&o.memProfile, "memprofile", "", "as cpuprofile, for allocations")
	fs.BoolVar(&o.api, "api", true, "derive ollama:api while profiling")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("%q: no arguments are taken, see -help", fs.Args())
	}
	if o.log != "" {
		var err error
		if o.lines, err = countLines(o.log); err != nil {
			return nil, err
		}
	}
	if o.quick {
		o.runs, o.manyLines, o.latencySeconds, o.rateSeconds, o.idleSeconds = 1, 100_000, 3, 2, 3
		o.connections = 2000
		o.captureSeconds, o.captureMB = 2, 200
		if o.log == "" {
			o.lines = 200_000
		}
	}
	o.parts = strings.Split(names, ",")
	for _, name := range o.parts {
		if !slices.Contains(partNames(), name) {
			return nil, fmt.Errorf("-parts: got %q, want any of %s", name, strings.Join(partNames(), ", "))
		}
	}
	if min(
		o.lines, o.runs, o.manyFiles, o.manyLines, o.latencySeconds, o.rateSeconds, o.idleSeconds, o.connections,
		o.captureSeconds, o.captureMB,
	) < 1 {
		return nil, errors.New(
			"-lines, -runs, -files, -files-lines, -latency-seconds, -rate-seconds, -idle-seconds, -connections, " +
				"-capture-seconds and -capture-mb take whole numbers above 0",
		)
	}
	return o, nil
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
