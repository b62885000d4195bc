package checkpoint

import (
	"fmt"
	"testing"
)

func TestSuspendedRecordsCountAsFarAsTheConditionsHold(t *testing.T) {
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
		s := open(t, dir)
		set(s, "file", "a", 1)
		set(s, "file", "c", 1)
		for i, commit := range []func(){
			func() { set(s, "file", "a", 2) },
			func() { set(s, "file", "b", 2) },
			func() { set(s, "file", "a", 3); s.Delete("file", "c") },
		} {
			if err := s.Suspend(fmt.Appendf(nil, "%d", i), commit); err != nil {
				t.Fatal(err)
			}
		}
		closeStore(t, s)

		s = open(t, dir)
		if conditions := s.Suspended(); fmt.Sprintf("%s", conditions) != "[0 1 2]" {
			t.Fatalf("conditions %s", conditions)
		}
		s.Resolve(tt.hold)
		closeStore(t, s)

		s = open(t, dir)
		r := s.Records("file")
		if left := s.Suspended(); string(r["a"]) != tt.a || string(r["b"]) != tt.b || string(r["c"]) != tt.c || left != nil {
			t.Errorf("hold %v: %s, left %s", tt.hold, r, left)
		}
	}
}

func TestInspectSeesWhatIsWrittenAndWhoUsesIt(t *testing.T) {
	dir := t.TempDir()
	if _, err := Inspect(dir); err == nil {
		t.Error("a directory nobody used has a state")
	}
	s := open(t, dir)
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
