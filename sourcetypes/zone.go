package sourcetypes

import (
	"time"

	"ollama-hec/input"
)

// A stream's last stamp is inherited: its time by the lines without one, its
// zone by the stamps that name none. Whoever can make Ollama write a line of his own
// could forge both, so a stamp is believed by how it fits what came before:
//
//   - an offset that no clock on earth has makes it no stamp: the line itself inherits;
//   - a zone at most an hour off, as summer time is, and a time not a day behind the last
//     one, not a day ahead of the wall clock and, where a journal or a runtime says when
//     the line came, not a day off that, fits and is inherited from then on;
//   - what does not fit keeps its own time, and is inherited only once three stamped lines
//     agree on it with none between them that fits what was there before.

// verdict is what a stamp is worth.
type verdict uint8

const (
	refused  verdict = iota // it is none
	doubtful                // good for its own line
	believed                // inherited by those that follow
)

const (
	longJump = int64(24 * time.Hour)
	nextZone = 3600 // seconds
	agreeing = 3
	quarter  = 15 * 60
	westmost = -12 * 3600
	eastmost = 14 * 3600
)

// realOffset reports whether clocks somewhere are so many seconds off UTC.
func realOffset(offset int32) bool {
	return offset >= westmost && offset <= eastmost && offset%quarter == 0
}

// sighting is a stamp that was read, and what else is known of when the line came.
type sighting struct {
	at        int64 // nanoseconds since 1970
	offset    int32 // seconds east of UTC, of a stamp that names a zone
	zoned     bool
	transport int64 // 0: not known
	latest    int64 // a day ahead of the wall clock
}

// judge says what a stamp is worth and keeps in c what it is remembered by.
func judge(c *input.Carry, s sighting) verdict {
	if s.zoned && !realOffset(s.offset) {
		return refused
	}
	if fits(c, s) {
		c.OtherSeen = 0
		if s.zoned {
			c.Offset, c.Zoned = s.offset, true
		}
		return believed
	}
	offset := c.Offset
	if s.zoned {
		offset = s.offset
	}
	if c.OtherSeen == 0 || offset != c.OtherOffset || apart(s.at, c.OtherTime) {
		c.OtherSeen = 0
	}
	c.OtherSeen++
	c.OtherTime, c.OtherOffset = s.at, offset
	if c.OtherSeen < agreeing {
		return doubtful
	}
	c.OtherSeen, c.OtherTime, c.OtherOffset = 0, 0, 0
	if s.zoned {
		c.Offset, c.Zoned = s.offset, true
	}
	return believed
}

// fits reports whether a stamp goes with those before it and with the transport's time.
func fits(c *input.Carry, s sighting) bool {
	if s.zoned && c.Zoned && max(s.offset-c.Offset, c.Offset-s.offset) > nextZone {
		return false
	}
	if s.at > s.latest && s.at > c.Time+longJump {
		return false
	}
	if c.Time == 0 {
		return true
	}
	return s.at > c.Time-longJump && (s.transport == 0 || !apart(s.at, s.transport))
}

func apart(a, b int64) bool { return max(a-b, b-a) > longJump }
