package file

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// history does things to one log and remembers what was written to it.
type history struct {
	*bench
	written []string
	line    int
	half    bool // the last line has no end yet
	rotated int
	zipped  map[int]bool // which rotated files are
	unseen  bool         // the file is new
	repeats bool         // something happened that may repeat lines
	within  bool         // rotated names match the globs
	steps   []string
}

func (h *history) did(format string, args ...any) {
	h.steps = append(h.steps, fmt.Sprintf("%5d ", h.line)+fmt.Sprintf(format, args...))
}

func (h *history) write(n int) {
	h.unseen = h.unseen || !h.exists()
	var text strings.Builder
	if h.half {
		text.WriteString("-rest\n")
		h.half = false
	}
	for range n {
		line := fmt.Sprintf("line-%05d-%s", h.line, strings.Repeat("x", h.line%50))
		h.line++
		text.WriteString(line + "\n")
		h.written = append(h.written, line)
	}
	h.append("a.log", text.String())
}

func (h *history) writeHalf() {
	if h.half {
		return
	}
	h.unseen = h.unseen || !h.exists()
	line := fmt.Sprintf("line-%05d-half", h.line)
	h.line++
	h.append("a.log", line)
	h.written = append(h.written, line+"-rest")
	h.half = true
}

// shift makes room for another rotated file. What nobody ever saw in its own
// file cannot be known in another one.
func (h *history) shift() {
	if h.unseen {
		h.settle()
		if err := h.run.store.Flush(); err != nil {
			h.t.Fatal(err)
		}
		h.unseen = false
	}
	if h.half {
		h.write(0)
	}
	for n := h.rotated; n > 0; n-- {
		from, to := fmt.Sprintf("a.log.%d", n), fmt.Sprintf("a.log.%d", n+1)
		if h.zipped[n] {
			from, to = from+".gz", to+".gz"
		}
		h.rename(from, to)
		h.zipped[n+1] = h.zipped[n]
	}
	h.zipped[1] = false
	h.rotated++
}

func (h *history) exists() bool {
	_, err := os.Stat(h.path("a.log"))
	return err == nil
}

// settle waits until everything written is read.
func (h *history) settle() {
	if h.run == nil {
		h.start()
	}
	h.lane.stall(false)
	want := len(h.written)
	if h.half {
		want--
	}
	distinct := func() []string { return slices.Compact(slices.Sorted(slices.Values(h.lane.lines()))) }
	h.eventually(strings.Join(h.steps, "\n"), func() bool {
		got := distinct()
		h.missing = difference(slices.Sorted(slices.Values(h.written)), got)
		return len(got) >= want
	})
	h.rest()
}

func (h *history) step(op byte) {
	switch op % 13 {
	case 0, 1, 2, 3:
		h.did("write %d", 1+op/13)
		h.write(1 + int(op/13))
	case 4:
		h.did("write half a line")
		h.writeHalf()
	case 5:
		if h.exists() {
			h.did("rotate")
			h.shift()
			h.rename("a.log", "a.log.1")
			h.append("a.log", "")
		}
	case 6:
		if h.exists() {
			h.did("copy and truncate")
			h.shift()
			h.copyTo("a.log", "a.log.1")
			h.truncate("a.log", 0)
			h.unseen = h.run != nil
		}
	case 7:
		h.did("settle, truncate")
		if h.half {
			h.write(0)
		}
		h.settle()
		if h.exists() {
			h.truncate("a.log", 0)
			h.unseen = true
		}
	case 8:
		h.did("settle, delete")
		if h.half {
			h.write(0)
		}
		h.settle()
		if h.exists() {
			h.remove("a.log")
		}
	case 9:
		if h.run != nil {
			h.did("stop")
			h.stop()
		} else {
			h.did("start")
			h.start()
		}
	case 10:
		if h.run != nil {
			h.did("kill")
			h.kill()
			h.repeats = true
		}
	case 11:
		if h.run != nil {
			h.did("stall or go on")
			h.lane.mu.Lock()
			stalled := h.lane.stalled
			h.lane.mu.Unlock()
			h.lane.stall(!stalled)
		}
	case 12:
		for n := 1; n <= h.rotated; n++ {
			if !h.zipped[n] {
				h.did("gzip %d", n)
				h.zip(fmt.Sprintf("a.log.%d", n))
				h.zipped[n] = true
				break
			}
		}
	}
}

func tellRandom(t *testing.T, ops []byte, within bool) {
	h := &history{bench: newBench(t, "*.log"), zipped: map[int]bool{}, within: within}
	if within {
		h.options.Patterns = []string{filepath.Join(h.dir, "*.log*")}
	}
	h.start()
	for _, op := range ops {
		h.step(op)
	}
	if h.half {
		h.write(0)
	}
	h.lane.stall(false)
	h.settle()
	got := slices.Sorted(slices.Values(h.lane.lines()))
	if h.repeats {
		got = slices.Compact(got)
	}
	want := slices.Sorted(slices.Values(h.written))
	if !slices.Equal(got, want) {
		t.Fatalf("%s\nafter\n%s\n%s", difference(want, got), strings.Join(h.steps, "\n"), h.describe())
	}
}

// Whatever happens to a log, nothing is lost, and nothing repeated unless the
// shipper was killed.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(24) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			ops := make([]byte, 40)
			for i := range ops {
				ops[i] = byte(random.Uint32())
			}
			tellRandom(t, ops, seed%2 == 0)
		})
	}
}

func FuzzHistory(f *testing.F) {
	f.Add([]byte{0, 1, 5, 2, 5, 9, 3, 5, 9, 6, 4, 0, 10, 0, 7, 0, 8, 0}, false)
	f.Add([]byte{0, 11, 5, 0, 6, 0, 5, 9, 0, 6, 9, 0, 11}, true)
	f.Fuzz(func(t *testing.T, ops []byte, within bool) {
		tellRandom(t, ops[:min(len(ops), 40)], within)
	})
}
