package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input/file/stories"
	"ollama-hec/splunk_app/modinput/modinputtest"
)

// actor acts stories out with the modular input and one who reads its stream.
type actor struct {
	t       *testing.T
	splunkd *modinputtest.Splunkd
	process *modinputtest.Process // nil: none runs
	before  []modinputtest.Event  // of the lives before
	stalled bool
	dir     string
	marks   string
	marked  int
}

func (a *actor) Start(dir string, globs []string) {
	a.marks = filepath.Join(filepath.Dir(dir), "marks")
	if err := os.MkdirAll(a.marks, 0o755); err != nil {
		a.t.Fatal(err)
	}
	paths := []string{filepath.Join(a.marks, "*")}
	for _, g := range globs {
		paths = append(paths, filepath.Join(dir, g))
	}
	a.dir = dir
	a.process = a.splunkd.Start(a.t, stanza("a", "paths", strings.Join(paths, ",")))
	a.Stall(a.stalled)
}

func (a *actor) Stop() {
	if !a.stalled {
		a.Look() // it is well under way
	}
	a.process.Resume()
	endedWell(a.t, a.process)
	a.before = append(a.before, a.process.Events()...)
	a.process = nil
}

func (a *actor) Once(string, []string) { a.t.Skip("an input has no end") }

func (a *actor) Stall(stall bool) {
	a.stalled = stall
	switch {
	case a.process == nil:
	case stall:
		a.process.Pause()
	default:
		a.process.Resume()
	}
}

// Look waits until marks have come, or are opened, that were made now: there was a listing since.
func (a *actor) Look() {
	a.t.Helper()
	for range 4 {
		if a.process == nil {
			return
		}
		a.marked++
		mark := fmt.Sprintf("mark-%d", a.marked)
		path := filepath.Join(a.marks, mark)
		if err := os.WriteFile(path, []byte(mark+"\n"), 0o644); err != nil {
			a.t.Fatal(err)
		}
		if a.stalled { // nothing is delivered
			a.process.AwaitOpen(path)
		} else {
			a.process.Await(mark, arrived(mark))
		}
	}
}

func (a *actor) Wants(want []string) {
	a.t.Helper()
	own := a.dir + string(filepath.Separator)
	if a.process != nil {
		came, counted := len(of(own, a.before)), 0
		a.process.Await("as many lines as were written", func(now []modinputtest.Event) bool {
			came += len(of(own, now[counted:])) // only what is new: there may be 150,000
			counted = len(now)
			return came >= len(want)
		})
	}
	a.Look()
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(a.Delivered(own))); !slices.Equal(got, want) {
		a.t.Fatalf("lines differ: %s", stories.Difference(want, got))
	}
}

func (a *actor) Delivered(source string) []string {
	events := a.before
	if a.process != nil {
		events = append(slices.Clip(events), a.process.Events()...)
	}
	return of(source, events)
}

// of are the lines whose source begins so.
func of(prefix string, events []modinputtest.Event) (lines []string) {
	for _, e := range events {
		if strings.HasPrefix(e.Source, prefix) {
			lines = append(lines, e.Data)
		}
	}
	return lines
}

// What testdata/rotation tells comes out as it says.
func TestStories(t *testing.T) {
	all, err := stories.Read("../../testdata/rotation")
	if err != nil {
		t.Fatal(err)
	}
	for _, story := range all {
		t.Run(story.Name, func(t *testing.T) {
			t.Parallel()
			story.Tell(t, &actor{t: t, splunkd: splunk(t)})
		})
	}
}
