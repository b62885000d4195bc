package captured

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ollama-hec/sourcetypes"
)

// However many lines wait and however many requests are remembered, what comes is compared
// with few of them.
func TestWhatComesIsComparedWithFew(t *testing.T) {
	const many = 2000
	for name, times := range map[string]struct{ line, captured, apart time.Duration }{
		"of other durations":           {line: time.Millisecond, captured: 5 * time.Second},
		"of other times":               {line: time.Millisecond, captured: time.Millisecond, apart: time.Minute},
		"all alike":                    {line: time.Millisecond, captured: time.Millisecond},
		"of durations that nearly fit": {line: time.Millisecond, captured: 110 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			l := newLog(sourcetypes.Options{}, &Live{Requests: true, Since: time.Now()})
			time.Sleep(time.Minute)
			lines := 0
			for range many {
				l.next++
				l.matcher.Captured(Request{"POST", "/api/chat", 200, time.Now().Add(-times.apart), times.captured})
				l.AddAll(recordsOf(l.next, access("/api/chat", times.line)), nil)
				lines++
			}
			l.Flush()
			if looks := l.matcher.index.looks + l.Once.index.looks; looks > 8*(lines+many) {
				t.Errorf("%s: %d comparisons of %d lines and as many requests", name, looks, lines)
			}
		})
	}
}

// An index finds what looking at all would find.
func TestAnIndexOverlooksNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []kind{{"GET", "/", 200}, {"GET", "/", 404}}
	x, all := newIndex(), map[kind][]sighting{}
	found := 0
	for number := range uint64(4000) {
		k := kinds[random.IntN(len(kinds))]
		s := sighting{
			random.Int64N(int64(time.Minute)) / int64(time.Second) * int64(time.Second),
			random.Int64N(int64(time.Second)), number,
		}
		x.add(k, s)
		all[k] = append(all[k], s)
		w := wanted{k, random.Int64N(int64(time.Minute)), random.Int64N(int64(time.Second)), 0, random.Uint64N(number + 1)}
		w.most = w.least + random.Int64N(int64(200*time.Millisecond))
		fits := slices.DeleteFunc(slices.Clone(all[k]), func(s sighting) bool { return w.away(s) > endsWithin || !w.is(s) })
		slices.SortFunc(fits, func(a, b sighting) int {
			return cmp.Or(cmp.Compare(w.away(a), w.away(b)), cmp.Compare(a.number, b.number))
		})
		got, ok := x.closest(w)
		if ok != (len(fits) > 0) || ok && got != fits[0] {
			t.Fatalf("%+v: found %v %+v, of %d", w, ok, got, len(fits))
		}
		if ok && number%2 == 0 {
			found++
			all[k] = slices.DeleteFunc(all[k], func(s sighting) bool { return s == got })
			if !x.remove(k, got) || x.remove(k, got) {
				t.Fatal("not removed, or twice")
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d found", found)
	}
	for k, rest := range all {
		for _, s := range rest {
			if !x.remove(k, s) {
				t.Fatal("lost")
			}
		}
	}
	if len(x.families) != 0 {
		t.Errorf("%d families of nothing", len(x.families))
	}
}
