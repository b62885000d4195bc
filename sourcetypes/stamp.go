package sourcetypes

import (
	"encoding/binary"
	"time"

	"ollama-hec/input"
)

// clock reads the stamps of one stream. Consecutive lines mostly share their
// minute, so the calendar and the zone are worked out once a minute.
type clock struct {
	zone  *time.Location // of stamps that name none; nil: see offset
	carry *input.Carry   // where the last offset seen is

	rfcMinute [16]byte // 2006-01-02T15:04, of which
	rfcUnix   int64    // this is the second, were it UTC

	localMinute [18]byte // 2006/01/02 - 15:04, of which
	localUnix   int64    // this is the second
	localOffset int32    // when the offset carried was this
	localZoned  bool     // and was in use
}

// rfc3339 reads a stamp such as 2026-11-21T19:15:41.541+08:00 at the start of
// b. n is how long it is, 0 if there is none. offset is in seconds east of UTC.
func (c *clock) rfc3339(b []byte) (at Stamp, offset int32, n int) {
	if len(b) < 20 {
		return at, 0, 0
	}
	if !same16(b, &c.rfcMinute) {
		unix, ok := minuteUnix(b, '-', "T")
		if !ok {
			return at, 0, 0
		}
		c.rfcMinute, c.rfcUnix = [16]byte(b), unix
	}
	sec, ok := pair(b[17:])
	if b[16] != ':' || !ok || sec > 59 {
		return at, 0, 0
	}
	nanos, digits, n := fraction(b, 19)
	if n == len(b) {
		return at, 0, 0
	}
	switch b[n] {
	case 'Z':
		n++
	case '+', '-':
		if len(b) < n+6 || b[n+3] != ':' {
			return at, 0, 0
		}
		h, ok1 := pair(b[n+1:])
		m, ok2 := pair(b[n+4:])
		if !ok1 || !ok2 || h > 23 || m > 59 {
			return at, 0, 0
		}
		offset = int32(h*3600 + m*60)
		if b[n] == '-' {
			offset = -offset
		}
		n += 6
	default:
		return at, 0, 0
	}
	at = Stamp{(c.rfcUnix+int64(sec)-int64(offset))*1e9 + nanos, digits}
	return at, offset, n
}

// gin reads a stamp such as 2026/11/21 - 19:12:19 at the start of b.
func (c *clock) gin(b []byte) (at Stamp, ok bool) {
	if len(b) < 21 {
		return at, false
	}
	if b[16] != c.localMinute[16] || b[17] != c.localMinute[17] || !same16(b, (*[16]byte)(c.localMinute[:16])) ||
		c.carry.Offset != c.localOffset ||
		c.carry.Zoned != c.localZoned {
		unix, ok := minuteUnix(b, '/', " - ")
		if !ok {
			return at, false
		}
		c.localMinute, c.localUnix = [18]byte(b), c.local(unix)
		c.localOffset, c.localZoned = c.carry.Offset, c.carry.Zoned
	}
	sec, ok := pair(b[19:])
	if b[18] != ':' || !ok || sec > 59 {
		return at, false
	}
	return Stamp{Nanos: (c.localUnix + int64(sec)) * 1e9}, true
}

// goLog reads a stamp of Go's log package, such as 2023/10/06 13:38:58 with or
// without microseconds, at the start of b. n is how long it is, 0 if there is
// none. These lines are rare enough to go without a cache.
func (c *clock) goLog(b []byte) (at Stamp, n int) {
	if len(b) < 19 {
		return at, 0
	}
	unix, ok := minuteUnix(b, '/', " ")
	sec, ok2 := pair(b[17:])
	if !ok || !ok2 || b[16] != ':' || sec > 59 {
		return at, 0
	}
	nanos, digits, n := fraction(b, 19)
	return Stamp{(c.local(unix)+int64(sec))*1e9 + nanos, digits}, n
}

// local converts seconds since 1970 of local time into those of UTC.
func (c *clock) local(unix int64) int64 {
	zone := c.zone
	if zone == nil {
		if c.carry.Zoned {
			return unix - int64(c.carry.Offset)
		}
		zone = time.Local
	}
	t := time.Unix(unix, 0).UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, zone).Unix()
}

// fraction reads the digits after the point of a second, if there are any.
// end is where they end.
func fraction(b []byte, from int) (nanos int64, digits uint8, end int) {
	if from+1 >= len(b) || b[from] != '.' || !digit(b[from+1]) {
		return 0, 0, from
	}
	unit := int64(1e8)
	for end = from + 1; end < len(b) && digit(b[end]); end++ {
		if unit > 0 {
			nanos += int64(b[end]-'0') * unit
			unit /= 10
			digits++
		}
	}
	return nanos, digits, end
}

// minuteUnix reads a date and the hours and minutes between after it, as if
// they were UTC.
func minuteUnix(b []byte, sep byte, between string) (int64, bool) {
	n := 10 + len(between)
	if len(b) < n+5 || b[4] != sep || b[7] != sep || string(b[10:n]) != between || b[n+2] != ':' {
		return 0, false
	}
	century, ok1 := pair(b)
	year, ok2 := pair(b[2:])
	month, ok3 := pair(b[5:])
	day, ok4 := pair(b[8:])
	hour, ok5 := pair(b[n:])
	minute, ok6 := pair(b[n+3:])
	year += century * 100
	if !ok1 || !ok2 || !ok3 || !ok4 || !ok5 || !ok6 || year < 1970 || year > 2261 || month < 1 || month > 12 ||
		day < 1 || hour > 23 || minute > 59 {
		return 0, false // nor does a year after 2261 fit in nanoseconds
	}
	t := time.Date(year, time.Month(month), day, hour, minute, 0, 0, time.UTC)
	if t.Day() != day {
		return 0, false // 31 February
	}
	return t.Unix(), true
}

// pair reads two digits at the start of b, which has them.
func pair(b []byte) (int, bool) {
	hi, lo := b[0]-'0', b[1]-'0'
	return int(hi)*10 + int(lo), hi <= 9 && lo <= 9
}

// same16 compares the first 16 bytes of b, which has them.
func same16(b []byte, with *[16]byte) bool {
	return binary.LittleEndian.Uint64(b) == binary.LittleEndian.Uint64(with[:]) &&
		binary.LittleEndian.Uint64(b[8:]) == binary.LittleEndian.Uint64(with[8:])
}

// transportStamp is the stamp of a time that a journal or a container runtime
// gave, with as many digits as it takes.
func transportStamp(nanos int64) Stamp {
	switch {
	case nanos%1e3 != 0:
		return Stamp{nanos, 9}
	case nanos%1e6 != 0:
		return Stamp{nanos, 6}
	case nanos%1e9 != 0:
		return Stamp{nanos, 3}
	}
	return Stamp{nanos, 0}
}
