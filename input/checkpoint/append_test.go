package checkpoint

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// after a crash: what another process would find.
func (s *Store) crash(t *testing.T) *Store {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(s.path, current))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return openAs(t, data)
}

// openAs is a store whose file is data.
func openAs(t *testing.T, data []byte) *Store {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, current), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	return s
}

func TestWritesByItselfWithinAQuarterOfASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir())
		for n := range 10 {
			<-time.After(time.Duration(37*n) * time.Millisecond)
			set(s, "file", "a", n)
			<-time.After(250 * time.Millisecond)
			if got := dump(s.crash(t)); got != fmt.Sprintf("file/a=%d ", n) {
				t.Errorf("a quarter of a second after %d: %s", n, got)
			}
		}
		closeStore(t, s)
	})
}

func TestWritesLessOftenWhatTakesLongToFindOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir())
		var asked atomic.Int64
		slow := func() any {
			n := asked.Add(1)
			<-time.After(20 * time.Millisecond)
			return n
		}
		began := time.Now()
		for time.Since(began) < 9*time.Second {
			s.Set("file", "a", slow)
			<-time.After(10 * time.Millisecond)
		}
		if n := asked.Load(); n < 8 || n > 13 {
			t.Errorf("asked %d times in 9 s", n)
		}
		closeStore(t, s)
	})
}

// On a busy machine anything may seem to take long, and that is no reason to save later.
func TestIsNotLateBecauseTheMachineIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, t.TempDir())
		var asked atomic.Int64
		now := func() any {
			n := asked.Add(1)
			if n%4 != 0 {
				<-time.After(9 * time.Millisecond)
			}
			return n
		}
		for n := range int64(20) {
			s.Set("file", "a", now)
			<-time.After(250 * time.Millisecond)
			if got := asked.Load(); got != n+1 {
				t.Fatalf("asked %d times within a quarter of a second of change %d", got, n+1)
			}
		}
		closeStore(t, s)
	})
}

// What is set together is found together after a crash, whenever that comes.
func TestTogether(t *testing.T) {
	s := open(t, t.TempDir())
	var done atomic.Bool
	var parts [2]atomic.Int64
	value := func(part *atomic.Int64) func() any {
		return func() any {
			runtime.Gosched() // others go on meanwhile
			return part.Load()
		}
	}
	var changes sync.WaitGroup
	changes.Go(func() {
		for n := int64(1); !done.Load(); n++ {
			s.Together(func() {
				for i := range parts {
					parts[i].Store(n)
					s.Set("file", fmt.Sprint(i), value(&parts[i]))
					runtime.Gosched()
				}
			})
		}
	})
	for range 50 {
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		if r := s.crash(t).Records("file"); string(r["0"]) != string(r["1"]) {
			t.Errorf("after a crash one is %s, the other %s", r["0"], r["1"])
			break
		}
	}
	done.Store(true)
	changes.Wait()
	closeStore(t, s)
}

// act changes s in one of all the ways there are.
func act(t *testing.T, s *Store, draw *rand.Rand) {
	id, n := fmt.Sprint(draw.IntN(5)), draw.IntN(1000)
	switch draw.IntN(8) {
	case 0, 1, 2:
		set(s, "file", id, n)
	case 3:
		set(s, "journal", id, map[string]int{"n": n})
	case 4:
		s.Delete("file", id)
	case 5:
		s.Put("acks", []byte{byte(n), '\n', 0})
	case 6:
		s.Put("acks", nil)
	case 7:
		if n < 500 {
			s.Resolve([]bool{true, false})
		} else if err := s.Suspend([]byte("1"), func() { set(s, "file", id, n) }); err != nil {
			t.Fatal(err)
		}
	}
}

func encoded(t *testing.T, s *Store) string {
	text, err := json.Marshal(s.content)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Wherever a file ends and whatever byte of it changes: what is read of it was once
// written, and unless all is, somebody is told.
func TestWhatIsReadWasOnceWritten(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 1))
	s := open(t, t.TempDir())
	path := filepath.Join(s.path, current)
	written := map[string]bool{`{"records":{},"documents":{}}`: true}
	ends := map[int]string{}
	var file []byte
	for range 40 {
		act(t, s, draw)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if len(file) > 0 && string(data[:len(file)]) != string(file) {
			t.Fatal("written anew instead of being appended to")
		}
		file = data
		written[encoded(t, s)], ends[len(file)] = true, encoded(t, s)
	}
	check := func(what string, at int, data []byte) {
		got := openAs(t, data)
		said := encoded(t, got)
		if !written[said] {
			t.Fatalf("%s %d: nobody ever wrote %s", what, at, said)
		}
		if whole := ends[len(data)]; !got.Damaged() && said != whole {
			t.Fatalf("%s %d: holds %s, not %s, and nothing is said of it", what, at, said, whole)
		}
	}
	for n := 0; n < len(file); n += 1 + draw.IntN(7) {
		check("cut at", n, file[:n])
		harmed := []byte(string(file))
		harmed[n] ^= byte(1 + draw.IntN(255))
		check("changed at", n, harmed)
	}
	check("zeros after", 0, append([]byte(string(file)), make([]byte, 100)...))
}

// What is long done costs nothing: the file stays small, and is seldom written anew.
func TestTheFileDoesNotGrow(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	path := filepath.Join(dir, current)
	renewed, last := 0, int64(0)
	for n := range 400 {
		set(s, "file", fmt.Sprint(n), strings.Repeat("a file that came and went ", 80))
		s.Delete("file", fmt.Sprint(n-8))
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() < last {
			renewed++
		}
		if last = info.Size(); last > changesMax+40<<10 {
			t.Fatalf("%d bytes of eight files", last)
		}
	}
	if renewed == 0 || renewed > 4 {
		t.Errorf("written anew %d times", renewed)
	}
	if got := len(s.crash(t).Records("file")); got != 8 {
		t.Errorf("%d records", got)
	}
}

// Somebody may remove the file, or write to it, while it is in use.
func TestTheFileIsTakenAway(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"written": func(path string) error { return os.WriteFile(path, []byte("x"), 0o600) },
	} {
		s := open(t, t.TempDir())
		for n := range 3 {
			set(s, "file", "a", n)
			if n == 2 {
				if err := harm(filepath.Join(s.path, current)); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Flush(); err != nil {
				t.Fatal(err)
			}
		}
		if got := dump(s.crash(t)); got != "file/a=2 " {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// A clean stop leaves what versions that know of no changes can read.
func TestTheVersionBeforeCanReadIt(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for n := range 3 {
		set(s, "file", "a", n)
		if err := s.Flush(); err != nil {
			t.Fatal(err)
		}
	}
	closeStore(t, s)
	data, err := os.ReadFile(filepath.Join(dir, current))
	if err != nil {
		t.Fatal(err)
	}
	if d, err := decode(data); err != nil || d.base != len(data) || string(d.Records["file"]["a"]) != "2" {
		t.Errorf("%q: %v", data, err)
	}
}

// What versions wrote that knew of no changes is read, and changes are appended to it.
func TestReadsWhatTheVersionBeforeWrote(t *testing.T) {
	data, err := os.ReadFile("testdata/checkpoints-before-changes")
	if err != nil {
		t.Fatal(err)
	}
	s := openAs(t, data)
	want := `file/a={"offset":20,"path":"/var/log/a.log"} journal/b=2 unanswered`
	if got := dump(s); got != want || s.Damaged() || len(s.Suspended()) != 1 {
		t.Fatalf("got %s, damaged %v, suspended %s", got, s.Damaged(), s.Suspended())
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, current), data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	set(s, "journal", "b", 3)
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := dump(s.crash(t)); got != strings.Replace(want, "b=2", "b=3", 1) {
		t.Errorf("then got %s", got)
	}
}
