package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/input/statedir"
)

func options(t *testing.T, state string) Options {
	t.Helper()
	return Options{
		State: state, Writer: "capture", Bytes: 256 << 20, Log: slog.New(slog.DiscardHandler),
		Started: Record{Time: time.Now(), Sourcetype: HealthSourcetype, Event: []byte(`{"capture_started":true}`)},
	}
}

func start(t *testing.T, o Options) *Writer {
	t.Helper()
	w, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func event(n int) Record {
	return Record{
		Time:       time.Unix(1_700_000_000, int64(n)),
		Sourcetype: "ollama:api",
		Event:      fmt.Appendf(nil, `{"n":%d}`, n),
	}
}

// segments returns the names of the segments, and their records in order.
func segments(t *testing.T, state string) (names []string, records []Record) {
	t.Helper()
	paths, err := filepath.Glob(Glob(state))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		names = append(names, filepath.Base(path))
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range bytes.Lines(text) {
			r, err := Parse(bytes.TrimSuffix(line, []byte("\n")))
			if err != nil {
				t.Fatalf("%s: %v in %s", path, err, line)
			}
			records = append(records, r)
		}
	}
	return names, records
}

func has(t *testing.T, state string, want ...string) {
	t.Helper()
	_, records := segments(t, state)
	var got []string
	for _, r := range records {
		got = append(got, string(r.Event))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the spool has %q, want %q", got, want)
	}
}

func TestEachProcessBeginsASegmentWithItsStart(t *testing.T) {
	state := t.TempDir()
	for n := range 3 {
		w := start(t, options(t, state))
		if n > 0 {
			w.Emit(event(n))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	has(t, state, `{"capture_started":true}`, `{"capture_started":true}`, `{"n":1}`, `{"capture_started":true}`, `{"n":2}`)
	names, _ := segments(t, state)
	want := []string{"capture-000000000001.jsonl", "capture-000000000002.jsonl", "capture-000000000003.jsonl"}
	if !slices.Equal(names, want) {
		t.Errorf("segments %q", names)
	}
	for _, name := range names {
		if err := os.Remove(filepath.Join(Path(state), name)); err != nil {
			t.Fatal(err)
		}
	}
	start(t, options(t, state)).Close()
	if names, _ := segments(t, state); !slices.Equal(names, []string{"capture-000000000004.jsonl"}) {
		t.Errorf("a number was used again: %q", names)
	}
	if text, err := os.ReadFile(filepath.Join(Path(state), "CACHEDIR.TAG")); err != nil ||
		!strings.HasPrefix(string(text), "Signature: 8a477f597d28d172789f06886806bc55\n") {
		t.Errorf("CACHEDIR.TAG: %q, %v", text, err)
	}
}

func TestOneWriterOfAName(t *testing.T) {
	state := t.TempDir()
	w := start(t, options(t, state))
	defer w.Close()
	if _, err := Open(
		options(t, state),
	); err == nil ||
		!strings.Contains(err.Error(), "in use by another ollama-hec capture") {
		t.Errorf("a second capture: %v", err)
	}
	other := options(t, state)
	other.Writer = "proxy"
	start(t, other).Close()
}

func TestASegmentIsClosedByItsAgeAndItsSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := t.TempDir()
		o := options(t, state)
		o.Bytes = 4 * 1000 // so segments of 1000 bytes
		w := start(t, o)
		defer w.Close()
		dir, err := openDir(state)
		if err != nil {
			t.Fatal(err)
		}
		defer dir.Close()
		isClosed := func(n int) bool {
			t.Helper()
			is, err := closed(dir, segmentName{"capture", uint64(n)}.String())
			if err != nil {
				t.Fatal(err)
			}
			return is
		}
		if isClosed(1) {
			t.Error("a segment is closed while it is young")
		}
		time.Sleep(segmentAge + 2*syncEvery)
		if !isClosed(1) {
			t.Error("a segment is open that is older than it may be")
		}
		for n := range 20 {
			w.Emit(event(n)) // some 70 bytes each
			synctest.Wait()
		}
		if names, records := segments(t, state); len(names) != 3 || len(records) != 21 || !isClosed(2) || isClosed(3) {
			t.Errorf("segments %q with %d records", names, len(records))
		}
	})
}

// told returns what the losses add up to that the spool's records tell.
func told(t *testing.T, records []Record) (l Losses) {
	t.Helper()
	for _, r := range records {
		if r.Sourcetype != HealthSourcetype || !bytes.Contains(r.Event, []byte("lost_records")) {
			continue
		}
		var one Losses
		if err := json.Unmarshal(r.Event, &one); err != nil {
			t.Fatal(err)
		}
		l.Queue, l.Full, l.Disk = l.Queue+one.Queue, l.Full+one.Full, l.Disk+one.Disk
	}
	return l
}

func TestAFullSpoolCountsAndSaysSoOnceThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := t.TempDir()
		o := options(t, state)
		o.Bytes = 2000
		w := start(t, o)
		defer w.Close()
		for n := range 100 {
			w.Emit(event(n))
			synctest.Wait()
		}
		names, records := segments(t, state)
		if held, _, err := used(w.dir.Load()); err != nil || held > o.Bytes || len(names) < 3 {
			t.Errorf("%d bytes in %d segments, %v", held, len(names), err)
		}
		kept := len(records) - 1
		if lost := w.Stats().Lost; lost.Full != int64(100-kept) || lost.Sum() != lost.Full || w.Stats().Problem == "" {
			t.Errorf("%d kept, lost %+v", kept, lost)
		}
		if err := os.Remove(filepath.Join(Path(state), names[0])); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		w.Emit(event(1000))
		synctest.Wait()
		_, records = segments(t, state)
		if l := told(t, records); l.Full != int64(100-kept) || string(records[len(records)-1].Event) != `{"n":1000}` {
			t.Errorf("told of %+v, and of %d kept", l, kept)
		}
	})
}

// Of a spool in which small records find room and large ones none it is said once that it is full, and
// once that it is not any more.
func TestANearlyFullSpoolIsNoNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		state := t.TempDir()
		o := options(t, state)
		o.Bytes, o.Log = 100_000, slog.New(slog.NewTextHandler(&log, nil))
		w := start(t, o)
		large := event(0)
		large.Event = fmt.Appendf(nil, `{"x":%q}`, strings.Repeat("x", 20_000))
		for range 20 {
			w.Emit(large)
			w.Emit(event(1))
			time.Sleep(500 * time.Millisecond)
		}
		says := func(text string) int { return strings.Count(log.String(), text) }
		if w.Stats().Problem == "" || says("the spool is full") != 1 || says("can be written again") != 0 {
			t.Errorf("while it is full: %s", &log)
		}
		names, _ := segments(t, state)
		for _, name := range names[:len(names)-1] {
			if err := os.Remove(filepath.Join(Path(state), name)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(calm)
		w.Emit(large)
		synctest.Wait()
		if w.Stats().Problem != "" || says("the spool is full") != 1 || says("can be written again") != 1 {
			t.Errorf("once there is room: %s", &log)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	})
}

// A spool that is deleted, or moved away, while it is written is begun anew, says so, and goes on
// with its numbers.
func TestASpoolDeletedInUse(t *testing.T) {
	for name, lose := range map[string]func(dir string) error{
		"deleted": os.RemoveAll,
		"moved":   func(dir string) error { return os.Rename(dir, dir+".old") },
		"replaced": func(dir string) error {
			return errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" {
				t.Skip("what is open cannot be deleted there")
			}
			synctest.Test(t, func(t *testing.T) {
				state := t.TempDir()
				w := start(t, options(t, state))
				w.Emit(event(1))
				time.Sleep(2500 * time.Millisecond) // between two looks
				if err := lose(Path(state)); err != nil {
					t.Fatal(err)
				}
				time.Sleep(2 * time.Second)
				w.Emit(event(2))
				time.Sleep(2 * time.Second)
				if err := w.WriteStatus(Status{}); err != nil {
					t.Error(err)
				}
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				names, records := segments(t, state)
				if len(names) != 1 || names[0] != "capture-000000000002.jsonl" || len(records) != 2 ||
					!strings.Contains(string(records[0].Event), "capture_started") || string(records[1].Event) != `{"n":2}` {
					t.Errorf("%q %s", names, records)
				}
			})
		})
	}
}

// Where it cannot be begun anew records are counted, until it can be.
func TestASpoolThatCannotBeBegunAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		state := t.TempDir()
		w := start(t, options(t, state))
		time.Sleep(1500 * time.Millisecond) // between two looks
		if err := os.Rename(Path(state), Path(state)+".old"); err != nil {
			t.Skip(err)
		}
		if err := os.WriteFile(Path(state), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		w.Emit(event(1))
		time.Sleep(2 * time.Second)
		if st := w.Stats(); st.Lost.Disk != 1 || st.Problem == "" {
			t.Errorf("%+v", st)
		}
		if err := os.Remove(Path(state)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		w.Emit(event(2))
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_, records := segments(t, state)
		if len(records) != 3 || !strings.Contains(string(records[1].Event), `"lost_records":1`) {
			t.Errorf("%s", records)
		}
	})
}

func TestEmitNeverWaits(t *testing.T) {
	q := newQueue()
	big := Record{Event: make([]byte, 1<<20)}
	for range 10 {
		q.add(big)
	}
	if records, overflow := q.take(nil); len(records) != 4 || overflow != 6 {
		t.Errorf("%d kept, %d counted", len(records), overflow)
	}
	for n := range queueRecords + 5 {
		q.add(event(n))
	}
	if records, overflow := q.take(nil); len(records) != queueRecords || overflow != 5 {
		t.Errorf("%d kept, %d counted", len(records), overflow)
	}
}

func TestWhatACrashLeft(t *testing.T) {
	state := t.TempDir()
	start(t, options(t, state)).Close()
	empty := filepath.Join(Path(state), "capture-000000000007.jsonl")
	torn := filepath.Join(Path(state), "capture-000000000009.jsonl")
	for path, text := range map[string]string{empty: "", torn: `{"v":1,"ti`} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	start(t, options(t, state)).Close()
	if _, err := os.Stat(empty); !os.IsNotExist(err) {
		t.Errorf("an empty segment stays: %v", err)
	}
	if text, err := os.ReadFile(torn); err != nil || string(text) != `{"v":1,"ti` {
		t.Errorf("a segment was opened again: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(Path(state), "capture-000000000010.jsonl")); err != nil {
		t.Error(err)
	}
}

func TestNamesOfSegments(t *testing.T) {
	for name, want := range map[string]string{
		"capture-000000000001.jsonl": "capture", "/var/x/proxy-12.jsonl": "proxy", "capture.lock": "",
		"capture.jsonl": "", "-1.jsonl": "", "capture-x.jsonl": "", "capture-1.json": "",
	} {
		if got := WriterOf(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestTheSpoolIsRefusedWhereEverybodyMayWrite(t *testing.T) {
	state := t.TempDir()
	start(t, options(t, state)).Close()
	for _, path := range []string{state, Path(state)} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
		_, err := Open(options(t, state))
		if err == nil && os.PathSeparator == '/' ||
			err != nil && !strings.Contains(err.Error(), path+" can be written to by every user") {
			t.Errorf("%s: %v", path, err)
		}
		if err := os.Chmod(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := statedir.Open(Path(state)); err != nil {
		t.Error(err)
	}
}
