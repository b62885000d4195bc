package framing

import "time"

// parseStamp reads a stamp of RFC 3339 as time.Parse does, as nanoseconds since 1970, for the
// years a runtime can log.
func parseStamp(s []byte) (int64, bool) {
	if nanos, ok := parseUsual(s); ok {
		return nanos, true
	}
	if len(s) < len("2006-01-02T5:04:05Z") || s[4] != '-' || s[7] != '-' || s[10] != 'T' {
		return 0, false
	}
	// Hours of one digit, a comma, more digits than nanoseconds have: no runtime writes them,
	// but a line with one is still a framed line.
	at, err := time.Parse(time.RFC3339Nano, string(s))
	if err != nil || at.Year() < 1971 || at.Year() > 2261 {
		return 0, false
	}
	return at.UnixNano(), true
}

// parseUsual reads stamps as runtimes write them, with up to nine digits of a second.
func parseUsual(s []byte) (int64, bool) {
	if len(s) < len("2006-01-02T15:04:05Z") ||
		s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' {
		return 0, false
	}
	var bad int
	year := digits(s[0:4], &bad)
	month := digits(s[5:7], &bad)
	day := digits(s[8:10], &bad)
	hour := digits(s[11:13], &bad)
	minute := digits(s[14:16], &bad)
	second := digits(s[17:19], &bad)
	if bad != 0 || year < 1971 || year > 2261 || month < 1 || month > 12 ||
		day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	nanos, rest, ok := fraction(s[19:])
	if !ok {
		return 0, false
	}
	offset, ok := zone(rest)
	if !ok {
		return 0, false
	}
	seconds := int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+second-offset)
	return seconds*1e9 + int64(nanos), true
}

// digits reads a number of fixed width, and raises bad if s is none.
func digits(s []byte, bad *int) int {
	n := 0
	for _, c := range s {
		if c < '0' || c > '9' {
			*bad = 1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func fraction(s []byte) (nanos int, rest []byte, ok bool) {
	if s[0] != '.' {
		return 0, s, true
	}
	i := 1
	for ; i < len(s) && '0' <= s[i] && s[i] <= '9'; i++ {
		if i > 9 {
			return 0, nil, false
		}
		nanos = nanos*10 + int(s[i]-'0')
	}
	for n := i; n <= 9; n++ {
		nanos *= 10
	}
	return nanos, s[i:], i > 1
}

// zone reads Z or ±hh:mm as seconds east of UTC.
func zone(s []byte) (int, bool) {
	if len(s) == 1 && s[0] == 'Z' {
		return 0, true
	}
	if len(s) != len("+08:00") || s[3] != ':' || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	var bad int
	hour, minute := digits(s[1:3], &bad), digits(s[4:6], &bad)
	if bad != 0 || hour > 23 || minute > 59 {
		return 0, false
	}
	offset := hour*3600 + minute*60
	if s[0] == '-' {
		offset = -offset
	}
	return offset, true
}

// daysSince1970 counts in years that begin in March, so that a leap day comes
// last.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	const to1970 = 719468
	return year*365 + year/4 - year/100 + year/400 + (153*(month-3)+2)/5 + day - 1 - to1970
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
