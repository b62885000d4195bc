package framing

import "bytes"

// parseSyslog takes apart what journalctl and rsyslog print: a stamp, the host
// unless it was left out, the program with its process, a colon, the text. Stamps
// are those of -o short, short-precise, short-iso, short-full, short-unix and
// short-monotonic, of rsyslog's traditional and its ISO template, with and without
// the priority of the wire, and in any language.
func parseSyslog(line []byte, p *piece) bool {
	if journalRemark(line) {
		p.remark, p.text, p.strong = true, line[len(line):], true
		return true
	}
	i := priority(line)
	m, n := syslogMoment(line[i:])
	if n == 0 {
		return false
	}
	i += n
	if i >= len(line) || line[i] != ' ' {
		return false
	}
	for i < len(line) && line[i] == ' ' {
		i++
	}
	program, pid, end := tag(line, i)
	if end < 0 { // the host stands first
		space := bytes.IndexByte(line[i:], ' ')
		if space <= 0 || !hostName(line[i:i+space]) {
			return false
		}
		p.names.host = line[i : i+space]
		for i += space; i < len(line) && line[i] == ' '; {
			i++
		}
		if program, pid, end = tag(line, i); end < 0 {
			return false
		}
	}
	p.at, p.names.program, p.strong = m, program, pid || ofOllama(program)
	p.text = oneSpace(line, end)
	return true
}

// syslogMoment returns the stamp at the start of b, and its length.
func syslogMoment(b []byte) (moment, int) {
	if len(b) < 10 {
		return moment{}, 0
	}
	switch c := b[0]; {
	case c == '[':
		return monotonic(b)
	case isDigit(c):
		if m, n := isoMoment(b); n > 0 {
			return m, n
		}
		if m, n := unixMoment(b); n > 0 {
			return m, n
		}
	}
	if m, n := fullMoment(b); n > 0 {
		return m, n
	}
	return bsdMoment(b)
}

// monotonic reads `[ 1234.567890]`, and `[ 1234.567890 <    0.000123 >]`: a time
// since the machine started, which says nothing of the date.
func monotonic(b []byte) (moment, int) {
	i := 1
	for i < len(b) && b[i] == ' ' {
		i++
	}
	start, point := i, false
	for i < len(b) && (isDigit(b[i]) || b[i] == '.') {
		point = point || b[i] == '.'
		i++
	}
	if i == start || !point {
		return moment{}, 0
	}
	if i+1 < len(b) && b[i] == ' ' && b[i+1] == '<' {
		end := bytes.IndexByte(b[i:min(len(b), i+40)], '>')
		if end < 0 {
			return moment{}, 0
		}
		i += end + 1
	}
	if i >= len(b) || b[i] != ']' {
		return moment{}, 0
	}
	return moment{}, i + 1
}

// unixMoment reads seconds since 1970 with ten digits, and a fraction.
func unixMoment(b []byte) (m moment, n int) {
	var seconds int64
	for n < len(b) && isDigit(b[n]) && n <= 10 {
		seconds = seconds*10 + int64(b[n]-'0')
		n++
	}
	if n != 10 {
		return m, 0
	}
	m = moment{kind: instant, nanos: seconds * nanosSecond}
	if n+1 < len(b) && b[n] == '.' && isDigit(b[n+1]) {
		unit := nanosSecond / 10
		for n++; n < len(b) && isDigit(b[n]); n++ {
			m.nanos += int64(b[n]-'0') * unit
			unit /= 10
		}
	}
	return m, n
}

// fullMoment reads `Mon 2026-04-13 08:00:00 CEST`, the day's name in any language.
func fullMoment(b []byte) (m moment, n int) {
	if !isLetter(b[0]) {
		return m, 0
	}
	i := bytes.IndexByte(b[:min(len(b), 24)], ' ')
	if i < 0 || i+1 >= len(b) || !isDigit(b[i+1]) {
		return m, 0
	}
	m, n = isoMoment(b[i+1:])
	if n == 0 {
		return m, 0
	}
	n += i + 1
	if m.kind == instant || n+2 >= len(b) || b[n] != ' ' {
		return m, n
	}
	zone := b[n+1:]
	if end := bytes.IndexByte(zone[:min(len(zone), 8)], ' '); end > 0 {
		zone = zone[:end]
		switch offset, length := zoneAt(zone); {
		case string(zone) == "UTC" || string(zone) == "GMT":
			return moment{kind: instant, nanos: m.nanos}, n + 1 + end
		case length == end && length > 1:
			return moment{kind: instant, nanos: m.nanos - int64(offset)*nanosSecond}, n + 1 + end
		case capitals(zone):
			return m, n + 1 + end // whose offset is not written down
		}
	}
	return m, n
}

func capitals(b []byte) bool {
	for _, c := range b {
		if c < 'A' || c > 'Z' {
			return false
		}
	}
	return len(b) >= 2
}

// priority returns the length of a priority such as <30> at the start of b; 0: there is none.
func priority(b []byte) int {
	if len(b) < 4 || b[0] != '<' {
		return 0
	}
	for i := 1; i < len(b) && i < 5; i++ {
		if b[i] == '>' && i > 1 {
			return i + 1
		}
		if !isDigit(b[i]) {
			return 0
		}
	}
	return 0
}

const longestName = 255

// tag reads `ollama[1234]:` or `ollama:` at i. end is behind the colon, or -1.
func tag(b []byte, i int) (program []byte, pid bool, end int) {
	start := i
	for i < len(b) && i-start < longestName && tagByte[b[i]] {
		i++
	}
	if i == start || i >= len(b) {
		return nil, false, -1
	}
	program = b[start:i]
	if b[i] == '[' {
		number := i + 1
		for i, pid = number, true; i < len(b) && i-number < longestName && tagByte[b[i]] && b[i] != ']'; i++ {
			pid = pid && isDigit(b[i])
		}
		if i == number || i >= len(b) || b[i] != ']' {
			return nil, false, -1
		}
		i++
	}
	if i >= len(b) || b[i] != ':' || i+1 < len(b) && b[i+1] != ' ' {
		return nil, false, -1
	}
	return program, pid, i + 1
}

// tagByte has the bytes that a program's name in a log may have.
var tagByte = func() (t [256]bool) {
	for c := range t {
		t[c] = c > ' ' && c < 0x7f && c != '[' && c != ':' && c != '"' && c != '=' && c != '|' && c != '<' && c != '>'
	}
	return t
}()

// hostName reports whether b may be the name or the address of a machine.
func hostName(b []byte) bool {
	if len(b) == 0 || len(b) > longestName {
		return false
	}
	for _, c := range b {
		if !(c|0x20-'a' < 26 || isDigit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '%') {
			return false
		}
	}
	return true
}

// oneSpace returns what comes after i, without one space there.
func oneSpace(b []byte, i int) []byte {
	if i < len(b) && b[i] == ' ' {
		i++
	}
	return b[i:]
}

// journalRemark reports whether a line is a message of journalctl itself.
func journalRemark(line []byte) bool {
	if len(line) < 4 {
		return false
	}
	if line[0] == '-' {
		for _, head := range [...]string{
			"-- Logs begin at ", "-- Journal begins at ", "-- No entries --", "-- Boot ", "-- Reboot --",
		} {
			if bytes.HasPrefix(line, []byte(head)) {
				return true
			}
		}
	}
	return bytes.HasPrefix(line, []byte("░░ ")) // of journalctl -x
}

// parseRFC5424 takes apart <30>1 TIME HOST APP PROCID MSGID DATA TEXT.
func parseRFC5424(line []byte, p *piece) bool {
	i := priority(line)
	if i == 0 || i+2 >= len(line) || !isDigit(line[i]) || line[i+1] != ' ' {
		return false
	}
	rest := line[i+2:]
	var words [5][]byte
	for k := range words {
		end := bytes.IndexByte(rest, ' ')
		if end <= 0 {
			return false
		}
		words[k], rest = rest[:end], rest[end+1:]
	}
	if !isNil(words[0]) {
		m, n := isoMoment(words[0])
		if n != len(words[0]) {
			return false
		}
		p.at = m
	}
	if !isNil(words[1]) {
		if !hostName(words[1]) {
			return false
		}
		p.names.host = words[1]
	}
	if !isNil(words[2]) {
		p.names.program = words[2]
	}
	end := structuredData(rest)
	if end < 0 {
		return false
	}
	p.text = bytes.TrimPrefix(oneSpace(rest, end), bom)
	p.strong = true
	return true
}

func isNil(b []byte) bool { return len(b) == 1 && b[0] == '-' }

// structuredData returns the length of `-` or `[id name="value"]…` at the start of b; -1 if it
// is neither.
func structuredData(b []byte) int {
	if len(b) > 0 && b[0] == '-' {
		return 1
	}
	i := 0
	for i < len(b) && b[i] == '[' {
		quoted := false
		for i++; ; i++ {
			if i >= len(b) {
				return -1
			}
			if c := b[i]; c == '\\' && quoted {
				i++
			} else if c == '"' {
				quoted = !quoted
			} else if c == ']' && !quoted {
				break
			}
		}
		i++
	}
	if i == 0 || i < len(b) && b[i] != ' ' {
		return -1
	}
	return i
}
