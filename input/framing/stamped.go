package framing

import "bytes"

// parseStamped takes a date and a time off: those of docker logs -t, kubectl
// --timestamps, Docker Desktop, Portainer, ts, svlogd, s6-log, tai64n and NSSM, in
// brackets or without.
func parseStamped(line []byte, p *piece) bool {
	i, bracket := opened(line)
	m, n := anyMoment(line[i:])
	if n == 0 {
		return false
	}
	i, ok := closed(line, i+n, bracket)
	if !ok {
		return false
	}
	if !bracket && i+1 < len(line) && line[i] == ':' && line[i+1] == ' ' {
		i++ // NSSM
	}
	p.at = m
	switch {
	case i == len(line):
	case line[i] == ' ' || line[i] == '\t':
		i++
		if i < len(line) && line[i] == ' ' && n == len("2026-04-13 06:00:00.123456789") && m.kind == wall && !bracket {
			i++ // s6-log writes two
		}
	default:
		return false
	}
	// Docker and Kubernetes write all nine digits, and no other log does.
	p.strong = !bracket && n == len("2026-04-13T06:00:00.123456789Z") && line[10] == 'T' && line[19] == '.' &&
		line[n-1] == 'Z'
	p.text = line[i:]
	return true
}

// parseGlued takes a date and a time with a zone off that no space follows, as in the
// logs of TrueNAS.
func parseGlued(line []byte, p *piece) bool {
	m, n := isoMoment(line)
	if n == 0 || m.kind != instant || line[n-1] == 'Z' || line[19] != '.' {
		return false
	}
	p.at, p.text = m, line[n:]
	return true
}

// anyMoment returns the date and the time at the start of b, and their length.
func anyMoment(b []byte) (moment, int) {
	if len(b) < 10 {
		return moment{}, 0
	}
	switch {
	case b[0] == '@':
		return taiMoment(b)
	case isDigit(b[0]):
		if m, n := isoMoment(b); n > 0 {
			return spacedZone(b, m, n)
		}
		if m, n := unixMoment(b); n > 0 {
			return m, n
		}
	}
	return yearBehind(b)
}

// yearBehind reads `Mon Apr 13 08:00:00 2026`, or without day and year.
func yearBehind(b []byte) (moment, int) {
	m, n := bsdMoment(b)
	if m.kind != yearless || n+5 > len(b) || b[n] != ' ' || n+5 < len(b) && b[n+5] != ' ' {
		return m, n
	}
	year, ok := decimal(b[n+1:n+5], 4)
	month := monthNumber(m.month)
	if !ok || year < 1971 || year > 2261 || month == 0 || m.day > daysIn(year, month) {
		return m, n
	}
	return moment{kind: wall, nanos: int64(daysSince1970(year, month, m.day))*nanosDay + m.nanos}, n + 5
}

// spacedZone adds a zone that stands behind a space, as in `… 08:00:00 +0200`.
func spacedZone(b []byte, m moment, n int) (moment, int) {
	if m.kind != wall || n+4 > len(b) || b[n] != ' ' {
		return m, n
	}
	if offset, length := zoneAt(
		b[n+1:],
	); length > 3 &&
		(n+1+length == len(b) || b[n+1+length] == ' ' || b[n+1+length] == ']') {
		return moment{kind: instant, nanos: m.nanos - int64(offset)*nanosSecond}, n + 1 + length
	}
	if bytes.HasPrefix(b[n:], []byte(" UTC ")) || bytes.HasPrefix(b[n:], []byte(" UTC]")) {
		return moment{kind: instant, nanos: m.nanos}, n + 4
	}
	return m, n
}

// taiMoment reads `@400000006a1b2c3d07654321` of tai64n, which counts the leap
// seconds.
func taiMoment(b []byte) (m moment, n int) {
	const length = 1 + 16 + 8
	if len(b) < length {
		return m, 0
	}
	var seconds, nanos uint64
	for i, c := range b[1:length] {
		d := hexDigit(c)
		if d > 15 {
			return m, 0
		}
		if i < 16 {
			seconds = seconds<<4 | uint64(d)
		} else {
			nanos = nanos<<4 | uint64(d)
		}
	}
	const began, leap = 1 << 62, 10
	if seconds < began || seconds > began+1<<33 || nanos >= uint64(nanosSecond) {
		return m, 0
	}
	return moment{kind: instant, nanos: int64(seconds-began-leap)*nanosSecond + int64(nanos)}, length
}

func hexDigit(c byte) byte {
	switch {
	case isDigit(c):
		return c - '0'
	case c|0x20-'a' < 6:
		return c | 0x20 - 'a' + 10
	}
	return 0xff
}

// parseClock takes a time of day off, and a date before it that can be read in more than one
// way: those that ts, foreman and stern write. The time is dropped, because its day or year is
// not known.
func parseClock(line []byte, p *piece) bool {
	i, bracket := opened(line)
	for _, date := range [...]string{"04-13 ", "04/13/26 ", "13/04/2026 ", "13.04.2026 ", "13-04-2026 "} {
		if len(line) > i+len(date) && shaped(line[i:i+len(date)], date) {
			i += len(date)
			break
		}
	}
	_, n := clockTime(line[i:])
	if n == 0 {
		return false
	}
	i, ok := closed(line, i+n, bracket)
	if !ok {
		return false
	}
	if i < len(line) {
		if line[i] != ' ' && line[i] != '\t' {
			return false
		}
		i++
	}
	p.text = line[i:]
	return true
}

// opened skips a bracket before a stamp.
func opened(line []byte) (i int, bracket bool) {
	if len(line) > 0 && line[0] == '[' {
		return 1, true
	}
	return 0, false
}

// closed skips the bracket that ends a stamp at i, if one began it; ok is false if it is
// missing.
func closed(line []byte, i int, bracket bool) (end int, ok bool) {
	if !bracket {
		return i, true
	}
	return i + 1, i < len(line) && line[i] == ']'
}
