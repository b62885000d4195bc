package file

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"ollama-hec/input/file/stories"
)

// actor acts stories out with a clock of its own.
type actor struct {
	*steps // nil: no life yet
	t      *testing.T
	stall  bool
}

// life begins one, with what the ones before left and delivered.
func (a *actor) life(dir string, globs []string, once bool) {
	var b *bench
	if a.steps == nil {
		b = newBench(a.t)
	} else {
		b = a.steps.bench
	}
	b.dir = dir
	b.options.Rescan, b.options.RotateWait, b.options.Once = time.Second, 6*time.Second, once
	b.options.Patterns = nil
	for _, g := range globs {
		b.options.Patterns = append(b.options.Patterns, filepath.Join(dir, g))
	}
	a.steps = newSteps(b)
	if once {
		a.s.start()
	}
}

func (a *actor) Start(dir string, globs []string) { a.life(dir, globs, false) }
func (a *actor) Stop()                            { a.end() }
func (a *actor) Stall(stall bool)                 { a.stall = stall }

func (a *actor) Once(dir string, globs []string) {
	a.life(dir, globs, true)
	for n := 0; !a.s.allEnded(); n++ {
		a.s.lookAtAll(a.now())
		a.readOne(bufferDefault)
		if n > 1000 {
			a.t.Fatalf("a run with Once did not end: %s", a.describe())
		}
	}
	a.end()
}

func (a *actor) Look() {
	for range 4 {
		a.see()
		for len(a.ready) > 0 && !a.stall {
			a.readOne(bufferDefault)
			a.s.lookAtAll(a.now())
		}
		a.pass(a.options.Rescan / 3)
	}
}

func (a *actor) Wants(want []string) {
	a.t.Helper()
	for n := 0; len(a.lane.lines()) < len(want) && n < 20; n++ {
		a.Look()
	}
	a.Look()
	a.Look()
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(a.Delivered(""))); !slices.Equal(got, want) {
		a.t.Fatalf("lines differ: %s\n%s", stories.Difference(want, got), a.describe())
	}
}

// Delivered leaves out lines without text, which no sink delivers.
func (a *actor) Delivered(source string) []string {
	return slices.DeleteFunc(a.lane.of(source), func(line string) bool { return line == "" })
}

// What testdata/rotation tells comes out as it says.
func TestStories(t *testing.T) {
	all, err := stories.Read("../../testdata/rotation")
	if err != nil {
		t.Fatal(err)
	}
	for _, story := range all {
		t.Run(story.Name, func(t *testing.T) { story.Tell(t, &actor{t: t}) })
	}
}
