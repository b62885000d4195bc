package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// process is a child whose cost is measured.
type process struct {
	cmd    *exec.Cmd
	stderr bytes.Buffer
	peak   atomic.Int64 // bytes of memory, as far as seen
	done   chan struct{}
	err    error // once done
}

// spent is what a process took from start to end.
type spent struct {
	cpu, wall time.Duration
	peak      int64 // bytes of memory; 0: not known
}

// start starts a process on a core. It is killed when ctx ends.
func start(ctx context.Context, core int, env []string, name string, args ...string) (*process, error) {
	p := &process{cmd: exec.CommandContext(ctx, name, args...), done: make(chan struct{})}
	p.cmd.Env = append(cleanEnv(), env...)
	p.cmd.Stderr = &p.stderr
	if err := startOn(core, p.cmd); err != nil {
		return nil, err
	}
	go func() {
		defer close(p.done)
		if err := p.cmd.Wait(); err != nil {
			p.err = fmt.Errorf("%s: %w\n%s", filepath.Base(name), err, p.stderr.Bytes())
		}
	}()
	go p.watchMemory()
	return p, nil
}

// cleanEnv is the environment without settings of the shipper.
func cleanEnv() (env []string) {
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OLLAMA_HEC_") && !strings.HasPrefix(v, "GOGC=") && !strings.HasPrefix(v, "GOMEMLIMIT=") {
			env = append(env, v)
		}
	}
	return env
}

// watchMemory asks for the high-water mark of the child. Its rusage would hold
// the mark of this process too, from before exec.
func (p *process) watchMemory() {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if peak := peakMemory(p.cmd.Process.Pid); peak > 0 {
			p.peak.Store(peak)
		}
		select {
		case <-p.done:
			return
		case <-tick.C:
		}
	}
}

// peakMemory is VmHWM, in bytes; 0 where there is none.
func peakMemory(pid int) int64 {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	return parsePeak(string(status))
}

func parsePeak(status string) int64 {
	_, rest, _ := strings.Cut(status, "VmHWM:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return 0
	}
	return kib << 10
}

// wait waits until the process has ended by itself.
func (p *process) wait(started time.Time) (spent, error) {
	<-p.done
	state := p.cmd.ProcessState
	return spent{cpu: state.UserTime() + state.SystemTime(), wall: time.Since(started), peak: p.peak.Load()}, p.err
}

// interrupt asks the process to end, and waits.
func (p *process) interrupt() error {
	if runtime.GOOS == "windows" {
		p.cmd.Process.Kill()
		<-p.done
		return nil
	}
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	<-p.done
	return p.err
}

// build builds the shipper from the source around.
func build(ctx context.Context, path string) error {
	out, err := exec.CommandContext(
		ctx,
		"go",
		"build",
		"-trimpath",
		"-o",
		path,
		"ollama-hec/cmd/ollama-hec",
	).CombinedOutput()
	if err != nil {
		return fmt.Errorf("build the shipper: %w\n%s", err, out)
	}
	return nil
}

// shipperEnv are the settings of a shipper under measurement.
func shipperEnv(url, paths, state string, api bool) []string {
	env := []string{
		"OLLAMA_HEC_URL=" + url, "OLLAMA_HEC_TOKEN=" + token, "OLLAMA_HEC_PATHS=" + paths, "OLLAMA_HEC_STATE_DIR=" + state,
		"OLLAMA_HEC_HOST=" + host, "OLLAMA_HEC_PROMPTS=off", "OLLAMA_HEC_BATCH_DELAY=200ms",
	}
	if api {
		return append(env, "OLLAMA_HEC_API_EVENTS=on")
	}
	return append(env, "OLLAMA_HEC_API_EVENTS=off")
}

const (
	token = "00000000-0000-0000-0000-000000000000"
	host  = "ollama-1"
)

// tempDir makes a directory of the benchmark's, with a function to remove it.
func (b *bench) tempDir() (string, func(), error) {
	dir, err := os.MkdirTemp(b.dir, "part-")
	return dir, func() { os.RemoveAll(dir) }, err
}
