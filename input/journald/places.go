package journald

import (
	"slices"

	"ollama-hec/input"
)

// places are the cursors of positions that were read and not committed yet.
type places struct {
	marks []mark // ascending
	text  []byte // the cursors, one after the other
}

type mark struct {
	position input.Position
	length   int
	at       run
}

// maxPlaces bounds the memory this takes to some 5 MB.
const maxPlaces = 1 << 15

func (p *places) add(position input.Position, cursor []byte, at run) {
	if len(p.marks) >= maxPlaces {
		p.thin()
	}
	p.marks = append(p.marks, mark{position, len(cursor), at})
	p.text = append(p.text, cursor...)
}

// upTo returns the cursor of position and forgets it and all before. There is
// none if position was thinned out.
func (p *places) upTo(position input.Position) (cursor string, at run, ok bool) {
	i, end, size := 0, 0, 0
	for i < len(p.marks) && p.marks[i].position <= position {
		size = p.marks[i].length
		end += size
		at, ok = p.marks[i].at, p.marks[i].position == position
		i++
	}
	if ok {
		cursor = string(p.text[end-size : end])
	}
	p.marks = slices.Delete(p.marks, 0, i)
	p.text = slices.Delete(p.text, 0, end)
	return cursor, at, ok
}

// thin forgets every second place. A commit at a forgotten place leaves the checkpoint
// where it is until the next commit.
func (p *places) thin() {
	marks, text := p.marks[:0], p.text[:0]
	at := 0
	for i, m := range p.marks {
		if i%2 == 1 {
			marks = append(marks, m)
			text = append(text, p.text[at:at+m.length]...)
		}
		at += m.length
	}
	p.marks, p.text = marks, text
}
