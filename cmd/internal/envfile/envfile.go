// Package envfile reads files of variables as systemd reads an EnvironmentFile: see
// systemd.exec(5). What a service is started with and what this package returns of the
// same file is the same; a library for such files that reads more or less would not do.
//
// Nothing is expanded, and no error shows a value.
package envfile

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
)

// Variable is one variable of a file.
type Variable struct{ Name, Value string }

// most is how long a file may be. systemd's limit is the same order.
const most = 1 << 20

// Read reads the file at path. Its variables come in order; of one that is set twice the
// last counts.
func Read(path string) ([]Variable, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > most {
		return nil, fmt.Errorf("%s: want a file of at most %d bytes", path, most)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	all, err := Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return all, nil
}

// Parse reads the text of a file.
func Parse(text []byte) (all []Variable, err error) {
	if bytes.IndexByte(text, 0) >= 0 {
		return nil, errors.New("a byte 0 is in it: want text")
	}
	p := parser{text: string(text), line: 1}
	for p.skipToName() {
		line := p.line
		name, ok := p.name()
		if !ok {
			return nil, fmt.Errorf("line %d: want NAME=value", line)
		}
		value, closed := p.value()
		if !closed {
			return nil, fmt.Errorf("line %d: a quote is not closed", line)
		}
		all = append(all, Variable{name, value})
	}
	return all, nil
}

type parser struct {
	text string
	at   int
	line int // of at, from 1
}

// next returns the next byte and steps over it; at the end it returns 0.
func (p *parser) next() byte {
	if p.at == len(p.text) {
		return 0
	}
	c := p.text[p.at]
	p.at++
	if c == '\n' {
		p.line++
	}
	return c
}

// skipToName steps over blank lines, blanks before a name, and comments. A comment goes on
// in the next line after a backslash.
func (p *parser) skipToName() bool {
	for p.at < len(p.text) {
		switch p.text[p.at] {
		case ' ', '\t', '\n', '\r':
			p.next()
		case '#', ';':
			for c := p.next(); c != 0 && c != '\n'; c = p.next() {
				if c == '\\' {
					p.next()
				}
			}
		default:
			return true
		}
	}
	return false
}

// name reads up to the first =.
func (p *parser) name() (name string, ok bool) {
	rest := p.text[p.at:]
	end := strings.IndexAny(rest, "=\n")
	if end < 0 || rest[end] == '\n' {
		return "", false
	}
	p.at += end + 1
	name = strings.TrimRight(rest[:end], " \t")
	return name, name != ""
}

// value reads a value to the end of its line, which is not the first one if quotes or
// backslashes say so.
func (p *parser) value() (value string, closed bool) {
	var v strings.Builder
	kept := 0 // of v, whatever blanks it ends with
	for {
		switch c := p.next(); c {
		case 0, '\n', '\r':
			return v.String()[:max(kept, len(strings.TrimRight(v.String(), " \t")))], true
		case ' ', '\t':
			if v.Len() > 0 {
				v.WriteByte(c)
			}
		case '\'', '"':
			if !p.quoted(&v, c) {
				return "", false
			}
			kept = v.Len()
		case '\\':
			if escaped := p.next(); escaped != '\n' && escaped != 0 {
				v.WriteByte(escaped)
				kept = v.Len()
			}
		default:
			v.WriteByte(c)
		}
	}
}

// quoted reads up to the closing quote. Within double quotes a backslash takes its meaning
// from ", \, ` and $, and joins lines; everywhere else it is a backslash.
func (p *parser) quoted(v *strings.Builder, quote byte) (closed bool) {
	for {
		c := p.next()
		switch {
		case c == 0:
			return false
		case c == quote:
			return true
		case c == '\\' && quote == '"':
			switch escaped := p.next(); escaped {
			case 0:
				return false
			case '\n':
			case '"', '\\', '`', '$':
				v.WriteByte(escaped)
			default:
				v.WriteByte('\\')
				v.WriteByte(escaped)
			}
		default:
			v.WriteByte(c)
		}
	}
}
