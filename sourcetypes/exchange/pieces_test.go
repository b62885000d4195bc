package exchange

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input/wire"
)

// Whatever the pieces in which a conversation comes, the events are the same.
func FuzzPieces(f *testing.F) {
	all := talks()
	for i := range all {
		f.Add(uint(i), uint64(i), uint(1))
		f.Add(uint(i), uint64(i), uint(13))
	}
	f.Fuzz(func(t *testing.T, which uint, seed uint64, most uint) {
		talk := &all[which%uint(len(all))]
		if !talk.complete() {
			return // what follows a hole is found where a segment begins
		}
		random := rand.New(rand.NewPCG(seed, 1))
		got, _ := talk.play(inPieces(talk.steps, random, int(most%4096)+1))
		if want := talk.records(); !slices.Equal(got, want) {
			t.Errorf("%s: in pieces\n%s\nas a whole\n%s", talk.name, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// complete reports whether nothing of a talk is missing.
func (t *talk) complete() bool {
	return !t.peer.Joined && !slices.ContainsFunc(t.steps, func(s step) bool { return s.lost > 0 })
}

func inPieces(steps []step, random *rand.Rand, most int) []step {
	var pieces []step
	for _, s := range steps {
		for len(s.text) > 0 {
			n := min(len(s.text), 1+random.IntN(most))
			piece := s
			piece.text, s.text = s.text[:n], s.text[n:]
			pieces = append(pieces, piece)
		}
		if s.end != nil {
			pieces = append(pieces, s)
		}
	}
	return pieces
}

// Where a part of a conversation was not seen, an event is the same as without that, or
// it is partial and says less: no number in it is another one.
func TestHoles(t *testing.T) {
	for _, talk := range talks() {
		if !talk.complete() {
			continue
		}
		for _, from := range []wire.Side{wire.FromClient, wire.FromServer} {
			size := talk.size(from)
			for at := 0; at < size; at += 1 + size/60 {
				for _, n := range []int{1, 9, 80, 700, size} {
					checkHole(t, &talk, from, at, min(n, size-at), at%2 == 0)
				}
			}
		}
	}
}

func FuzzHoles(f *testing.F) {
	all := talks()
	for i := range all {
		f.Add(uint(i), true, uint(i*7), uint(i*3), false, uint64(0))
	}
	f.Fuzz(func(t *testing.T, which uint, client bool, at, n uint, late bool, seed uint64) {
		talk := all[which%uint(len(all))]
		from := wire.FromServer
		if client {
			from = wire.FromClient
		}
		size := talk.size(from)
		if !talk.complete() || size == 0 {
			return
		}
		if seed > 0 {
			talk.steps = inPieces(talk.steps, rand.New(rand.NewPCG(seed, 1)), int(seed%999)+1)
		}
		at %= uint(size)
		checkHole(t, &talk, from, int(at), min(int(n%100_000)+1, size-int(at)), late)
	})
}

func (t *talk) size(from wire.Side) (n int) {
	for _, s := range t.steps {
		if s.from == from {
			n += len(s.text)
		}
	}
	return n
}

// pipelines reports whether a request is made before the one before it was answered.
func (t *talk) pipelines() bool { return strings.Contains(t.name, "pipelined") }

func checkHole(t *testing.T, talk *talk, from wire.Side, at, n int, late bool) {
	t.Helper()
	if from == wire.FromClient && talk.pipelines() {
		return // see the limits of the package
	}
	whole := map[string]map[string]any{}
	for _, r := range talk.records() {
		key, event := decode(t, r)
		whole[key] = event
	}
	got, e := talk.play(holed(talk.steps, from, at, n, late))
	lost := int64(0)
	for _, r := range got {
		key, event := decode(t, r)
		want, known := whole[key]
		if strings.HasPrefix(key, "ollama:api") {
			lost += number64(event["lost_bytes"])
		}
		if !known {
			if event["partial"] != true {
				t.Errorf("%s: %d bytes lost at %d of side %d: an event of nothing: %s", talk.name, n, at, from, r)
			}
			continue
		}
		compare(t, talk.name, at, n, from, event, want)
	}
	if between := e.Stats().LostBetween; lost+between != int64(n) {
		t.Errorf("%s: %d bytes lost at %d of side %d: events say %d, and %d of none", talk.name, n, at, from, lost, between)
	}
	if left := e.heads.left.Load(); left != headRoom {
		t.Errorf("%s: heads take %d bytes behind the end", talk.name, headRoom-left)
	}
	if left := e.room.left.Load(); left != int64(e.opts.Room) {
		t.Errorf("%s: %d bytes are held behind the end", talk.name, int64(e.opts.Room)-left)
	}
}

// compare compares an event to that of the whole conversation.
func compare(t *testing.T, name string, at, n int, from wire.Side, got, want map[string]any) {
	t.Helper()
	partial := got["partial"] == true
	for key, v := range got {
		if key == "partial" || key == "lost_bytes" {
			continue
		}
		w, known := want[key]
		text := key == "prompt" || key == "response" || key == "error" || strings.HasPrefix(key, "src") ||
			key == "response_model" || // the name of where it really ran was not seen
			key == "model" && strings.HasPrefix(name, "JSON") // a later one of the same name was not seen
		if known && v != w && !(partial && text) || !known && !(partial && (key == "cut" || key == "response_model" || key == "src_port")) {
			t.Errorf("%s: %d bytes lost at %d of side %d: %s is %v, want %v\n%v", name, n, at, from, key, v, w, got)
		}
	}
	for key := range want {
		if _, known := got[key]; !known && !partial {
			t.Errorf("%s: %d bytes lost at %d of side %d: %s is missing, and nothing says so\n%v", name, n, at, from, key, got)
		}
	}
}

func number64(v any) int64 {
	n, ok := v.(json.Number)
	if !ok {
		return 0
	}
	i, _ := n.Int64()
	return i
}

// decode takes a record apart, and says which request it is of.
func decode(t *testing.T, record string) (key string, event map[string]any) {
	t.Helper()
	i := strings.IndexByte(record, '{')
	d := json.NewDecoder(strings.NewReader(record[i:]))
	d.UseNumber()
	if err := d.Decode(&event); err != nil {
		t.Fatalf("%v: %s", err, record)
	}
	path, _ := event["uri_path"].(string)
	return record[:i] + path, event
}

// holed is a conversation of which n bytes of a side are missing. It is known at once, or
// when the side says something again.
func holed(steps []step, from wire.Side, at, n int, late bool) []step {
	var left []step
	pending := int64(0)
	for _, s := range steps {
		if s.from != from || s.end != nil {
			if s.end != nil && pending > 0 {
				left = append(left, lost(from, 0, pending))
				left[len(left)-1].at = s.at
				pending = 0
			}
			left = append(left, s)
			continue
		}
		before := min(at, len(s.text))
		gone := min(n, len(s.text)-before)
		behind := s
		behind.text = s.text[before+gone:]
		s.text = s.text[:before]
		at, n = at-before, n-gone
		if s.text != "" {
			left = append(left, s)
		}
		pending += int64(gone)
		if pending > 0 && (!late || behind.text != "") {
			hole := lost(from, 0, pending)
			hole.at, pending = s.at, 0
			left = append(left, hole)
		}
		if behind.text != "" {
			left = append(left, behind)
		}
	}
	if pending > 0 {
		left = append(left, lost(from, 9998, pending))
	}
	return left
}
