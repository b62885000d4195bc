package checkpoint

import (
	"fmt"
	"log/slog"
	"testing"
)

func reopen(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func TestSuspendedRecordsCountAsFarAsTheConditionsHold(t *testing.T) {
	set := func(s *Store, id string, v int) { s.Set("file", id, func() any { return v }) }
	for _, tt := range []struct {
		hold    []bool
		a, b, c string // "" for no record
	}{
		{[]bool{true, true, true}, "3", "2", ""},
		{[]bool{true, true, false}, "2", "2", "1"},
		{[]bool{true, false, true}, "3", "", ""},
		{[]bool{false, true, false}, "1", "2", "1"},
		{[]bool{false, true, true}, "1", "2", ""},
		{[]bool{false, false, false}, "1", "", "1"},
		{nil, "1", "", "1"},
	} {
		dir := t.TempDir()
		s := reopen(t, dir)
		set(s, "a", 1)
		set(s, "c", 1)
		for i, commit := range []func(){
			func() { set(s, "a", 2) },
			func() { set(s, "b", 2) },
			func() { set(s, "a", 3); s.Delete("file", "c") },
		} {
			if err := s.Suspend(fmt.Appendf(nil, "%d", i), commit); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		s = reopen(t, dir)
		if conditions, err := s.Suspended(); err != nil || fmt.Sprintf("%s", conditions) != "[0 1 2]" {
			t.Fatalf("conditions %s, %v", conditions, err)
		}
		if err := s.Resolve(tt.hold); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		s = reopen(t, dir)
		r := s.Records("file")
		if left, err := s.Suspended(); string(r["a"]) != tt.a || string(r["b"]) != tt.b || string(r["c"]) != tt.c || left != nil || err != nil {
			t.Errorf("hold %v: %s, left %s, %v", tt.hold, r, left, err)
		}
	}
}

func TestInspectSeesWhatIsWrittenAndWhoUsesIt(t *testing.T) {
	dir := t.TempDir()
	if _, err := Inspect(dir); err == nil {
		t.Error("a directory nobody used has a state")
	}
	s := reopen(t, dir)
	s.Set("file", "a", func() any { return 1 })
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	in, err := Inspect(dir)
	if err != nil || !in.InUse || in.Written.IsZero() || string(in.Records["file"]["a"]) != "1" {
		t.Errorf("%+v, %v", in, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if in, err = Inspect(dir); err != nil || in.InUse {
		t.Errorf("%+v, %v", in, err)
	}
}
