package framing

// moment is a time as an envelope writes it. Many leave out the zone, some the year, and some
// name the month in a language that is not known here.
type moment struct {
	kind momentKind
	// nanos since 1970: of the instant, or as a clock on the wall would have them
	// if it stood in UTC; without a year, since the day began.
	nanos int64
	month []byte // without a year: its name
	day   int
}

type momentKind uint8

const (
	noTime   momentKind = iota // none, or only one that no date belongs to
	instant                    // with its zone
	wall                       // without
	yearless                   // without zone and year
)

const (
	nanosSecond = int64(1e9)
	nanosDay    = 86400 * nanosSecond
)

// isoMoment reads a date and a time such as 2026-04-13T08:00:00.123+02:00 at the
// start of b and returns how long they are, 0 if there are none. Between date and
// time stands T, t, a space or _; a fraction has a point or a comma; of the zone
// Z, ±hh:mm, ±hhmm and ±hh are known.
func isoMoment(b []byte) (m moment, n int) {
	if len(b) < len("2026-04-13T08:00:00") || b[4] != b[7] || b[4] != '-' && b[4] != '/' {
		return m, 0
	}
	switch b[10] {
	case 'T', 't', ' ', '_':
	default:
		return m, 0
	}
	var bad int
	year, month, day := digits(b[0:4], &bad), digits(b[5:7], &bad), digits(b[8:10], &bad)
	if bad != 0 || year < 1971 || year > 2261 || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return m, 0
	}
	nanos, n := clockTime(b[11:])
	if n == 0 {
		return m, 0
	}
	n += 11
	m = moment{kind: wall, nanos: int64(daysSince1970(year, month, day))*nanosDay + nanos}
	if offset, length := zoneAt(b[n:]); length > 0 {
		m.kind, m.nanos, n = instant, m.nanos-int64(offset)*nanosSecond, n+length
	}
	return m, n
}

// clockTime reads 08:00:00, with a fraction or without, as nanoseconds.
func clockTime(b []byte) (nanos int64, n int) {
	if len(b) < len("08:00:00") || b[2] != ':' || b[5] != ':' {
		return 0, 0
	}
	var bad int
	hour, minute, second := digits(b[0:2], &bad), digits(b[3:5], &bad), digits(b[6:8], &bad)
	if bad != 0 || hour > 23 || minute > 59 || second > 60 {
		return 0, 0
	}
	nanos = int64(hour*3600+minute*60+second) * nanosSecond
	if len(b) < 10 || b[8] != '.' && b[8] != ',' || !isDigit(b[9]) {
		return nanos, 8
	}
	unit := nanosSecond / 10
	for n = 9; n < len(b) && isDigit(b[n]) && n < 18; n++ {
		nanos += int64(b[n]-'0') * unit
		unit /= 10
	}
	return nanos, n
}

// zoneAt reads a zone that follows a time at once, as seconds east of UTC.
func zoneAt(b []byte) (offset, n int) {
	if len(b) == 0 {
		return 0, 0
	}
	if b[0] == 'Z' || b[0] == 'z' {
		return 0, 1
	}
	if b[0] != '+' && b[0] != '-' || len(b) < 3 {
		return 0, 0
	}
	var bad, minute int
	hour, n := digits(b[1:3], &bad), 3
	switch {
	case len(b) >= 6 && b[3] == ':' && isDigit(b[4]) && isDigit(b[5]):
		minute, n = digits(b[4:6], &bad), 6
	case len(b) >= 5 && isDigit(b[3]) && isDigit(b[4]):
		minute, n = digits(b[3:5], &bad), 5
	}
	if bad != 0 || hour > 15 || minute > 59 {
		return 0, 0
	}
	offset = hour*3600 + minute*60
	if b[0] == '-' {
		offset = -offset
	}
	return offset, n
}

// longestDate is a length that month, day and year reach in no language.
const longestDate = 40

// bsdMoment reads a date and a time such as `Apr 13 08:00:00` at the start of b.
// The month is told by its place, in whatever language it is: 4月, mai, "de des.".
func bsdMoment(b []byte) (m moment, n int) {
	from := 0
	if len(b) > 0 && b[0] == ' ' {
		from = 1 // before one of the first nine months in Japanese and Korean
	}
	at := timeOfDay(b, from)
	if at <= from+1 {
		return m, 0
	}
	nanos, length := clockTime(b[at:])
	if length == 0 {
		return m, 0
	}
	date, last := cutLast(b[from : at-1])
	year, ok := number(last, 4)
	if ok && year > 31 {
		date, last = cutLast(date)
	}
	day, okDay := number(last, 2)
	if !okDay || day < 1 || day > 31 || !monthName(date) {
		return m, 0
	}
	if ok && year >= 1971 && year <= 2261 {
		if month := monthNumber(date); month > 0 && day <= daysIn(year, month) {
			return moment{kind: wall, nanos: int64(daysSince1970(year, month, day))*nanosDay + nanos}, at + length
		}
	}
	return moment{kind: yearless, nanos: nanos, month: date, day: day}, at + length
}

// timeOfDay returns where in b a time of day begins after a date; -1 if none does.
func timeOfDay(b []byte, from int) int {
	for i := from + 2; i <= len(b)-6 && i < longestDate; i++ {
		if b[i] == ':' && b[i+3] == ':' && i >= 3 && b[i-3] == ' ' && isDigit(b[i-1]) {
			return i - 2
		}
		if b[i] == '=' || b[i] == '[' || b[i] == '|' || b[i] == '"' {
			return -1
		}
	}
	return -1
}

// cutLast cuts off the last word.
func cutLast(b []byte) (before, last []byte) {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	i := len(b)
	for i > 0 && b[i-1] != ' ' {
		i--
	}
	before, last = b[:i], b[i:]
	for len(before) > 0 && before[len(before)-1] == ' ' {
		before = before[:len(before)-1]
	}
	return before, last
}

// number reads a number of at most so many digits; a point behind it is a
// language's way to write the day.
func number(b []byte, most int) (int, bool) {
	if len(b) > 1 && b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return decimal(b, most)
}

// decimal reads a number of at most so many digits.
func decimal(b []byte, most int) (int, bool) {
	if len(b) == 0 || len(b) > most {
		return 0, false
	}
	var bad int
	n := digits(b, &bad)
	return n, bad == 0
}

func isDigit(c byte) bool  { return c-'0' <= 9 }
func isLetter(c byte) bool { return c|0x20-'a' < 26 || c >= 0x80 }
