package framing

import (
	"testing"

	"ollama-hec/input"
)

func TestChunkKeepsTimeOutputAndPosition(t *testing.T) {
	const first, second = "2026-11-21T19:15:41.5Z stderr F text", "2026-11-21T19:15:42Z stdout P begun"
	var f Frames
	if limit := f.Limit([]byte(first+"\n"), 100); limit < MinPhysical {
		t.Errorf("physical lines are cut at %d", limit)
	}
	c := &input.Chunk{Records: []input.Record{{Text: []byte(first), Next: 37}, {Text: []byte(second), Next: 73}}}
	f.Unwrap(c, 0, input.Idle)
	if r := c.Records[0]; len(c.Records) != 1 || string(r.Text) != "text" || r.Output != input.Stderr ||
		r.Time != 1795288541500000000 ||
		r.Next != 37 {
		t.Errorf("%+v", c.Records)
	}
	c.Records = nil
	f.Unwrap(c, 73, input.Ended)
	if r := c.Records[0]; len(c.Records) != 1 || string(r.Text) != "begun" || r.Next != 73 {
		t.Errorf("%+v", c.Records)
	}
}

func TestUnframedChunkStaysAsItIs(t *testing.T) {
	var f Frames
	if limit := f.Limit([]byte("[GIN] plain\n"), 100); limit != 100 {
		t.Errorf("lines are cut at %d", limit)
	}
	c := &input.Chunk{Records: []input.Record{{Text: []byte("[GIN] plain"), Next: 12}}}
	f.Unwrap(c, 0, input.Idle)
	if r := c.Records[0]; string(r.Text) != "[GIN] plain" || r.Next != 12 {
		t.Errorf("%+v", r)
	}
}
