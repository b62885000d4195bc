package framing

import (
	"time"

	"ollama-hec/input"
)

// runtime is the form in which a container's runtime wraps lines, and splits long ones into
// parts. No runtime says which line a part belongs to: after a line that was never ended the
// next part counts as its end, unless ten seconds and a rotation lie between them.
type runtime uint8

const (
	noRuntime runtime = iota
	dockerLog         // {"log":"text\n","stream":"stderr","time":"2026-11-21T19:15:41.5Z"}
	criLog            // 2026-11-21T19:15:41.5Z stderr F text
)

// MinPhysical is the smallest limit for physical lines that cuts no framed line: runtimes wrap
// at most 16 KiB of text, which JSON can make six times as long, plus Docker's attributes.
const MinPhysical = 128 << 10

// detectRuntime returns the form by the first complete line of a file.
func detectRuntime(line []byte) runtime {
	if _, ok := parseDocker(line); ok {
		return dockerLog
	}
	if _, ok := parseCRI(line); ok {
		return criLog
	}
	return noRuntime
}

// Line is what the program in the container wrote.
type Line struct {
	Text   []byte
	Time   int64 // when the runtime saw its first byte, in nanoseconds since 1970
	Output input.Output
}

// decoder unwraps the lines of one file, in order. The zero decoder passes
// lines through.
type decoder struct {
	runtime runtime
	// MaxLine is where lines are cut, with a note; 0: never.
	MaxLine int

	parts [input.Outputs]parts
	heir  bool // some of them may be inherited
}

// parts is a line that has begun and not ended yet.
type parts struct {
	open  bool
	start input.Position
	time  int64
	text  []byte
	size  int64 // of the whole line, of which text may be only the beginning

	inherited bool // it begins in the file before
}

// frame is one physical line taken apart.
type frame struct {
	text   []byte
	time   int64
	output input.Output
	last   bool // the line ends here
}

// Unwrap takes the physical line that begins at start, without its line feed,
// and returns the line it completes; false if it was a part only. It may
// overwrite the bytes of physical. Text points into physical or, if the line
// came in parts, is the caller's to keep.
func (d *decoder) Unwrap(physical []byte, start input.Position) (Line, bool) {
	f, ok := d.parse(physical)
	if !ok {
		return Line{Text: physical}, true
	}
	if d.runtime == dockerLog {
		f.unescape()
	}
	p := &d.parts[f.output]
	if f.last && !p.open {
		return Line{d.limit(f.text, int64(len(f.text))), f.time, f.output}, true
	}
	if !p.open {
		p.open, p.start, p.time = true, start, f.time
	}
	p.add(f.text, d.MaxLine)
	if !f.last {
		return Line{}, false
	}
	return d.close(f.output), true
}

func (d *decoder) parse(physical []byte) (frame, bool) {
	switch d.runtime {
	case dockerLog:
		return parseDocker(physical)
	case criLog:
		return parseCRI(physical)
	}
	return frame{}, false
}

// longestPause is how much later the next part of a line may have been written
// where rotation came between them. A line without an end, and later another one,
// look the same.
const longestPause = 10 * time.Second

// inherit takes over the parts of before.
func (d *decoder) inherit(before *decoder, start input.Position) {
	for out, p := range before.parts {
		if p.open {
			p.start, p.inherited = start, true
			d.parts[out], d.heir = p, true
		}
	}
	before.parts = [input.Outputs]parts{}
}

// abandon returns an inherited line if physical shows that it gets no more parts; false: there
// is none. Call it until it returns false, before Unwrap.
func (d *decoder) abandon(physical []byte) (Line, bool) {
	f, framed := d.parse(physical)
	d.heir = false
	for out := range d.parts {
		p := &d.parts[out]
		if !p.open || !p.inherited {
			continue
		}
		d.heir = true
		if !framed || f.time-p.time > longestPause.Nanoseconds() {
			return d.close(input.Output(out)), true
		}
	}
	return Line{}, false
}

// Resume returns where reading may begin again when everything before next is done with: next,
// or the first part of a line that is not complete yet.
func (d *decoder) Resume(next input.Position) input.Position {
	for i := range d.parts {
		if p := &d.parts[i]; p.open {
			next = min(next, p.start)
		}
	}
	return next
}

// Pending reports whether a line has begun that no part has ended yet.
func (d *decoder) Pending() bool {
	for i := range d.parts {
		if d.parts[i].open {
			return true
		}
	}
	return false
}

// Flush returns a line that gets no more parts, because its file has ended; false: there is
// none. Call it until it returns false.
func (d *decoder) Flush() (Line, bool) {
	for out := range d.parts {
		if d.parts[out].open {
			return d.close(input.Output(out)), true
		}
	}
	return Line{}, false
}

func (d *decoder) close(out input.Output) Line {
	p := &d.parts[out]
	line := Line{d.limit(p.text, p.size), p.time, out}
	*p = parts{}
	return line
}

// add keeps one byte more than the limit, which is what input.Limit cuts by.
func (p *parts) add(text []byte, limit int) {
	p.size += int64(len(text))
	if limit > 0 {
		text = text[:min(len(text), max(0, limit+1-len(p.text)))]
	}
	p.text = append(p.text, text...)
}

func (d *decoder) limit(text []byte, size int64) []byte {
	if d.MaxLine <= 0 {
		return text
	}
	text, _ = input.Limit(text, size, d.MaxLine)
	return text
}
