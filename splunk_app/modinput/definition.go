package modinput

import (
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// MaxDefinition bounds the size of an input definition.
const MaxDefinition = 4 << 20

// Definition is what splunkd sends on standard input: its address and session key, and the
// stanzas to serve or to validate.
type Definition struct {
	ServerHost    string
	ServerURI     string // of splunkd's REST API, such as https://127.0.0.1:8089
	SessionKey    Secret
	CheckpointDir string // made by splunkd, one for all inputs of the scheme
	Stanzas       []Stanza
}

// Stanza is one configured input.
type Stanza struct {
	// Name is scheme://input when running and the bare input when validating.
	Name string
	// App is where the stanza is stored, which need not be the app of the
	// executable. It is empty when validating.
	App string
	// Params holds every key of the stanza, those that each input has
	// (interval, host, index, …) among them.
	Params map[string]string
	Lists  map[string][]string
}

// Input returns the name without the scheme.
func (s *Stanza) Input() string {
	if _, name, ok := strings.Cut(s.Name, "://"); ok {
		return name
	}
	return s.Name
}

// Host returns the host the user set, or "" if splunkd is to decide.
func (s *Stanza) Host() string {
	if h := s.Params["host"]; h != "$decideOnStartup" {
		return h
	}
	return ""
}

// FixedHost returns the host of every event of s, or "" if a host that a line names comes
// before Host: if no user set a host splunkd passes the name of its own machine.
func (d *Definition) FixedHost(s *Stanza) string {
	if h := s.Host(); h != d.ServerHost {
		return h
	}
	return ""
}

// Index returns the index the user set, or "" if it is the receiver's default.
func (s *Stanza) Index() string {
	if i := s.Params["index"]; i != "default" {
		return i
	}
	return ""
}

// Secret is text that is masked in formatted output, logs and JSON.
type Secret string

const masked = "[REDACTED]"

// Reveal returns the text itself, for the one request that needs it.
func (s Secret) Reveal() string { return string(s) }

// String returns the mask.
func (s Secret) String() string { return masked }

// GoString returns the mask.
func (s Secret) GoString() string { return masked }

// Format writes the mask for every verb.
func (s Secret) Format(f fmt.State, _ rune) { io.WriteString(f, masked) }

// LogValue returns the mask.
func (s Secret) LogValue() slog.Value { return slog.StringValue(masked) }

// MarshalText returns the mask.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// ReadInput reads the definition of the inputs to run. It returns as soon as the root
// element closes, because splunkd keeps the pipe open. An empty configuration is no
// error. Errors never quote what was read.
func ReadInput(r io.Reader) (*Definition, error) {
	return read(r, "input")
}

// ReadItem reads the one item to validate, in the same way as ReadInput.
func ReadItem(r io.Reader) (*Definition, error) {
	d, err := read(r, "items")
	if err == nil && len(d.Stanzas) != 1 {
		err = fmt.Errorf("read the input definition: expected one item to validate, got %d", len(d.Stanzas))
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

type xmlDefinition struct {
	ServerHost    string      `xml:"server_host"`
	ServerURI     string      `xml:"server_uri"`
	SessionKey    string      `xml:"session_key"`
	CheckpointDir string      `xml:"checkpoint_dir"`
	Stanzas       []xmlStanza `xml:"configuration>stanza"`
	Items         []xmlStanza `xml:"item"`
}

type xmlStanza struct {
	Name   string     `xml:"name,attr"`
	App    string     `xml:"app,attr"`
	Params []xmlParam `xml:"param"`
	Lists  []xmlList  `xml:"param_list"`
}

type xmlParam struct {
	Name  string `xml:"name,attr"`
	Value string `xml:",chardata"`
}

type xmlList struct {
	Name   string   `xml:"name,attr"`
	Values []string `xml:"value"`
}

func read(r io.Reader, root string) (*Definition, error) {
	in := &source{r: r, left: MaxDefinition}
	def, err := decode(in, root)
	if err != nil {
		return nil, fmt.Errorf("read the input definition: %w", cmp.Or(in.err, err))
	}
	d := &Definition{
		ServerHost:    strings.TrimSpace(def.ServerHost),
		ServerURI:     strings.TrimSpace(def.ServerURI),
		SessionKey:    Secret(strings.TrimSpace(def.SessionKey)),
		CheckpointDir: strings.TrimSpace(def.CheckpointDir),
	}
	stanzas := def.Stanzas
	if root == "items" {
		stanzas = def.Items
	}
	for i, s := range stanzas {
		if s.Name == "" {
			return nil, fmt.Errorf("read the input definition: stanza %d has no name", i+1)
		}
		d.Stanzas = append(d.Stanzas, s.stanza())
	}
	return d, nil
}

func decode(r io.Reader, root string) (*xmlDefinition, error) {
	dec := xml.NewDecoder(r)
	// The label is not to be trusted: splunkd's own samples say utf-16 of UTF-8.
	// The decoder checks that it is UTF-8.
	dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		token, err := dec.Token()
		if err != nil {
			return nil, unquoted(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if start.Name.Local != root {
			return nil, fmt.Errorf("expected <%s>, got another element", root)
		}
		var in xmlDefinition
		if err := dec.DecodeElement(&in, &start); err != nil {
			return nil, unquoted(err)
		}
		return &in, nil
	}
}

func (s xmlStanza) stanza() Stanza {
	out := Stanza{Name: s.Name, App: s.App, Params: make(map[string]string, len(s.Params))}
	for _, p := range s.Params {
		out.Params[p.Name] = p.Value
	}
	for _, l := range s.Lists {
		if out.Lists == nil {
			out.Lists = make(map[string][]string)
		}
		out.Lists[l.Name] = append(out.Lists[l.Name], l.Values...)
	}
	return out
}

// unquoted returns an error that says what is wrong with the XML, without the decoder's
// text, which may hold a part of the session key.
func unquoted(err error) error {
	syntax, ok := errors.AsType[*xml.SyntaxError](err)
	switch {
	case errors.Is(err, io.EOF), ok && syntax.Msg == "unexpected EOF":
		return io.ErrUnexpectedEOF
	case ok:
		return fmt.Errorf("line %d: not well-formed XML in UTF-8", syntax.Line)
	default:
		return errors.New("not an XML 1.0 document")
	}
}

// source reads at most left bytes of r and keeps the error that ended it, which says more
// than the decoder's.
type source struct {
	r    io.Reader
	left int
	err  error
}

func (s *source) Read(p []byte) (int, error) {
	if s.left == 0 {
		s.err = fmt.Errorf("it is longer than %d bytes", MaxDefinition)
		return 0, s.err
	}
	n, err := s.r.Read(p[:min(len(p), s.left)])
	s.left -= n
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}
