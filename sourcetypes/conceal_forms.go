package sourcetypes

import "bytes"

// lineEnd is where the line that i is in ends.
func lineEnd(text []byte, i int) int {
	if n := bytes.IndexByte(text[i:], '\n'); n >= 0 {
		return i + n
	}
	return len(text)
}

// freeEnd is where a text ends, outside slog's form, of which a word ends at i:
// before the next name and its =, or with the line.
func freeEnd(text []byte, i, to int) int {
	for i < to {
		start := i
		for start < to && text[start] == ' ' {
			start++
		}
		name := start
		for name < to && keyByte[text[name]] {
			name++
		}
		if name > start && name < to && text[name] == '=' {
			return i
		}
		for i = name; i < to && text[i] != ' '; i++ {
		}
	}
	return to
}

// levelOf reads what slog writes for a level.
func levelOf(name []byte) level {
	switch {
	case hasPrefix(name, "TRACE"), hasPrefix(name, "DEBUG-"):
		return levelTrace
	case hasPrefix(name, "DEBUG"):
		return levelDebug
	}
	return levelInfo
}

// levelName reports whether b is a level as slog writes it.
func levelName(b []byte) bool {
	return len(b) < 10 && levelBytes.all(b)
}

// sourcePlace reports whether b is the place of a call in a source: server.go:496.
func sourcePlace(b []byte) bool {
	i := bytes.IndexByte(b, ':')
	return i > 0 && len(b) < 80 && bytes.HasSuffix(b[:i], []byte(".go")) && decimals.all(b[i+1:])
}

// amount reports whether b is a number, perhaps with a unit.
func amount(b []byte) bool {
	digits := 0
	for digits < len(b) && amountBytes[b[digits]] {
		digits++
	}
	unit := b[digits:]
	return digits > 0 && digits < 20 &&
		(len(unit) == 0 || len(unit) < 4 && lower(unit[0]|0x20) || hasPrefix(unit, "µs"))
}
