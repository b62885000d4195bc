package sourcetypes

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/input"
)

// ships is what a normalizer makes of a log, told whether it remembers texts.
func ships(o *Options, log []byte, remember bool) (bodies []string, hits int64) {
	n := NewNormalizer(o, 0, input.Carry{}, func(e *Event) { bodies = append(bodies, string(e.Body)) })
	if !remember {
		n.verdicts = nil
	}
	var r input.Record
	for line := range bytes.Lines(log) {
		r.Text, r.Next = bytes.TrimSuffix(line, []byte("\n")), r.Next+1
		n.Add(&r)
	}
	n.Flush()
	if remember != (n.verdicts == &remembered) {
		panic("it remembers where it should not")
	}
	return bodies, n.counts.Redacted[KindPrompt]
}

// agrees checks that a log becomes the same, remembered or not, and each time.
func agrees(t *testing.T, o *Options, name string, log []byte) {
	t.Helper()
	want, hits := ships(o, log, false)
	for try := range 3 { // what comes the second time is kept, and answers the third time
		got, gotHits := ships(o, log, true)
		if len(got) != len(want) || gotHits != hits {
			t.Fatalf("%s, time %d: %d events and %d hits, want %d and %d", name, try, len(got), gotHits, len(want), hits)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Fatalf("%s, time %d:\ngot  %s\nwant %s", name, try, got[i], want[i])
			}
		}
	}
}

func concealing() map[string]*Options {
	all := modes()
	for name, o := range all {
		if o.Prompts == Full || o.Prompts == Redacted && o.Redact.Secrets {
			delete(all, name)
		}
	}
	return all
}

// TestVerdictsAgree: with PROMPTS set so that texts are judged, each log of the corpus and of
// the cases, and each place of a text, becomes the same whether what was judged before is remembered
// or not.
func TestVerdictsAgree(t *testing.T) {
	logs := map[string][]byte{"places": nil}
	for i, place := range textPlaces {
		for _, text := range []string{"tell me", "model loaded", "127.0.0.1:5", "a, b; c", "5"} {
			logs["places"] = append(logs["places"], strings.ReplaceAll(place, "MARKER", text)+"\n"...)
		}
		logs["places"] = fmt.Appendf(logs["places"], "%smsg=%d\n", infoStamp, i)
	}
	for _, dir := range []string{corpusDir, casesDir} {
		filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(path, ".log") {
				log, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				logs[path] = log[:min(len(log), 1<<20)]
			}
			return nil
		})
	}
	if len(logs) < 10 {
		t.Fatalf("%d logs", len(logs))
	}
	for name, o := range concealing() {
		for path, log := range logs {
			agrees(t, o, name+", "+path, log)
		}
	}
	kept := map[judged]int{}
	for i := range remembered.sets {
		for way := range verdictWays {
			if is := remembered.sets[i].ways[way].Load(); is != nil {
				kept[is.as]++
			}
		}
	}
	for as := byWord; as <= asStamped; as++ {
		if kept[as] == 0 {
			t.Errorf("nothing is remembered as %d", as)
		}
	}
}

// A value is judged as what its key makes of it: what stays under one does not under another.
func TestVerdictsAreOfOneKind(t *testing.T) {
	o := concealing()["off"]
	var log []byte
	for _, value := range []string{`"/home/me/notes.txt"`, `"the model"`, `"3 a b c"`, `"meet.at.noon"`, `"[1 2 3]"`, `"cpu"`} {
		for range 3 {
			for _, key := range []string{"error", "novel", "from", "prompt", "string", "images", "msg"} {
				for _, stamp := range []string{infoStamp, debugStamp, traceStamp} {
					log = fmt.Appendf(log, "%smsg=\"new one\" %s=%s\n%smsg=%[3]s\n", stamp, key, value, stamp)
				}
				log = fmt.Appendf(log, "%s=%s\n{\"level\":\"ERR\",\"%s\":%s}\n", key, value, key, value)
			}
		}
	}
	agrees(t, o, "kinds", log)
}

// TestVerdictsDoNotAllocate: a log of which all is remembered costs no memory, nor does a text
// that comes once.
func TestVerdictsDoNotAllocate(t *testing.T) {
	v, text := new(verdicts), []byte("connection refused 0000")
	if n := testing.AllocsPerRun(100, func() {
		text[len(text)-1]++
		v.add(v.id(byWord, text), byWord, text)
	}); n != 0 {
		t.Errorf("%v allocations for a text that comes once", n)
	}
	id := v.id(byWord, text)
	v.add(id, byWord, text)
	if n := testing.AllocsPerRun(100, func() {
		if !v.has(id, byWord, text) {
			t.Error("is not remembered")
		}
	}); n != 0 {
		t.Errorf("%v allocations for one that is remembered", n)
	}
}

// TestVerdictsCompareTheText: an id alone answers nothing, and a long text is not kept.
func TestVerdictsCompareTheText(t *testing.T) {
	v, text := new(verdicts), []byte("model loaded")
	id := v.id(byWord, text)
	v.add(id, byWord, text)
	v.add(id, byWord, text)
	if !v.has(id, byWord, text) || v.has(id, byWord, []byte("tell me more")) || v.has(id, byWordStrictly, text) {
		t.Error("answers for another text, or not for its own")
	}
	if long := bytes.Repeat([]byte("a"), maxVerdict+1); v.id(byWord, long) != 0 {
		t.Error("keeps a text that is too long")
	}
}

// TestVerdictsKeepWhatIsAskedFor: as many texts as a set has ways stay in it while they come
// again and again, whatever comes in between.
func TestVerdictsKeepWhatIsAskedFor(t *testing.T) {
	v := new(verdicts)
	textOf := func(name string, i int) []byte { return fmt.Appendf(nil, "%s %d", name, i) }
	var often [][]byte
	for i := 0; len(often) < verdictWays-1; i++ {
		if text := textOf("often", i); v.id(asLine, text)%verdictSets == 7 {
			often = append(often, text)
		}
	}
	missed := 0
	for i, turn := 0, 0; turn < 300; i++ {
		text := textOf("now and then", i)
		id := v.id(asLine, text)
		if id%verdictSets != 7 {
			continue
		}
		turn++
		for range 2 {
			v.add(id, asLine, text)
		}
		for range 2 {
			for _, text := range often {
				if id := v.id(asLine, text); !v.has(id, asLine, text) {
					v.add(id, asLine, text)
					missed++
				}
			}
		}
	}
	if missed > 10*len(often) {
		t.Errorf("%d texts that come again and again were judged %d times", len(often), missed)
	}
}

// FuzzVerdicts: whatever text stands in whatever place, it becomes the same, remembered or not.
func FuzzVerdicts(f *testing.F) {
	for i := range textPlaces {
		f.Add(uint(i), "model loaded")
	}
	all := concealing()
	f.Fuzz(func(t *testing.T, place uint, text string) {
		line := strings.ReplaceAll(textPlaces[place%uint(len(textPlaces))], "MARKER", text)
		for name, o := range all {
			agrees(t, o, name, []byte(line))
		}
	})
}
