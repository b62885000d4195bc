package modinputtest

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// Event is one element of the event stream. What it does not say is empty.
type Event struct {
	Stanza, Time, Source, Sourcetype, Index, Host, Data string
}

// readEvents reads the stream to its end, or to what should not be there.
func (p *Process) readEvents(r io.Reader) {
	gate := &gate{p, r}
	dec := xml.NewDecoder(gate)
	if err := p.readStream(dec); err != nil {
		p.wrong("event stream", err)
	}
	io.Copy(io.Discard, gate) // let it go on, so that it can end
}

func (p *Process) readStream(dec *xml.Decoder) error {
	if start, err := nextElement(dec); err != nil {
		return err
	} else if start == nil || start.Name.Local != "stream" {
		return fmt.Errorf("expected <stream>, got %v", start)
	}
	for {
		start, err := nextElement(dec)
		if err != nil {
			return err
		}
		if start == nil { // </stream>
			switch token, err := dec.Token(); {
			case err == nil:
				if text, ok := token.(xml.CharData); !ok || strings.TrimSpace(string(text)) != "" {
					return fmt.Errorf("%v after </stream>", token)
				}
			case !errors.Is(err, io.EOF):
				return err
			}
			return nil
		}
		ev, err := readEvent(dec, start)
		if err != nil {
			return err
		}
		p.update(func() { p.events = append(p.events, ev) })
	}
}

func readEvent(dec *xml.Decoder, start *xml.StartElement) (Event, error) {
	if start.Name.Local != "event" || len(start.Attr) != 1 || start.Attr[0].Name.Local != "stanza" {
		return Event{}, fmt.Errorf(`expected <event stanza="…">, got %v`, *start)
	}
	ev := Event{Stanza: start.Attr[0].Value}
	into := map[string]*string{
		"time": &ev.Time, "source": &ev.Source, "sourcetype": &ev.Sourcetype,
		"index": &ev.Index, "host": &ev.Host, "data": &ev.Data,
	}
	for {
		child, err := nextElement(dec)
		if err != nil {
			return Event{}, err
		}
		if child == nil {
			break
		}
		to := into[child.Name.Local]
		if to == nil {
			return Event{}, fmt.Errorf("an event with an unknown or repeated <%s>", child.Name.Local)
		}
		delete(into, child.Name.Local)
		if err := dec.DecodeElement(to, child); err != nil {
			return Event{}, err
		}
	}
	if into["data"] != nil {
		return Event{}, errors.New("an event without <data>")
	}
	return ev, nil
}

// nextElement returns the next element's start, or nil at the end of the one around it.
func nextElement(dec *xml.Decoder) (*xml.StartElement, error) {
	for {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		switch token := token.(type) {
		case xml.StartElement:
			return &token, nil
		case xml.EndElement:
			return nil, nil
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				return nil, fmt.Errorf("text between elements: %.100q", text)
			}
		}
	}
}

func torn(err error) bool {
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	return errors.Is(err, io.EOF) || ok && syntax.Msg == "unexpected EOF"
}

// gate lets nothing through while the process is paused.
type gate struct {
	p *Process
	r io.Reader
}

func (g *gate) Read(b []byte) (int, error) {
	g.p.mu.Lock()
	for g.p.paused {
		g.p.changed.Wait()
	}
	g.p.mu.Unlock()
	return g.r.Read(b)
}

var logLine = regexp.MustCompile(`^(DEBUG|INFO|WARN|ERROR|FATAL) \S`)

// readLog reads standard error. A line that splunkd would not know the level of
// is an error.
func (p *Process) readLog(r io.Reader) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		p.update(func() { p.log = append(p.log, line) })
		if !logLine.MatchString(line) {
			p.wrong("log", fmt.Errorf("no level in %.200q", line))
		}
	}
	if err := lines.Err(); err != nil {
		p.wrong("log", err)
	}
	io.Copy(io.Discard, r)
}
