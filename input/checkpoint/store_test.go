package checkpoint

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func set(s *Store, namespace, id string, v any) { s.Set(namespace, id, func() any { return v }) }

func closeStore(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// content of a store, as one comparable text.
func dump(s *Store) string {
	var all []string
	for _, namespace := range []string{"file", "journal"} {
		for id, raw := range s.Records(namespace) {
			all = append(all, fmt.Sprintf("%s/%s=%s", namespace, id, raw))
		}
	}
	slices.Sort(all)
	return strings.Join(append(all, string(s.Get("acks"))), " ")
}

func TestRemembers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "for it")
	s := open(t, dir)
	set(s, "file", "a", 1)
	set(s, "file", "b", 2)
	set(s, "journal", "a", map[string]int{"n": 3})
	s.Put("acks", []byte("unanswered"))
	set(s, "file", "c", 4)
	s.Delete("file", "c")
	closeStore(t, s)
	s.Set("file", "late", func() any { return 1 })

	s = open(t, dir)
	if got, want := dump(s), `file/a=1 file/b=2 journal/a={"n":3} unanswered`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s.Put("acks", nil)
	s.Delete("file", "a")
	s.Set("file", "b", func() any { return nil }) // nothing to say
	closeStore(t, s)

	s = open(t, dir)
	if got, want := dump(s), `file/b=2 journal/a={"n":3} `; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if s.Damaged() {
		t.Error("taken for damaged")
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, mode := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, current): 0o600, filepath.Join(dir, "lock"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

func TestDeleteWinsOverAFlushUnderWay(t *testing.T) {
	s := open(t, t.TempDir())
	s.Set("file", "a", func() any {
		s.Delete("file", "a")
		return 1
	})
	set(s, "file", "b", 2)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := dump(s); got != "file/b=2 " {
		t.Errorf("got %s", got)
	}
}

func TestManyAtOnce(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var writers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for n := range 200 {
				set(s, "file", fmt.Sprint(w), n)
				s.Put("acks", fmt.Append(nil, n))
				if n%20 == 0 {
					if err := s.Flush(); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	writers.Wait()
	closeStore(t, s)
	s = open(t, dir)
	if got := dump(s); got != "file/0=199 file/1=199 file/2=199 file/3=199 199" {
		t.Errorf("got %s", got)
	}
}

func TestOneProcessOnly(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := Open(dir, slog.New(slog.DiscardHandler))
	if err == nil {
		t.Fatal("two stores on one directory")
	}
	for _, part := range []string{"STATE_DIR", dir, fmt.Sprint(os.Getpid()), "stop that one"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not say %q", err, part)
		}
	}
	closeStore(t, s)
	open(t, dir)
}

func TestUnusableDirectory(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	occupied := filepath.Join(dir, "occupied") // where the store's own file would go
	if err := os.MkdirAll(filepath.Join(occupied, unready), 0o700); err != nil {
		t.Fatal(err)
	}
	for bad, hint := range map[string]string{
		file: "name a directory", filepath.Join(file, "below"): "let this user write to it", occupied: "remove it",
	} {
		_, err := Open(bad, slog.New(slog.DiscardHandler))
		if err == nil {
			t.Errorf("%s was taken", bad)
			continue
		}
		if !strings.Contains(err.Error(), "STATE_DIR="+bad) || !strings.Contains(err.Error(), hint) {
			t.Errorf("%q does not name the setting, or not the hint", err)
		}
	}
}

func TestFallsBack(t *testing.T) {
	for name, harm := range map[string]func([]byte) []byte{
		"truncated":   func(b []byte) []byte { return b[:len(b)/2] },
		"emptied":     func(b []byte) []byte { return nil },
		"zeroed":      func(b []byte) []byte { return make([]byte, len(b)) },
		"bit flipped": func(b []byte) []byte { b[len(b)/2] ^= 4; return b },
		"no end":      func(b []byte) []byte { return b[:len(b)-1] },
		"version":     func(b []byte) []byte { return bytes.Replace(b, []byte(" 1 "), []byte(" 3 "), 1) },
		"longer":      func(b []byte) []byte { return append(b, b...) },
		"missing":     nil,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var log bytes.Buffer
			path := filepath.Join(dir, current)
			s := open(t, dir)
			set(s, "file", "a", 1)
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
			set(s, "file", "a", 2)
			closeStore(t, s)

			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if harm == nil {
				err = os.Remove(path)
			} else {
				err = os.WriteFile(path, harm(data), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			s, err = Open(dir, slog.New(slog.NewTextHandler(&log, nil)))
			if err != nil {
				t.Fatal(err)
			}
			if got := dump(s); got != "file/a=2 " || s.Damaged() != (harm != nil) {
				t.Errorf("got %s, damaged %v", got, s.Damaged())
			}
			if harm != nil && !strings.Contains(log.String(), path) {
				t.Errorf("logged %q", log.String())
			}
			// the good copy must outlive the damaged one
			closeStore(t, s)
			s = open(t, dir)
			if got := dump(s); got != "file/a=2 " {
				t.Errorf("then got %s", got)
			}
		})
	}
}

func TestBothCopiesDamaged(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{current, previous} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("ollama-hec checkpoints"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	if !s.Damaged() || dump(s) != "" {
		t.Errorf("damaged %v, holds %q", s.Damaged(), dump(s))
	}
}

func TestNewerFormat(t *testing.T) {
	dir := t.TempDir()
	body := []byte("{}")
	data := append([]byte(header(format+1, body)+"\n"), body...)
	if err := os.WriteFile(filepath.Join(dir, current), data, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(dir, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Fatalf("got %v", err)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, current)); err != nil || !bytes.Equal(kept, data) {
		t.Errorf("and it was not left alone")
	}
}

// A directory in the way of the file stands for a disk that takes no more.
func TestCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	var log logged
	s, err := Open(dir, slog.New(&log))
	if err != nil {
		t.Fatal(err)
	}
	set(s, "file", "a", 1)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{current, unready} {
		if err := errors.Join(
			os.RemoveAll(filepath.Join(dir, name)),
			os.MkdirAll(filepath.Join(dir, name, "x"), 0o700),
		); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		set(s, "file", "a", 2+n)
		if s.Flush() == nil || s.Err() == nil {
			t.Error("no error")
		}
	}
	if got := log.count(slog.LevelError); got != 1 {
		t.Errorf("%d alarms, not one", got)
	}
	for _, name := range []string{current, unready} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Flush(); err != nil || s.Err() != nil {
		t.Errorf("%v, %v", err, s.Err())
	}
	closeStore(t, s)
	if got := dump(open(t, dir)); got != "file/a=4 " {
		t.Errorf("got %s", got)
	}
}

type logged struct {
	mu     sync.Mutex
	levels []slog.Level
}

func (l *logged) Enabled(context.Context, slog.Level) bool { return true }
func (l *logged) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logged) WithGroup(string) slog.Handler            { return l }

func (l *logged) Handle(_ context.Context, r slog.Record) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.levels = append(l.levels, r.Level)
	return nil
}

func (l *logged) count(level slog.Level) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, v := range l.levels {
		if v == level {
			n++
		}
	}
	return n
}

// No damage to a file goes unnoticed, and none does more than that.
func FuzzDecode(f *testing.F) {
	c := emptyContent()
	c.set(recordKey{"file", "a"}, json.RawMessage(`{"offset":1}`))
	c.Documents["acks"] = []byte("x")
	whole, sum, err := c.encode()
	if err != nil {
		f.Fatal(err)
	}
	for _, ch := range []change{{Documents: map[string]*[]byte{"acks": nil}}, {Suspended: &[]suspension{}}} {
		var more []byte
		if more, sum, err = ch.encode(sum); err != nil {
			f.Fatal(err)
		}
		whole = append(whole, more...)
	}
	f.Add(whole, uint(3), byte(1))
	f.Add([]byte(header(1, []byte("null"))+"\nnull"), uint(0), byte(0))
	f.Add([]byte("ollama-hec checkpoints 1 2 00000000\n{}"), uint(0), byte(0))
	f.Fuzz(func(t *testing.T, data []byte, at uint, flip byte) {
		if c, err := decode(data); err == nil {
			c.set(recordKey{"n", "id"}, json.RawMessage("1"))
			again, _, err := c.encode()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := decode(again); err != nil {
				t.Errorf("what was read is not written as it can be read: %v", err)
			}
		}
		harmed := bytes.Clone(whole)
		harmed[at%uint(len(harmed))] ^= flip
		if _, err := decode(harmed); (err == nil) != (flip == 0) {
			t.Errorf("byte %d changed by %x: %v", at%uint(len(harmed)), flip, err)
		}
	})
}
