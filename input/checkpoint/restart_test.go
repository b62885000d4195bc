package checkpoint

import (
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

func TestSuspendedRecordsCountOnlyIfTheConditionHolds(t *testing.T) {
	for _, holds := range []bool{true, false} {
		dir := t.TempDir()
		s := reopen(t, dir)
		s.Set("file", "a", func() any { return 1 })
		if err := s.Suspend([]byte(`"acks"`)); err != nil {
			t.Fatal(err)
		}
		s.Set("file", "a", func() any { return 2 })
		s.Set("file", "b", func() any { return 3 })
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		s = reopen(t, dir)
		if got := string(s.Suspended()); got != `"acks"` {
			t.Fatalf("condition %s", got)
		}
		if err := s.Resolve(holds); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		s = reopen(t, dir)
		records := s.Records("file")
		want, wantB := "1", ""
		if holds {
			want, wantB = "2", "3"
		}
		if string(records["a"]) != want || string(records["b"]) != wantB || s.Suspended() != nil {
			t.Errorf("holds %v: %s, %s", holds, records, s.Suspended())
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
