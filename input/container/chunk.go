package container

import (
	"bytes"

	"ollama-hec/input"
)

// Frames takes the framing off the chunks of one file, if its first line has
// one. The zero Frames has seen nothing yet. It belongs to who reads the file.
type Frames struct {
	known   bool
	decoder Decoder
	end     input.Position // of the last physical line
}

// Detect looks at the first line of data, unless one was seen before, and
// returns where physical lines are to be cut if those the program wrote are to
// be cut at maxLine.
func (f *Frames) Detect(data []byte, maxLine int) int {
	if !f.known {
		if line, _, whole := bytes.Cut(data, []byte("\n")); whole {
			f.known = true
			f.decoder = Decoder{Framing: Detect(line), MaxLine: maxLine}
		}
	}
	if f.decoder.Framing == None {
		return maxLine
	}
	return max(maxLine, MinPhysical)
}

// Unwrap replaces the physical lines in c, the first of which begins at first,
// by those the program wrote. A line that is not complete yet is kept, and
// reading resumes at its beginning until it is; with Ended it counts as complete.
func (f *Frames) Unwrap(c *input.Chunk, first input.Position, progress input.Progress) {
	if f.decoder.Framing == None {
		return
	}
	start, records := first, c.Records[:0]
	for _, physical := range c.Records {
		line, complete := f.decoder.Unwrap(physical.Text, start)
		start, f.end = physical.Next, physical.Next
		if complete {
			records = append(records, record(line, f.decoder.Resume(start)))
		}
	}
	if progress == input.Ended {
		for line, more := f.decoder.Flush(); more; line, more = f.decoder.Flush() {
			records = append(records, record(line, f.decoder.Resume(f.end)))
		}
	}
	c.Records = records
}

func record(line Line, next input.Position) input.Record {
	return input.Record{Text: line.Text, Next: next, Time: line.Time, Output: line.Output}
}
