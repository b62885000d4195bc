package framing

import (
	"fmt"
	"slices"
	"testing"

	"ollama-hec/input"
)

// physical is a criLog line of text's i-th byte: of which output, and whether it ends there.
func physical(i int, b byte) string {
	output, tag := "stdout", "P"
	if b&1 != 0 {
		output = "stderr"
	}
	if b&6 == 0 {
		tag = "F"
	}
	return fmt.Sprintf("2026-11-21T19:15:41Z %s %s %d,", output, tag, i)
}

// FuzzInherit: where a log is divided into files changes none of its lines.
func FuzzInherit(f *testing.F) {
	f.Add([]byte{2, 3, 0, 1, 2, 0}, uint8(1), uint8(3))
	f.Add([]byte{2, 2, 2, 2, 4, 5, 6, 7, 0, 1}, uint8(4), uint8(4))
	f.Fuzz(func(t *testing.T, log []byte, first, second uint8) {
		log = log[:min(len(log), 200)]
		cuts := []int{min(int(first), len(log)), min(int(second), len(log))}
		slices.Sort(cuts)
		whole := unwrap(log, nil)
		divided := unwrap(log, cuts)
		if !slices.Equal(whole, divided) {
			t.Fatalf("divided at %v: %q, not %q", cuts, divided, whole)
		}
	})
}

// unwrap is the texts of a log that is divided at cuts.
func unwrap(log []byte, cuts []int) (texts []string) {
	frames, at := new(Frames), 0
	for _, end := range append(slices.Clone(cuts), len(log)) {
		c := new(input.Chunk)
		for i := at; i < end; i++ {
			line := physical(i, log[i])
			frames.Limit([]byte(line+"\n"), 1<<10)
			c.Records = append(c.Records, input.Record{Text: []byte(line), Next: input.Position(i - at + 1)})
		}
		progress := input.Idle
		if end == len(log) {
			progress = input.Ended
		}
		frames.Unwrap(c, 0, progress)
		for _, r := range c.Records {
			texts = append(texts, fmt.Sprint(r.Output, string(r.Text)))
		}
		next := new(Frames)
		next.Inherit(frames, 0)
		frames, at = next, end
	}
	return texts
}

// Until what was inherited is complete, nothing of the file is done with.
func TestInheritedLineHoldsThePosition(t *testing.T) {
	const z = "2026-11-21T19:15:41Z "
	var before, f Frames
	before.Limit([]byte(z+"stdout P a\n"), 100)
	c := &input.Chunk{Records: []input.Record{{Text: []byte(z + "stdout P be"), Next: 50}}}
	before.Unwrap(c, 0, input.Idle)
	f.Inherit(&before, 7)
	if before.Pending() || !f.Pending() {
		t.Error("it was not taken over")
	}
	c.Records = []input.Record{
		{Text: []byte(z + "stderr F other"), Next: 20},
		{Text: []byte(z + "stdout F gun"), Next: 30},
		{Text: []byte(z + "stdout F whole"), Next: 40},
	}
	f.Limit([]byte(z+"stdout F a\n"), 100)
	f.Unwrap(c, 7, input.Idle)
	var got []string
	for _, r := range c.Records {
		got = append(got, fmt.Sprint(r.Next, " ", string(r.Text)))
	}
	if want := []string{"7 other", "30 begun", "40 whole"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
