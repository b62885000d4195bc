package file

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"ollama-hec/input/file/stories"
)

// history does things to one log and remembers what was written to it. When the
// shipper looks in between, and what it reads then, is part of it.
type history struct {
	*steps
	written []string
	line    int
	half    bool // the last line has no end yet
	rotated int
	zipped  map[int]bool // which rotated files are
	down    bool         // no shipper runs
	stalled bool         // nothing is read
	unseen  bool         // the file is new
	repeats bool         // something happened that may repeat lines
	told    []string
}

func (h *history) start() {
	h.steps = newSteps(h.bench)
	h.down = false
}

func (h *history) stop() {
	h.end()
	h.down = true
}

// kill ends a life with nothing noted but what was before.
func (h *history) kill() {
	noted := h.noted()
	h.stop()
	h.restore(noted)
}

// glance looks as far as it is told to.
func (h *history) glance(how byte) {
	if h.down {
		return
	}
	h.pass(time.Duration(how>>4) * h.options.Rescan / 8)
	switch how % 8 {
	case 0, 1:
		h.s.scan(h.now())
	case 2:
		h.s.lookAtAll(h.now())
	case 3, 4:
		h.see()
		if !h.stalled {
			h.readOne(bufferMin)
		}
	case 5:
		if !h.stalled {
			h.look()
		}
	}
}

func (h *history) did(format string, args ...any) {
	h.told = append(h.told, fmt.Sprintf("%5d ", h.line)+fmt.Sprintf(format, args...))
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
		if err := h.options.Store.Flush(); err != nil {
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

// settle has everything read that was written.
func (h *history) settle() {
	if h.down {
		h.start()
	}
	h.stalled = false
	want := slices.Sorted(slices.Values(h.written))
	if h.half {
		want = slices.DeleteFunc(want, func(line string) bool { return line == h.written[len(h.written)-1] })
	}
	for n := 0; ; n++ {
		h.look()
		h.pass(h.options.Rescan)
		got := slices.Compact(slices.Sorted(slices.Values(h.lane.lines())))
		switch {
		case len(got) >= len(want) && n > scansHeld+2:
			return
		case n > 100:
			h.t.Fatalf("never came: %s\n%s", stories.Difference(want, got), h.account())
		}
	}
}

func (h *history) account() string {
	return strings.Join(h.told, "\n") + "\n" + h.describe()
}

func (h *history) step(op, how byte) {
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
			if how >= 128 {
				h.glance(how % 16)
			}
			h.truncate("a.log", 0)
			h.unseen = !h.down
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
		if !h.down {
			h.did("stop")
			h.stop()
		} else {
			h.did("start")
			h.start()
		}
	case 10:
		if !h.down {
			h.did("kill")
			h.kill()
			h.repeats = true
		}
	case 11:
		h.did("stall or go on")
		h.stalled = !h.stalled
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

// tellRandom has ops happen, and a glance after each.
func tellRandom(t *testing.T, ops []byte, within bool) {
	glob := "*.log"
	if within {
		glob = "*.log*" // rotated names match
	}
	b := newBench(t, glob)
	b.options.Rescan = time.Second
	h := &history{steps: newSteps(b), zipped: map[int]bool{}}
	h.see()
	for n := 0; n+1 < len(ops); n += 2 {
		h.step(ops[n], ops[n+1])
		h.glance(ops[n+1])
	}
	if h.half {
		h.write(0)
	}
	h.settle()
	got := slices.Sorted(slices.Values(h.lane.lines()))
	if h.repeats {
		got = slices.Compact(got)
	}
	want := slices.Sorted(slices.Values(h.written))
	if !slices.Equal(got, want) {
		t.Fatalf("%s\nafter\n%s", stories.Difference(want, got), h.account())
	}
}

// histories is how many are told. HISTORIES in the environment says otherwise.
func histories() uint64 {
	if n, err := strconv.ParseUint(os.Getenv("HISTORIES"), 10, 32); err == nil {
		return n
	}
	return 200
}

// Whatever happens to a log, nothing is lost, and nothing repeated unless the
// shipper was killed.
func TestRandomHistories(t *testing.T) {
	for seed := range histories() {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			ops := make([]byte, 80)
			for i := range ops {
				ops[i] = byte(random.Uint32())
			}
			tellRandom(t, ops, seed%2 == 0)
		})
	}
}

func FuzzHistory(f *testing.F) {
	f.Add(
		[]byte{0, 5, 1, 5, 5, 5, 2, 5, 5, 5, 9, 5, 3, 5, 5, 5, 9, 5, 6, 5, 4, 5, 0, 5, 10, 5, 0, 5, 7, 5, 0, 5, 8, 5, 0, 5},
		false,
	)
	f.Add([]byte{0, 0, 11, 3, 5, 0, 0, 0, 6, 200, 0, 2, 5, 0, 9, 0, 0, 3, 6, 130, 9, 0, 0, 0, 11, 0}, true)
	f.Fuzz(func(t *testing.T, ops []byte, within bool) {
		tellRandom(t, ops[:min(len(ops), 80)], within)
	})
}
