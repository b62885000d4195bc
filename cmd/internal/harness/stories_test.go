//go:build linux

package harness

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"ollama-hec/hec/receiver"
	"ollama-hec/input/file/stories"
)

// actor acts stories out with the built program and a receiver of HEC.
type actor struct {
	*bench
	stalled bool
	alive   bool
	lives   int          // so far
	vain    map[int]bool // lives whose end waits in vain for a receiver that takes nothing

	mu  sync.Mutex
	got []arrival // guarded by mu
}

type arrival struct{ source, line string }

func newActor(t *testing.T, story stories.Story) *actor {
	a := &actor{vain: stoppedStalled(story)}
	a.bench = newBench(t, receiver.Options{Event: a.take})
	return a
}

// stoppedStalled are the lives of a story, by their number, that are stopped while nothing is
// delivered. A story that stalls has none of its lives in a loop.
func stoppedStalled(story stories.Story) map[int]bool {
	stopped, life, stalled := map[int]bool{}, 0, false
	for _, words := range story.Commands {
		switch words[0] {
		case "stall", "resume":
			stalled = words[0] == "stall"
		case "start", "once":
			life++
		case "stop":
			stopped[life] = stalled
		}
	}
	return stopped
}

func (a *actor) take(e receiver.Event) {
	line, ok := lineOf(e.Sourcetype, e.Event)
	if !ok {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got = append(a.got, arrival{e.Source, line})
}

// of are the lines whose source begins so.
func (a *actor) of(prefix string) (lines []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, got := range a.got {
		if strings.HasPrefix(got.source, prefix) {
			lines = append(lines, got.line)
		}
	}
	return lines
}

// counter returns a function that counts the lines whose source begins so. Each call counts on from
// the last: there may be 150,000.
func (a *actor) counter(prefix string) func() int {
	n, counted := 0, 0
	return func() int {
		a.mu.Lock()
		defer a.mu.Unlock()
		for _, got := range a.got[counted:] {
			if strings.HasPrefix(got.source, prefix) {
				n++
			}
		}
		counted = len(a.got)
		return n
	}
}

// set prepares the next life.
func (a *actor) set(dir string, globs []string) {
	a.lives++
	a.env["DRAIN_TIMEOUT"] = unhurried["DRAIN_TIMEOUT"]
	if a.vain[a.lives] {
		a.env["DRAIN_TIMEOUT"] = "2s"
	}
	a.dir = dir
	a.must(os.MkdirAll(a.marks(), 0o755))
	a.follow(globs...)
}

func (a *actor) Start(dir string, globs []string) {
	a.set(dir, globs)
	a.alive = true
	a.start()
}

func (a *actor) Stop() {
	a.Look() // it is well under way
	a.alive = false
	a.stop()
	a.life++ // the next one has a token of its own
}

func (a *actor) Once(dir string, globs []string) {
	a.set(dir, globs)
	a.wantExit(a.launch("run", "--once"), 0)
}

func (a *actor) Stall(stall bool) {
	a.stalled = stall
	if busy := receiver.Always(receiver.Fault{Code: 9}); stall {
		a.server.SetFault(busy)
	} else {
		a.server.SetFault(ofEarlier(a.life, busy))
	}
}

// ofEarlier has a fault for what lives before this one sent: it may be read only when they are over, and
// would then be taken though nobody is told.
func ofEarlier(life int, fault receiver.FaultFunc) receiver.FaultFunc {
	return func(req *receiver.Request) receiver.Fault {
		if lifeOf(req) < life {
			return fault(req)
		}
		return receiver.Fault{}
	}
}

func (a *actor) Look() {
	switch {
	case a.stalled && a.alive:
		a.opened(4) // who delivers nothing gives no other sign
	case a.alive:
		a.listed(4)
	}
}

func (a *actor) Wants(want []string) {
	a.t.Helper()
	own := a.dir + string(filepath.Separator)
	count := a.counter(own)
	for n := count(); n < len(want); n = count() {
		a.eventually("another line", func() bool { return count() > n })
	}
	a.Look()
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(a.of(own))); !slices.Equal(got, want) {
		a.t.Fatalf("lines differ: %s", stories.Difference(want, got))
	}
}

func (a *actor) Delivered(source string) []string { return a.of(source) }

// What testdata/rotation tells comes out as it says.
func TestStories(t *testing.T) {
	t.Parallel()
	all, err := stories.Read("../../../testdata/rotation")
	if err != nil {
		t.Fatal(err)
	}
	for _, story := range all {
		t.Run(story.Name, func(t *testing.T) {
			t.Parallel()
			story.Tell(t, newActor(t, story))
		})
	}
}
