package journald

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// burst are entries as journald stamps them, many with one microsecond, some of
// which say the same; their texts.
func burst(name string, n int) (entries []fieldsOf, texts []string) {
	for i := range n {
		text := fmt.Sprintf("%s-%d", name, i)
		if i%3 == 1 {
			text = name + "-again"
		}
		entries, texts = append(entries, said(text)), append(texts, text)
	}
	return entries, texts
}

// bursts writes three of them to a file, a second apart. Written again the entries
// are the same but for their numbers, as after a move from memory to disk.
func (j *journal) bursts(t *testing.T, file string) (texts []string) {
	j.at, j.still = 0, true
	defer func() { j.still = false }()
	for i, name := range []string{"a", "b", "c"} {
		j.at = i + 1
		entries, more := burst(name, 7)
		j.write(t, file, entries...)
		texts = append(texts, more...)
	}
	return texts
}

// TestMovedToDisk: journald moves the volatile journal to disk, and whatever was
// read of one microsecond, nothing comes twice, is left out, or alarms.
func TestMovedToDisk(t *testing.T) {
	live(t, "between two runs", movedBetweenTwoRuns)
	live(t, "and again", movedAndAgain)
	live(t, "while it is followed", movedWhileItIsFollowed)
	live(t, "while an answer to an earlier run is still to come", movedWhileAnAnswerToAnEarlierRunIsStillToCome)
	live(t, "part of a microsecond gone: says so", movedPartOfAMicrosecondGoneSaysSo)
}

func movedBetweenTwoRuns(t *testing.T, j *journal) {
	texts := j.bursts(t, "memory")
	for _, kept := range []string{"nothing of it left", "the file in memory still there"} {
		for read := 1; read <= len(texts); read++ {
			store := &memory{}
			first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
			equal(t, first.once(), texts)
			first.commit(read)

			there := *j
			there.dir = t.TempDir()
			there.bursts(t, "disk")
			if strings.HasPrefix(kept, "the file") {
				copyFile(t, filepath.Join(j.dir, "memory.journal"), filepath.Join(there.dir, "memory.journal"))
			}
			readOn(t, j, there.dir, store, fmt.Sprintf("%s, %d read", kept, read), texts[read:])
		}
	}
}

func movedAndAgain(t *testing.T, j *journal) {
	texts := j.bursts(t, "memory")
	store := &memory{}
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	first.once()
	first.commit(9)
	for read := 11; read < len(texts); read += 2 {
		dir := j.dir
		j.dir = t.TempDir()
		store.move(dir, j.dir)
		j.bursts(t, "disk")
		s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
		equal(t, s.once(), texts[read-2:])
		s.commit(2)
	}
}

func movedWhileItIsFollowed(t *testing.T, j *journal) {
	texts := j.bursts(t, "memory")
	s := newShipper(t, Config{Dir: j.dir, Store: &memory{}})
	stop := s.following()
	s.until(len(texts))
	j.bursts(t, "disk")
	remove(t, j, "memory")
	kill(t)
	j.write(t, "disk", said("after"))
	equal(t, s.until(len(texts)+1), append(slices.Clone(texts), "after"))
	j.write(t, "disk", said("later"))
	equal(t, s.until(len(texts)+2), append(texts, "after", "later"))
	if got := s.source.Stats().Lost; got != 0 {
		t.Errorf("counted %d losses; log:\n%s", got, s.log)
	}
	stop()
}

func movedWhileAnAnswerToAnEarlierRunIsStillToCome(t *testing.T, j *journal) {
	texts := j.bursts(t, "memory")
	store := &memory{}
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	first.once()
	first.commit(3)
	_, carry := first.got[4].stream.Start()
	dir := j.dir
	j.dir = t.TempDir()
	store.move(dir, j.dir)
	j.bursts(t, "disk")
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	late := s.source.open("gpu1")
	late.Commit(12, carry)
	f := follower{stream: late, ready: s.ready, log: s.source.Log}
	if err := s.source.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := f.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.drain()
	equal(t, s.texts(), texts[12:])
}

func movedPartOfAMicrosecondGoneSaysSo(t *testing.T, j *journal) {
	texts := j.bursts(t, "memory")
	store := &memory{}
	first := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	first.once()
	first.commit(10)
	dir := j.dir
	j.dir, j.at, j.still = t.TempDir(), 2, true
	store.move(dir, j.dir)
	entries, _ := burst("b", 7)
	j.write(t, "disk", entries[4:]...)
	s := newShipper(t, Config{Dir: j.dir, Once: true, Store: store})
	want := texts[11:14]
	if got := s.once(); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := s.source.Stats().Lost; got != 1 {
		t.Errorf("counted %d losses, want 1; log:\n%s", got, s.log)
	}
}

// readOn reads what a store says was not read, of the journal in dir.
func readOn(t *testing.T, j *journal, dir string, store *memory, what string, want []string) {
	t.Helper()
	store.move(j.dir, dir)
	s := newShipper(t, Config{Dir: dir, Once: true, Store: store})
	if got := s.once(); !slices.Equal(got, want) || s.source.Stats().Lost != 0 {
		t.Errorf("%s:\ngot  %q\nwant %q\ncounted %d losses; log:\n%s", what, got, want, s.source.Stats().Lost, s.log)
	}
}

// move makes what is kept of the journal in one directory that of another.
func (m *memory) move(from, to string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	moved := map[string]json.RawMessage{}
	for id, c := range m.records {
		moved[strings.ReplaceAll(id, from, to)] = c
	}
	m.records = moved
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzCopies: of what journalctl shows of several copies of one file, in whatever
// order and however often, as much is let through as one copy holds.
func FuzzCopies(f *testing.F) {
	f.Add([]byte("\x00\x01\x02\x00\x01\x02"), uint8(2))
	f.Add([]byte("aabbab"), uint8(3))
	f.Fuzz(func(t *testing.T, order []byte, files uint8) {
		var c copies
		in, out := map[string]map[byte]int{}, map[byte]int{}
		for i, b := range order {
			sequence := fmt.Sprint(int(b>>4) % (int(files%4) + 1))
			hash := b & 15
			if in[sequence] == nil {
				in[sequence] = map[byte]int{}
			}
			in[sequence][hash]++
			if c.pass(fmt.Appendf(nil, "s=%s;i=%x;b=b;m=1;t=1;x=%x", sequence, i, hash)) {
				out[hash]++
			}
		}
		for hash := range byte(16) {
			most := 0
			for _, of := range in {
				most = max(most, of[hash])
			}
			if out[hash] != most {
				t.Errorf("%x: %d let through of %v", hash, out[hash], in)
			}
		}
	})
}
