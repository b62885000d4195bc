package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	proxyStreams = 20
	proxyPace    = 200 // tokens in a second, of each stream
	addedUnit    = "ms added to a token, p50"
)

// proxy measures by how much later a token comes through the proxy than directly, in turn, and what that costs.
func (b *bench) proxy(ctx context.Context) error {
	s, err := startTeller()
	if err != nil {
		return err
	}
	defer s.server.Close()
	dir, remove, err := b.tempDir()
	if err != nil {
		return err
	}
	defer remove()
	listen, err := freeAddress()
	if err != nil {
		return err
	}
	p, err := start(ctx, b.cores.measured, []string{
		"OLLAMA_HEC_PROXY_LISTEN=" + listen, "OLLAMA_HEC_PROXY_UPSTREAM=" + s.address,
		"OLLAMA_HEC_STATE_DIR=" + filepath.Join(dir, "state"),
	}, b.shipper, "proxy")
	if err != nil {
		return err
	}
	if err := awaitListener(ctx, p, listen); err != nil {
		return err
	}
	if err := b.proxyStreams(ctx, s, p, listen); err != nil {
		return err
	}
	of := fmt.Sprintf("a blob of %d MB through the proxy", b.options.captureMB)
	if err := s.blob(ctx, listen, int64(b.options.captureMB)*1e6); err != nil {
		return err
	}
	if peak := peakMemory(p.cmd.Process.Pid); peak > 0 {
		b.report.add(of, "MB peak memory", float64(peak)/1e6, atMost(32))
	}
	return p.interrupt()
}

// proxyStreams measures answers at the pace of a model.
func (b *bench) proxyStreams(ctx context.Context, s *teller, p *process, listen string) error {
	of := fmt.Sprintf("%d streams × %d tokens/s", proxyStreams, proxyPace)
	var added []time.Duration
	var directly, through []time.Duration
	var cpu time.Duration
	for range b.options.runs {
		direct, err := s.listen(ctx, s.address, proxyPace*b.options.captureSeconds)
		if err != nil {
			return err
		}
		before, _ := cpuOf(p.cmd.Process.Pid) // not known on every system
		proxied, err := s.listen(ctx, listen, proxyPace*b.options.captureSeconds)
		if err != nil {
			return err
		}
		after, _ := cpuOf(p.cmd.Process.Pid)
		cpu += after - before
		added = append(added, percentile(proxied, 50)-percentile(direct, 50))
		directly, through = append(directly, direct...), append(through, proxied...)
	}
	slices.Sort(added)
	b.report.add(of+", directly", "ms to a token, p50", milliseconds(percentile(directly, 50)), noGoal)
	b.report.add(of+", directly", "ms to a token, p99", milliseconds(percentile(directly, 99)), noGoal)
	b.report.add(of+" through the proxy", "ms to a token, p50", milliseconds(percentile(through, 50)), noGoal)
	b.report.add(of+" through the proxy", "ms to a token, p99", milliseconds(percentile(through, 99)), noGoal)
	b.report.add(of+" through the proxy", addedUnit, milliseconds(added[len(added)/2]), atMost(0.3))
	if cpu > 0 {
		share := 100 * cpu.Seconds() / float64(b.options.runs*b.options.captureSeconds)
		b.report.add(of+" through the proxy", "% of a core", share, noGoal)
	}
	return nil
}

// teller is a server whose tokens hold the time at which each was sent.
type teller struct {
	server  *http.Server
	address string
	began   time.Time
}

func startTeller() (*teller, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &teller{address: l.Addr().String(), began: time.Now()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/chat", s.tell)
	mux.HandleFunc("POST /api/blobs/", func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusCreated)
	})
	s.server = &http.Server{Handler: mux}
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

const (
	saidBefore = `{"model":"llama3.2","created_at":"2026-01-01T00:00:00.123456789Z","message":{"role":"assistant","content":"`
	saidAfter  = `"},"done":false}` + "\n"
)

// tell sends the number of tokens that the request asks for.
func (s *teller) tell(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	n, _ := strconv.Atoi(r.URL.Query().Get("n"))
	w.Header().Set("Content-Type", "application/x-ndjson")
	began := time.Now()
	for i := range n {
		time.Sleep(time.Until(began.Add(time.Second * time.Duration(i) / proxyPace)))
		_, _ = io.WriteString(w, saidBefore+strconv.FormatInt(int64(time.Since(s.began)), 10)+saidAfter)
		w.(http.Flusher).Flush()
	}
	fmt.Fprintf(w, aFinal, n)
}

// listen has several clients read answers from an address, and returns how long each token took.
func (s *teller) listen(ctx context.Context, address string, tokens int) (took []time.Duration, err error) {
	var all sync.WaitGroup
	each, errs := make([][]time.Duration, proxyStreams), make([]error, proxyStreams)
	for i := range proxyStreams {
		all.Go(func() { each[i], errs[i] = s.stream(ctx, address, tokens) })
	}
	all.Wait()
	return slices.Concat(each...), errors.Join(errs...)
}

// stream reads one client's answer, and returns how long each token took.
func (s *teller) stream(ctx context.Context, address string, tokens int) (took []time.Duration, err error) {
	answer, done, err := post(ctx, fmt.Sprintf("http://%s/api/chat?n=%d", address, tokens),
		strings.NewReader(`{"model":"llama3.2","messages":[{"role":"user","content":"Why is the sky blue?"}]}`), -1)
	if err != nil {
		return nil, err
	}
	defer done()
	for lines := bufio.NewScanner(answer); lines.Scan(); {
		now := time.Since(s.began)
		said, ok := strings.CutPrefix(lines.Text(), saidBefore)
		if !ok {
			continue
		}
		at, err := strconv.ParseInt(strings.TrimSuffix(said, strings.TrimSuffix(saidAfter, "\n")), 10, 64)
		if err != nil {
			return nil, err
		}
		took = append(took, now-time.Duration(at))
	}
	if len(took) != tokens {
		return nil, fmt.Errorf("%d of %d tokens came", len(took), tokens)
	}
	return took, nil
}

func (s *teller) blob(ctx context.Context, address string, size int64) error {
	_, done, err := post(ctx, "http://"+address+"/api/blobs/sha256:00", io.LimitReader(forever{}, size), size)
	if err == nil {
		done()
	}
	return err
}

// post sends a body on a connection of its own, which done closes.
func post(ctx context.Context, url string, body io.Reader, size int64) (answer io.Reader, done func(), err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return nil, nil, err
	}
	if size >= 0 {
		r.ContentLength = size
	}
	transport := new(http.Transport)
	resp, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		return nil, nil, err
	}
	return resp.Body, func() {
		_ = resp.Body.Close()
		transport.CloseIdleConnections()
	}, nil
}

// freeAddress returns a loopback address that nobody listens on.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// awaitListener waits until a process listens.
func awaitListener(ctx context.Context, p *process, address string) error {
	for {
		if c, err := net.Dial("tcp", address); err == nil {
			return c.Close()
		}
		select {
		case <-p.done:
			return p.err
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
