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
			f.decoder.Framing, f.decoder.MaxLine = Detect(line), maxLine
		}
	}
	if f.decoder.Framing == None {
		return maxLine
	}
	return max(maxLine, MinPhysical)
}

// Inherit takes over the lines that have begun in the file before and not ended
// there: they go on in the file of f, of which nothing is read yet. Until they are
// complete reading resumes at start, where that file is begun.
func (f *Frames) Inherit(before *Frames, start input.Position) {
	f.decoder.inherit(&before.decoder, start)
	f.end = start
}

// Pending reports whether a line has begun that is not complete yet.
func (f *Frames) Pending() bool { return f.decoder.Pending() }

// Unwrap replaces the physical lines in c, the first of which begins at first,
// by those the program wrote. A line that is not complete yet is kept, and
// reading resumes at its beginning until it is; with Ended it counts as complete.
func (f *Frames) Unwrap(c *input.Chunk, first input.Position, progress input.Progress) {
	if f.decoder.Framing == None && !f.decoder.heir {
		return
	}
	start, records := first, c.Records[:0]
	if f.decoder.heir { // there may be more lines than there were
		records = make([]input.Record, 0, len(c.Records)+int(input.Outputs))
	}
	for _, physical := range c.Records {
		if f.decoder.heir {
			for line, more := f.decoder.abandon(physical.Text); more; line, more = f.decoder.abandon(physical.Text) {
				records = append(records, record(line, f.decoder.Resume(start)))
			}
		}
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
