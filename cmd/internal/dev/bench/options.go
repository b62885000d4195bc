package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
)

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

// parse reads the flags. Its errors name the flag.
func parse(args []string, errOut io.Writer) (*options, error) {
	o := new(options)
	var names string
	fs := flag.NewFlagSet("bench", flag.ContinueOnError)
	fs.SetOutput(errOut)
	fs.StringVar(&names, "parts", strings.Join(partNames(), ","), "what to measure, comma separated")
	o.defineSizes(fs)
	o.defineFiles(fs)
	fs.Uint64Var(&o.seed, "seed", 1, "seed of the log")
	fs.BoolVar(&o.quick, "quick", false, "all parts in about 20 s: figures to look at, not to quote")
	fs.BoolVar(&o.api, "api", true, "derive ollama:api while profiling")
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if fs.NArg() > 0 {
		return nil, fmt.Errorf("%q: no arguments are taken, see -help", fs.Args())
	}
	o.parts = strings.Split(names, ",")
	return o, o.settle()
}

// defineSizes defines the flags on how much and how long is measured.
func (o *options) defineSizes(fs *flag.FlagSet) {
	fs.IntVar(&o.lines, "lines", 2_000_000, "lines of the log")
	fs.IntVar(&o.runs, "runs", 3, "how often each cost is measured; the median counts")
	fs.IntVar(&o.manyFiles, "files", 1000, "how many files grow together")
	fs.IntVar(&o.manyLines, "files-lines", 1_000_000, "lines that they grow by, together")
	fs.IntVar(&o.latencySeconds, "latency-seconds", 20, "how long lines are appended to measure latency")
	fs.IntVar(&o.rateSeconds, "rate-seconds", 20, "how long lines are appended at each rate to measure bytes on the wire")
	fs.IntVar(&o.idleSeconds, "idle-seconds", 20, "how long idleness is measured")
	fs.IntVar(&o.connections, "connections", 10_000, "how many short connections are made of each kind")
	fs.IntVar(&o.captureSeconds, "capture-seconds", 5, "how long answers are captured, or pass the proxy")
	fs.IntVar(
		&o.captureMB, "capture-mb", 1000, "how large a body is that is captured, or passes the proxy, at full speed, in MB",
	)
}

// defineFiles defines the flags on what is read and written.
func (o *options) defineFiles(fs *flag.FlagSet) {
	fs.StringVar(&o.shipper, "shipper", "", "executable to measure; empty: built from the source here")
	fs.StringVar(&o.dir, "dir", "", "where to put logs; empty: a temporary directory")
	fs.StringVar(
		&o.log, "log", "", "log to measure cost with instead of the generated one, without lines that join others",
	)
	fs.StringVar(&o.json, "json", "", "file for the figures as JSON; - is stdout")
	fs.StringVar(&o.cpuProfile, "cpuprofile", "", "profile the pipeline inside this process instead, into this file")
	fs.StringVar(&o.memProfile, "memprofile", "", "as cpuprofile, for allocations")
}

// settle applies -log and -quick, and checks the values.
func (o *options) settle() error {
	if o.log != "" {
		var err error
		if o.lines, err = countLines(o.log); err != nil {
			return err
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
	for _, name := range o.parts {
		if !slices.Contains(partNames(), name) {
			return fmt.Errorf("-parts: got %q, want any of %s", name, strings.Join(partNames(), ", "))
		}
	}
	if min(
		o.lines, o.runs, o.manyFiles, o.manyLines, o.latencySeconds, o.rateSeconds, o.idleSeconds, o.connections,
		o.captureSeconds, o.captureMB,
	) < 1 {
		return errors.New(
			"-lines, -runs, -files, -files-lines, -latency-seconds, -rate-seconds, -idle-seconds, -connections, " +
				"-capture-seconds and -capture-mb take whole numbers above 0",
		)
	}
	return nil
}
