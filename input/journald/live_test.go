package journald

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/input"
	durable "ollama-hec/input/checkpoint"
)

// fieldsOf is a journal entry: fields in turn, name and value.
type fieldsOf []string

// said is what a unit's process wrote, as journald stores it.
func said(message string, more ...string) fieldsOf {
	return append(fieldsOf{"_SYSTEMD_UNIT", "ollama.service", "_HOSTNAME", "gpu1", "_TRANSPORT", "stdout",
		"_PID", "42", "PRIORITY", "6", "SYSLOG_IDENTIFIER", "ollama", "MESSAGE", message}, more...)
}

const (
	boot1 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	boot2 = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
	epoch = 1_792_610_141_000_000 // 2026-10-21T19:15:41Z, in microseconds
)

// journal is a directory of real journal files.
type journal struct {
	dir  string
	boot string
	at   int // seconds since epoch, one for each entry
	// still: entries come without time passing.
	still bool
}

// haveRemote: systemd-journal-remote makes journals from the export format.
// Where it is not installed, what was recorded from it is all there is to read.
func haveRemote() bool {
	_, err := os.Stat(remote)
	_, missing := exec.LookPath("journalctl")
	return err == nil && missing == nil
}

const remote = "/lib/systemd/systemd-journal-remote"

func newJournal(t testing.TB) *journal { return &journal{dir: t.TempDir(), boot: boot1} }

// write appends entries to a journal file of its own name, so that one follows
// the other as files do that journald rotates.
func (j *journal) write(t testing.TB, name string, entries ...fieldsOf) {
	t.Helper()
	cmd := exec.Command(remote, "--output="+filepath.Join(j.dir, name+".journal"), "-")
	cmd.Stdin = bytes.NewReader(j.export(entries))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("systemd-journal-remote: %v\n%s", err, out)
	}
}

func (j *journal) export(entries []fieldsOf) []byte {
	var b bytes.Buffer
	for _, e := range entries {
		if !j.still {
			j.at++
		}
		fmt.Fprintf(
			&b,
			"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n",
			epoch+j.at*1_000_000,
			(j.at+10_000)*1_000_000,
			j.boot,
		)
		for i := 0; i < len(e); i += 2 {
			if e[i+1] == "" {
				b.WriteString(e[i] + "=\n") // counted, it would be left out
				continue
			}
			b.WriteString(e[i])
			b.WriteByte('\n')
			binary.Write(&b, binary.LittleEndian, uint64(len(e[i+1])))
			b.WriteString(e[i+1] + "\n")
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// memory is a Store that keeps what it would have on disk.
type memory struct {
	mu      sync.Mutex
	records map[string]json.RawMessage
	damaged bool
}

func (m *memory) Records(string) map[string]json.RawMessage {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := make(map[string]json.RawMessage)
	for id, r := range m.records {
		c[id] = r
	}
	return c
}

func (m *memory) Set(_, id string, state func() any) {
	raw, err := json.Marshal(state())
	if err != nil {
		panic(err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = make(map[string]json.RawMessage)
	}
	m.records[id] = raw
}

func (m *memory) Damaged() bool { return m.damaged }
func (m *memory) Flush() error  { return nil }

var _ Store = (*durable.Store)(nil)

// shipper reads a source's streams as a lane does and remembers what it got.
type shipper struct {
	t       testing.TB
	source  *Journal
	log     *bytes.Buffer
	changed chan struct{}

	mu      sync.Mutex
	waiting map[input.Stream]bool
	got     []record
	ended   map[input.Stream]bool
	hold    bool // read nothing
}

type record struct {
	stream input.Stream
	text   string
	next   input.Position
	time   int64
	output input.Output
	host   string
	caller string
}

func newShipper(t testing.TB, c Config) *shipper {
	t.Helper()
	s := &shipper{t: t, log: new(bytes.Buffer), changed: make(chan struct{}, 1),
		waiting: make(map[input.Stream]bool), ended: make(map[input.Stream]bool)}
	if c.Unit == "" {
		c.Unit = "ollama"
	}
	if c.MaxLine == 0 {
		c.MaxLine = 1 << 20
	}
	c.Log = slog.New(slog.NewTextHandler(&locked{w: s.log}, nil))
	var err error
	if s.source, err = New(c); err != nil {
		t.Fatal(err)
	}
	return s
}

type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

func (s *shipper) ready(stream input.Stream) {
	s.mu.Lock()
	s.waiting[stream] = true
	s.mu.Unlock()
	s.wake()
}

func (s *shipper) wake() {
	select {
	case s.changed <- struct{}{}:
	default:
	}
}

// drain reads every stream that waits until it is idle.
func (s *shipper) drain() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.hold {
		return
	}
	c := input.Chunk{Buf: make([]byte, 4<<10)}
	for stream := range s.waiting {
		delete(s.waiting, stream)
		for progress := input.More; progress == input.More; {
			s.mu.Unlock() // ready is called meanwhile
			progress = stream.Read(&c)
			s.mu.Lock()
			for _, r := range c.Records {
				s.got = append(s.got, record{stream, string(r.Text), r.Next, r.Time, r.Output, r.Host, r.Caller})
			}
			s.ended[stream] = s.ended[stream] || progress == input.Ended
		}
	}
}

// once reads all there is with a source that reads once.
func (s *shipper) once() []string {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.source.Run(s.t.Context(), s.ready) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				s.t.Fatalf("Run: %v\n%s", err, s.log)
			}
			s.drain()
			for stream, ended := range s.ended {
				if !ended {
					s.t.Errorf("stream %v of %s did not end", stream.Fields(), stream.Source())
				}
			}
			return s.texts()
		case <-s.changed:
			s.drain()
		}
	}
}

// until reads until there are n records.
func (s *shipper) until(n int) []string {
	s.t.Helper()
	deadline := time.After(10 * time.Minute)
	for {
		s.drain()
		if got := s.texts(); len(got) >= n {
			return got
		}
		select {
		case <-s.changed:
		case <-deadline:
			s.t.Fatalf("after a minute there are %d records of %d: %q\n%s", len(s.got), n, s.texts(), s.log)
		}
	}
}

func (s *shipper) texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var texts []string
	for _, r := range s.got {
		texts = append(texts, r.text)
	}
	return texts
}

// commit says that the first n records are delivered.
func (s *shipper) commit(n int) {
	r := s.got[n-1]
	r.stream.Commit(r.next, input.Carry{Time: r.time})
}

// children are the processes this one has started.
func children(t testing.TB, parent int) []int {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	var found []int
	for _, path := range stats {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// pid (name) state parent …
		after := strings.Fields(string(raw[bytes.LastIndexByte(raw, ')')+1:]))
		if len(after) > 1 && after[1] == strconv.Itoa(parent) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			found = append(found, pid)
		}
	}
	return found
}
