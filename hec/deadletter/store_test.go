package deadletter

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec"
)

func reasons(t *testing.T, s *Store) (rs []string) {
	t.Helper()
	if err := s.Each(func(l Letter) error { rs = append(rs, l.Reason+" "+string(l.Event)); return nil }); err != nil {
		t.Fatal(err)
	}
	return rs
}

func put(t *testing.T, s *Store, reason, event string) {
	t.Helper()
	if err := s.Put(hec.DeadLetter{Event: []byte(event), Reason: reason, Code: 6, Endpoint: "http://e"}); err != nil {
		t.Fatal(err)
	}
}

func TestBuriedLettersAreListedInOrder(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	if got := reasons(t, s); got != nil {
		t.Fatalf("a store nobody used holds %q", got)
	}
	put(t, s, "a", `{"event":1}`)
	put(t, s, "b", `{"event":2}`)
	if got := strings.Join(reasons(t, s), ","); got != `a {"event":1},b {"event":2}` {
		t.Fatal(got)
	}
}

func TestHalfALineDoesNotSpoilTheNext(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	put(t, s, "a", `1`)
	files, err := paths(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(files[0], []byte(`{"reason":"cut`), 0o600); err != nil {
		t.Fatal(err)
	}
	put(t, s, "b", `2`)
	if got := strings.Join(reasons(t, s), ","); got != `not a whole letter "{\"reason\":\"cut",b 2` {
		t.Fatal(got)
	}
}

func TestFullStoreRefuses(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dead-letter")
	s := Open(dir)
	put(t, s, "a", `1`)
	if err := os.Truncate(first(t, s), totalMax); err != nil {
		t.Fatal(err)
	}
	if err := s.Put(hec.DeadLetter{Event: []byte(`2`)}); !errors.Is(err, ErrFull) {
		t.Fatalf("got %v", err)
	}
}

// The event is kept as it was sent, and it may be large.
func TestALargeLetterIsReadAndDropped(t *testing.T) {
	s := Open(filepath.Join(t.TempDir(), "dead-letter"))
	event := `{"event":"` + strings.Repeat("<", 20<<20) + `"}`
	put(t, s, "a", event)
	if got := reasons(t, s); len(got) != 1 || got[0] != "a "+event {
		t.Fatalf("%d letters", len(got))
	}
	if n, err := s.Drop(); n != 1 || err != nil || reasons(t, s) != nil {
		t.Fatalf("%d dropped, %v", n, err)
	}
}

func TestFilesAreForTheOwnerOnlyAndRotated(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dead-letter")
	s := Open(dir)
	big := `"` + strings.Repeat("x", fileMax/2) + `"`
	for range 3 {
		put(t, s, "big", big)
	}
	files, err := paths(s)
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range append(files, dir) {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", f, info.Mode(), err)
		}
	}
}

func first(t *testing.T, s *Store) string {
	t.Helper()
	files, err := paths(s)
	if err != nil || len(files) == 0 {
		t.Fatalf("%q, %v", files, err)
	}
	return files[0]
}

// paths are the store's files, oldest first.
func paths(s *Store) (all []string, err error) {
	dir, err := s.dir()
	if dir == nil {
		return nil, err
	}
	defer dir.Close()
	names, err := files(dir)
	for _, name := range names {
		all = append(all, dir.Path(name))
	}
	return all, err
}
