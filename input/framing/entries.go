package framing

import (
	"bytes"
	"encoding/binary"
	"strconv"

	"ollama-hec/input"
)

// entryForm is how journalctl writes an entry as several lines, one for each field.
type entryForm uint8

const (
	noEntries      entryForm = iota
	exportEntries            // -o export: NAME=value, or NAME and a length and bytes; a blank line ends the entry
	verboseEntries           // -o verbose: a line with the time and the cursor, then indented fields
	entryForms
)

func (e entryForm) String() string {
	return [...]string{"", "journal-export", "journal-verbose"}[e]
}

func (e entryForm) says() string {
	return [...]string{"", "journalctl -o export", "journalctl -o verbose"}[e]
}

// sample returns the first line of an entry as an example.
func (e entryForm) sample() string {
	return [...]string{
		"", "__CURSOR=s=f6e5…;i=1;b=0123…;m=f4240;t=64f5131683a40;x=6448…",
		"Mon 2026-04-13 08:00:00.123456 CEST [s=f6e5…;i=1;b=0123…;m=f4240;t=64f5131683a40;x=6448…]",
	}[e]
}

// entryFormOf returns the form of entries by the first line of one. Nothing else looks like
// that.
func entryFormOf(line []byte) entryForm {
	switch {
	case bytes.HasPrefix(line, []byte("__CURSOR=s=")):
		return exportEntries
	case verboseHead(line) != nil:
		return verboseEntries
	}
	return noEntries
}

// verboseHead is what stands in the brackets at the end of an entry's first line:
// `Mon 2026-04-13 08:00:00.123456 CEST [s=…;i=1;b=…;m=f4240;t=64f5131683a40;x=…]`; nil if
// line is none.
func verboseHead(line []byte) []byte {
	if len(line) == 0 || line[0] == ' ' || line[len(line)-1] != ']' {
		return nil
	}
	i := bytes.LastIndex(line, []byte(" [s="))
	if i < 0 || !bytes.Contains(line[i:], []byte(";t=")) {
		return nil
	}
	return line[i+2 : len(line)-1]
}

// gathered is an entry of which not all lines are there yet.
type gathered struct {
	form  entryForm
	open  bool           // it has begun
	given bool           // its text was handed on before its end
	start input.Position // of its first line
	at    int64          // in nanoseconds since 1970
	text  []byte
	whole int64 // how long the text is, of which text may be only the beginning
	has   bool  // there is a text

	// The values of its other fields, by the name of the field.
	host, ident, unit, comm, container, id, image []byte

	binary   bool    // a field is being read whose length is written before it
	ofText   bool    // and it is the text
	lengthAt int     // how many bytes of the length there are
	length   [8]byte // of the field
	left     int64   // of the field with its line feed, once the length is known

	goesOn bool // the last field of a verbose entry was the text
}

// begin starts a new entry and drops the one before.
func (g *gathered) begin(start input.Position) {
	*g = gathered{
		form: g.form, open: true, start: start,
		host: g.host[:0], ident: g.ident[:0], unit: g.unit[:0], comm: g.comm[:0],
		container: g.container[:0], id: g.id[:0], image: g.image[:0],
	}
}

// known reports whether enough of an entry is known to hand it on, though it may have further
// fields.
func (g *gathered) known() bool {
	return g.has && !g.given && !g.binary && len(g.host) > 0 && len(g.ident)+len(g.unit)+len(g.comm) > 0
}

// names returns the names that the entry gives. The unit's name is also that of its program.
func (g *gathered) names() names {
	n := names{host: g.host, program: g.ident, container: g.container, id: g.id, image: g.image}
	if len(n.program) == 0 {
		n.program = bytes.TrimSuffix(g.unit, []byte(".service"))
	}
	if len(n.program) == 0 {
		n.program = g.comm
	}
	return n
}

// field adds a field of the entry. Of the text it keeps at most most+1 bytes; size is its whole
// length.
func (g *gathered) field(name, value []byte, size int64, most int) {
	switch string(name) {
	case "MESSAGE":
		g.text, g.whole, g.has = bytes.Clone(value[:min(len(value), most+1)]), size, true
	case "__REALTIME_TIMESTAMP":
		if us, err := strconv.ParseInt(string(value), 10, 64); err == nil && us < 1<<53 {
			g.at = us * 1000
		}
	case "_HOSTNAME":
		g.host = append(g.host[:0], value...)
	case "SYSLOG_IDENTIFIER":
		g.ident = append(g.ident[:0], value...)
	case "_SYSTEMD_UNIT":
		g.unit = append(g.unit[:0], value...)
	case "_COMM":
		g.comm = append(g.comm[:0], value...)
	case "CONTAINER_NAME":
		g.container = append(g.container[:0], value...)
	case "CONTAINER_ID_FULL":
		g.id = append(g.id[:0], value...)
	case "IMAGE_NAME":
		g.image = append(g.image[:0], value...)
	}
}

// lineOf says how a physical line relates to an entry.
type lineOf uint8

const (
	aField   lineOf = iota // of the entry that is open, or of one whose beginning was not seen
	itsEnd                 // the entry is complete with it
	theNext                // the entry before is complete, another begins with it
	itsRest                // it goes on with a text that was handed on before
	notOfOne               // it is of no entry
)

// take adds a physical line of size bytes with its line feed, of which line has at least the
// beginning, and returns how it relates to the open entry. If that is theNext nothing is added
// yet: the entry before has to be handed on first.
func (g *gathered) take(line []byte, size int64, most int) lineOf {
	if g.form == verboseEntries {
		return g.takeVerbose(line, most)
	}
	return g.takeExport(line, size, most)
}

func (g *gathered) takeExport(line []byte, size int64, most int) lineOf {
	if g.binary {
		g.takeBinary(line, size, most)
		return aField
	}
	if len(line) == 0 {
		return itsEnd
	}
	name, value, plain := bytes.Cut(line, []byte("="))
	switch {
	case !fieldName(name):
		return notOfOne
	case string(name) == "__CURSOR":
		return theNext
	case plain:
		g.field(name, value, int64(len(value)), most)
	default:
		g.binary, g.ofText, g.lengthAt, g.left = true, string(name) == "MESSAGE", 0, 0
	}
	return aField
}

// takeBinary adds a line of a field whose length is written before it.
func (g *gathered) takeBinary(line []byte, size int64, most int) {
	if g.lengthAt < len(g.length) {
		with := append(line[:len(line):len(line)], '\n')
		n := copy(g.length[g.lengthAt:], with)
		if g.lengthAt += n; g.lengthAt < len(g.length) {
			return
		}
		length := binary.LittleEndian.Uint64(g.length[:])
		if length > 1<<40 { // nothing of the journal is so long: this is no entry
			g.binary = false
			return
		}
		g.left, size = int64(length)+1, size-int64(n)
		if g.ofText {
			g.text, g.whole, g.has = nil, int64(length), true
		}
		if n == len(with) {
			return
		}
		line = line[n:]
	}
	if g.ofText {
		room := max(0, min(most+1-len(g.text), int(min(g.left-1, int64(most)+1))))
		g.text = append(g.text, line[:min(len(line), room)]...)
		if g.left > size && len(g.text) <= most { // the line feed is of the text
			g.text = append(g.text, '\n')
		}
	}
	if g.left -= size; g.left <= 0 {
		g.binary = false
	}
}

func (g *gathered) takeVerbose(line []byte, most int) lineOf {
	const indent = 4
	switch {
	case verboseHead(line) != nil:
		return theNext
	case len(line) <= indent || string(line[:indent]) != "    ":
		return notOfOne
	case line[indent] == ' ':
		if g.goesOn && g.given {
			return itsRest
		}
		if g.goesOn && len(g.text) <= most {
			rest := restOfText(line)
			g.text = append(append(g.text, '\n'), rest...)
			g.whole += 1 + int64(len(rest))
		}
		return aField
	}
	name, value, found := bytes.Cut(line[indent:], []byte("="))
	if !found || !fieldName(name) {
		return aField
	}
	g.field(name, value, int64(len(value)), most)
	g.goesOn = string(name) == "MESSAGE"
	return aField
}

// restOfText returns a further line of a text, which is indented below the first.
func restOfText(line []byte) []byte { return line[min(len(line), len("    MESSAGE=")):] }

// fieldName reports whether a journal's field can have that name.
func fieldName(name []byte) bool {
	for _, c := range name {
		if c != '_' && !isDigit(c) && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return len(name) > 0 && len(name) <= 64
}

// headTime returns the time in the first line of a verbose entry, in nanoseconds since 1970; 0
// if there is none.
func headTime(line []byte) int64 {
	_, rest, _ := bytes.Cut(verboseHead(line), []byte(";t="))
	digits, _, _ := bytes.Cut(rest, []byte(";"))
	us, err := strconv.ParseInt(string(digits), 16, 64)
	if err != nil || us > 1<<53 {
		return 0
	}
	return us * 1000
}
