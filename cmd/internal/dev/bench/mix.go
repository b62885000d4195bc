package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"ollama-hec/testdata/corpus"
)

// mix writes the log that speed is measured with: 60% access lines, 30% slog
// lines and 10% lines of the model runner, the latter two with the text that a
// real server wrote. The same seed gives the same log. No line joins another,
// so that each is one event.
type mix struct {
	rng    *rand.Rand
	now    time.Time
	slogs  []string // from " level=" on
	runner []string
	step   time.Duration // from line to line; 0: 20 ms, more or less
	exact  bool          // slog lines keep their numbers
	line   []byte
}

func newMix(seed uint64) (*mix, error) {
	m := &mix{rng: rand.New(rand.NewPCG(seed, 0)), now: time.Date(2026, 11, 21, 19, 28, 43, 0, time.UTC)}
	real, err := corpus.Logs.ReadFile("v0.13.5-info.log")
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(real)) {
		line = strings.TrimRight(line, "\n")
		switch i := strings.Index(line, " level="); {
		case strings.HasPrefix(line, "time=") && i > 0 && len(line) < 340:
			m.slogs = append(m.slogs, line[i:])
		case len(line) > 0 && line[0] >= 'a' && line[0] <= 'z' && strings.Contains(line, ": ") && len(line) < 340:
			m.runner = append(m.runner, line)
		}
	}
	if len(m.slogs) == 0 || len(m.runner) == 0 {
		return nil, fmt.Errorf("the corpus has %d slog and %d runner lines", len(m.slogs), len(m.runner))
	}
	return m, nil
}

// steadyForms are how many forms of slog lines, and of runner lines, a steady log has: a
// server at work says a few things again and again.
const steadyForms = 8

// newSteadyMix is a mix for lines that come at a rate: their stamps are those of the
// rate, and those that are not of requests are of few forms, word for word as the real
// server wrote them. The figures to reach were measured with such lines.
func newSteadyMix(seed uint64, perSecond int) (*mix, error) {
	m, err := newMix(seed)
	if err != nil {
		return nil, err
	}
	m.slogs, m.runner = few(m.slogs), few(m.runner)
	m.step, m.exact = time.Second/time.Duration(perSecond), true
	return m, nil
}

// few returns steadyForms of the lines, at equal distances.
func few(lines []string) (some []string) {
	for i := range steadyForms {
		some = append(some, lines[i*len(lines)/steadyForms])
	}
	return some
}

// next returns the next line with its line feed, good until the next call.
func (m *mix) next() []byte {
	step := m.step
	if step == 0 {
		step = time.Duration(m.rng.IntN(40)) * time.Millisecond
	}
	m.now = m.now.Add(step)
	m.line = m.line[:0]
	switch n := m.rng.IntN(10); {
	case n < 6:
		m.access()
	case n < 9:
		m.slog()
	default:
		m.line = append(m.line, m.runner[m.rng.IntN(len(m.runner))]...)
	}
	m.line = append(m.line, '\n')
	return m.line
}

var (
	requests = []string{
		`POST     "/api/generate"`, `POST     "/api/chat"`, `POST     "/api/chat"`, `POST     "/v1/chat/completions"`,
		`POST     "/v1/chat/completions"`, `GET      "/api/tags"`, `GET      "/api/ps"`, `POST     "/api/show"`,
		`POST     "/api/embed"`, `HEAD     "/"`, `GET      "/api/version"`, `POST     "/v1/embeddings"`,
		`POST     "/api/blobs/sha256:9353d69bc71158104ca896e8dba9bc322c81b490282f3221de4f29635314539b"`,
	}
	clients  = []string{"127.0.0.1", "127.0.0.1", "192.168.1.%d", "10.0.3.%d", "203.0.113.%d", "::1"}
	statuses = []int{200, 200, 200, 200, 200, 200, 200, 400, 404, 500}
)

func (m *mix) access() {
	client := clients[m.rng.IntN(len(clients))]
	if strings.Contains(client, "%") {
		client = fmt.Sprintf(client, m.rng.IntN(250)+1)
	}
	// From microseconds to minutes, as a list and a generation take.
	latency := time.Duration(
		m.rng.ExpFloat64() * float64(
			[]time.Duration{50 * time.Microsecond, 4 * time.Millisecond, 3 * time.Second}[m.rng.IntN(3)],
		),
	)
	m.line = append(m.line, "[GIN] "...)
	m.line = m.now.AppendFormat(m.line, "2006/01/02 - 15:04:05")
	m.line = fmt.Appendf(
		m.line,
		" | %3d | %13v | %15s | %s",
		statuses[m.rng.IntN(len(statuses))],
		latency,
		client,
		requests[m.rng.IntN(len(requests))],
	)
}

// slog writes a line of the corpus with numbers of its own, as sizes and ports
// differ from time to time.
func (m *mix) slog() {
	m.line = append(m.line, "time="...)
	m.line = m.now.AppendFormat(m.line, "2006-01-02T15:04:05.000Z")
	rest := m.slogs[m.rng.IntN(len(m.slogs))]
	at := len(m.line)
	m.line = append(m.line, rest...)
	if m.exact {
		return
	}
	msg := bytes.Index(m.line, []byte(" msg="))
	for i := max(at, msg); i < len(m.line); i++ {
		if c := m.line[i]; c >= '0' && c <= '9' && m.rng.IntN(4) == 0 {
			m.line[i] = byte('0' + m.rng.IntN(10))
		}
	}
}

// writeLog writes a log of that many lines.
func writeLog(path string, seed uint64, lines int) error {
	m, err := newMix(seed)
	if err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriterSize(f, 1<<20)
	for range lines {
		if _, err := w.Write(m.next()); err != nil {
			return err
		}
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func countLines(path string) (int, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := 0
	buf := make([]byte, 256<<10)
	for {
		n, err := f.Read(buf)
		lines += bytes.Count(buf[:n], []byte{'\n'})
		if err == io.EOF {
			return lines, nil
		}
		if err != nil {
			return 0, err
		}
	}
}
