package framing

import (
	"strconv"
	"time"
)

// clock turns the time stamps of one log's envelopes into points in time.
//
// If a stamp has no zone, the first line that also has a stamp of Ollama's own proves the zone;
// else it is the one that is set, which is that of Ollama's stamps and need not be the
// envelope's; else this machine's. If a stamp has no year, it gets the year that brings it
// closest to what was read before. Later lines cannot change the zone: a client may have written
// them.
type clock struct {
	set    *time.Location // nil: not set
	proved *time.Location // nil: nothing was yet
	now    func() time.Time

	near   int64 // the last instant known; 0: none
	hour   int64 // of the wall, for which offset was looked up
	offset int64
	zone   *time.Location // in which it was
	months map[string]int // learnt, of languages not known
	name   string         // of the month that was asked for last
	number int            // and what it is
}

// instant is when m was, in nanoseconds since 1970; 0 if that cannot be told.
func (c *clock) instant(m moment) int64 {
	switch m.kind {
	case instant:
		c.near = m.nanos
		return m.nanos
	case wall:
		c.near = c.zoned(m.nanos)
		return c.near
	case yearless:
		month := c.month(m)
		if month == 0 {
			return 0
		}
		at := c.zoned(c.dated(m, month, c.reference()))
		c.near = at
		return at
	}
	return 0
}

// reference is an instant that yearless moments are not far from.
func (c *clock) reference() int64 {
	if c.near != 0 {
		return c.near
	}
	// Of a log about which nothing is known the latest year is meant that has come.
	const half = 182 * nanosDay
	return c.now().UnixNano() - half + nanosDay
}

// dated gives a yearless moment the year that brings it closest to near, as a time
// on the wall.
func (c *clock) dated(m moment, month int, near int64) int64 {
	year := time.Unix(0, near).UTC().Year()
	best, least := int64(0), int64(-1)
	for y := max(year-1, 1971); y <= min(year+1, 2261); y++ {
		if m.day > daysIn(y, month) {
			continue
		}
		at := int64(daysSince1970(y, month, m.day))*nanosDay + m.nanos
		if d := max(at-near, near-at); least < 0 || d < least {
			best, least = at, d
		}
	}
	return best
}

// month returns the number of m's month; 0: unknown.
func (c *clock) month(m moment) int {
	if c.name != string(m.month) {
		c.name, c.number = string(m.month), monthNumber(m.month)
		if c.number == 0 {
			c.number = c.months[c.name]
		}
	}
	return c.number
}

// zoned turns a time on the wall into an instant.
func (c *clock) zoned(onWall int64) int64 {
	zone := c.location()
	if hour := onWall / (3600 * nanosSecond); hour != c.hour || zone != c.zone {
		t := time.Unix(onWall/nanosSecond, 0).UTC()
		_, offset := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, zone).Zone()
		c.hour, c.zone, c.offset = hour, zone, int64(offset)*nanosSecond
	}
	return onWall - c.offset
}

func (c *clock) location() *time.Location {
	switch {
	case c.proved != nil:
		return c.proved
	case c.set != nil:
		return c.set
	}
	return time.Local
}

// wants reports whether a line with a stamp of Ollama's own would tell more of m.
func (c *clock) wants(m moment) bool {
	return (m.kind == wall || m.kind == yearless) && c.proved == nil ||
		m.kind == yearless && c.month(m) == 0
}

const (
	farthestZone = 14 * 3600 * nanosSecond
	zoneStep     = 15 * 60 * nanosSecond
)

// prove learns from a line that m stands before and that Ollama stamped at, and
// reports whether it proves a zone.
func (c *clock) prove(m moment, at int64) bool {
	onWall := m.nanos
	if m.kind == yearless {
		month := c.month(m)
		if month == 0 {
			month = c.learn(m, at)
		}
		if month == 0 {
			return false
		}
		onWall = c.dated(m, month, at)
	}
	c.near = at
	if c.proved != nil {
		return false
	}
	offset := (onWall - at + farthestZone + zoneStep/2) / zoneStep * zoneStep
	offset -= farthestZone
	if offset < -farthestZone || offset > farthestZone {
		return false // they do not belong together
	}
	c.proved = time.FixedZone("", int(offset/nanosSecond))
	if _, local := time.Unix(0, at).In(time.Local).Zone(); int64(local)*nanosSecond == offset {
		c.proved = time.Local // which knows of summer time
	}
	return true
}

// zoneMark stands before the proved zone where it is kept.
const zoneMark = "@"

// keep returns the proved zone as a checkpoint keeps it, with its mark.
func (c *clock) keep() string {
	switch c.proved {
	case nil:
		return ""
	case time.Local:
		return zoneMark + "local"
	}
	_, offset := time.Time{}.In(c.proved).Zone()
	return zoneMark + strconv.Itoa(offset)
}

// recall takes over what keep returned, without the mark.
func (c *clock) recall(kept string) {
	if kept == "local" {
		c.proved = time.Local
		return
	}
	const most = int(farthestZone / nanosSecond)
	if offset, err := strconv.Atoi(kept); err == nil && -most <= offset && offset <= most {
		c.proved = time.FixedZone("", offset)
	}
}

// learn finds out which month a name means, by the day it stands before.
func (c *clock) learn(m moment, at int64) int {
	if len(c.months) == 12 {
		return 0
	}
	for _, days := range []int64{0, 1, -1} {
		date := time.Unix(0, at+days*nanosDay).UTC()
		if date.Day() == m.day {
			if c.months == nil {
				c.months = map[string]int{}
			}
			c.months[string(m.month)] = int(date.Month())
			c.name = ""
			return int(date.Month())
		}
	}
	return 0
}
