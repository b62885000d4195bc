package file

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
	"ollama-hec/input/framing"
)

// What Read makes of any bytes, in any buffer, growing in any steps, is what splitting
// them by hand makes of them, each time as far as they are there.
func FuzzRead(f *testing.F) {
	hole := strings.Repeat("\x00", 300)
	for _, s := range []struct {
		data        string
		limit, step uint16
		final       bool
	}{
		{"a\nb\r\n\n\x00c", 3, 1, false},
		{"\x00\x00\x00a\nb", 1, 2, true},
		{strings.Repeat("longer than the buffer ", 900), 5000, 700, true},
		{strings.Repeat("\x00", 9000) + "x\ny\n", 100, 4000, false},
		{in16(words+words, false, true), 100, 7, true},
		{in16(words, true, false) + words, 5, 3, true},
		{words + in16(words, false, false) + words + in16(words, true, true), 50, 40, true},
		{in16(strings.Repeat("ĀĊ漢 \U0001f600", 900)+"\nlast\n", false, false), 900, 900, true},
		{hole + "first\n" + hole + "second\ntorn" + hole + "third\n" + hole + hole + "\nlast" + hole, 100, 500, true},
		{"x" + strings.Repeat(hole, 30) + "y\n" + in16("wide\n"+hole+"\nmore\n", false, false), 60, 900, true},
		{strings.Repeat("x", 5000) + hole + "behind a long one\n", 4999, 9000, true},
		{strings.Repeat("\x00", 4091) + in16(words, false, false), 10, 9000, true},
	} {
		f.Add([]byte(s.data), s.limit, s.step, s.final)
	}
	f.Fuzz(func(t *testing.T, data []byte, limit, step uint16, final bool) {
		data = data[:min(len(data), 1<<15)]
		file, err := os.CreateTemp(t.TempDir(), "")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		s := &Source{}
		s.options.MaxLine, s.woken = 1+int(limit), make(chan struct{}, 1)
		g := &generation{owner: s}
		g.file, g.limit, g.marks, g.state, g.rested = plain{file}, -1, []mark{{}}, rotated, true
		g.frames.Recall("plain") // envelopes are no matter of this test
		chunk := &input.Chunk{Buf: make([]byte, bufferMin)}
		byHand := splitter{limit: 1 + int(limit)}
		var got []string
		written := 0
		readAll := func(final bool) {
			for progress := input.More; progress == input.More; {
				progress = g.Read(chunk)
				for _, r := range chunk.Records {
					got = append(got, string(r.Text))
				}
			}
			byHand.see(data[:written], final)
		}
		for written < len(data) {
			n := min(int(step)+1, len(data)-written)
			if _, err := file.Write(data[written : written+n]); err != nil {
				t.Fatal(err)
			}
			written += n
			if len(data)/(int(step)+1) < 50 {
				readAll(false)
			}
		}
		readAll(false)
		if final {
			g.state = quiet
			readAll(true)
		}
		want := byHand.lines
		if bytes.IndexByte(data, 0) >= 0 {
			got, want = unnumbered(got), unnumbered(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %.300q\nwant %.300q", got, want)
		}
		if g.state.astray() {
			t.Error("taken for another file")
		}
	})
}

// splitter is what Read promises, plainly. It holds all there is in memory.
type splitter struct {
	limit    int
	at       int // how far it is
	encoding framing.Encoding
	lines    []string
}

// see splits what has come to be there. final: there will be no more.
func (s *splitter) see(data []byte, final bool) {
	if s.at == 0 {
		s.at = len(data) - len(bytes.TrimLeft(data, "\x00"))
		if s.at == len(data) {
			s.at = 0
			return
		}
		even := s.at - s.at%2
		if s.encoding = framing.EncodingOf(data[even:]); s.encoding != framing.UTF8 {
			s.at = even
		}
	}
	for s.at < len(data) {
		rest := data[s.at:]
		encoding := s.encoding.At(rest)
		end, size := encoding.LineEnd(rest, false)
		if end < 0 {
			if !final {
				return
			}
			end, size = len(rest), 0
		}
		s.encoding = encoding
		if hole, behind := s.hole(rest[:end]); hole >= 0 {
			if hole > 0 {
				s.add(rest[:hole])
			}
			s.at += behind
			continue
		}
		s.add(rest[:end])
		s.at += end + size
	}
}

// hole is where the first hole in a line is, of those that begin where it is not cut yet.
func (s *splitter) hole(line []byte) (from, to int) {
	if s.encoding != framing.UTF8 {
		return -1, -1
	}
	if from, to = input.Hole(line); from > s.limit {
		return -1, -1
	}
	return from, to
}

func (s *splitter) add(line []byte) {
	text := s.encoding.Append(nil, line)
	if s.encoding != framing.UTF8 {
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	}
	text, _ = input.Limit(text, int64(len(text)), s.limit)
	if from, to := input.Hole(text); from == 0 {
		text = text[to:]
	}
	s.lines = append(s.lines, string(bytes.TrimPrefix(text, []byte("\ufeff"))))
}

var dropped = regexp.MustCompile(`line cut, \d+ bytes`)

// unnumbered are lines without the number of the bytes that were dropped: of a long line in
// UTF-16 it is an estimate.
func unnumbered(lines []string) []string {
	for i, line := range lines {
		lines[i] = dropped.ReplaceAllString(line, "line cut")
	}
	return lines
}
