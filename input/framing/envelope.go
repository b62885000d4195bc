package framing

import (
	"bytes"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

// piece is one line without its envelope. It points into the line, or is static.
type piece struct {
	text   []byte // what the program wrote
	at     moment
	output input.Output
	names  names
	// strong: nothing but this envelope looks like this; else the text inside has to look like
	// Ollama's before the shape counts.
	strong bool
	weak   bool // and nothing but a stamp of Ollama's inside proves it
	// remark: the line is a message of the program that made the envelopes.
	remark  bool
	written written
}

// written says how a text is encoded in its envelope.
type written uint8

const (
	asItIs  written = iota
	escaped         // the content of a JSON string
	list            // journald's: bytes as numbers, or a list of texts
)

// decode decodes text into what the program wrote, in place where possible. Call it only once
// the line will not be parsed again.
func (p *piece) decode() {
	switch p.written {
	case asItIs:
		return
	case escaped:
		if bytes.IndexByte(p.text, '\\') >= 0 {
			p.text = jsonline.AppendText(p.text[:0], p.text)
		}
	case list:
		p.text = jsonline.AppendMessage(nil, p.text)
	}
	p.written = asItIs
	p.text = bytes.TrimSuffix(p.text, lineFeed)
}

var lineFeed = []byte("\n")

// names are the names that an envelope gives for the origin of a line.
type names struct {
	host, program, namespace, pod, container, id, image []byte
}

// envelope is one form in which other programs wrap lines.
type envelope struct {
	name string // in checkpoints
	says string // for people: what is removed
	// parse takes a line apart and reports whether it has this form. What it
	// removes is a prefix of the line, but for the JSON forms.
	parse func(line []byte, p *piece) bool
	// bare: the form is so common that only a stamp of Ollama's inside proves it.
	bare bool
	// object: the line is one JSON object, which escapes make longer than its text.
	object bool
	// syslog: names.program is a program of the whole machine.
	syslog bool
	inner  []string // the envelopes there may be within
	sample string   // one line of this form
}

// envelopes are all known forms, in the order in which they are tried.
var envelopes = []*envelope{
	{name: "rfc5424", says: "syslog prefix (RFC 5424)", parse: parseRFC5424, syslog: true, inner: inSyslog,
		sample: `<30>1 2026-04-13T08:00:00.123456+02:00 host1 ollama 1234 - - [GIN] …`},
	{name: "syslog", says: "syslog prefix (journalctl, rsyslog)", parse: parseSyslog, syslog: true, inner: inSyslog,
		sample: `Apr 13 08:00:00 host1 ollama[1234]: [GIN] …`},
	{name: "swarm", says: "docker service logs prefix", parse: parseSwarm, inner: inContainer,
		sample: `ollama_ollama.1.x7k2m9qp3z1a@node1    | [GIN] …`},
	{name: "compose", says: "docker compose prefix", parse: parseCompose, inner: inContainer,
		sample: `ollama-1  | [GIN] …`},
	{name: "kubectl", says: "kubectl logs --prefix", parse: parseKubectl, inner: inContainer,
		sample: `[pod/ollama-0/ollama] [GIN] …`},
	{name: "kubetail", says: "kubetail prefix", parse: parseKubetail, inner: inContainer,
		sample: `[ollama-0 ollama] [GIN] …`},
	{name: "journal-json", says: "journalctl -o json", parse: parseJournalJSON, object: true, syslog: true,
		sample: `{"__REALTIME_TIMESTAMP":"1778270405100000","_HOSTNAME":"h","MESSAGE":"[GIN] …"}`},
	{name: "gelf", says: "GELF", parse: parseGELF, object: true,
		sample: `{"version":"1.1","host":"h","short_message":"[GIN] …"}`},
	{name: "json", says: "JSON lines of a log shipper", parse: parseShipperJSON, object: true,
		sample: `{"date":1778270405.1,"log":"[GIN] …\n","stream":"stderr"}`},
	{name: "fluent", says: "tagged JSON of Fluentd or Fluent Bit", parse: parseTaggedJSON, object: true,
		sample: `kube.ollama: [1778270405.100000000, {"log":"[GIN] …"}]`},
	{
		name:   "stamp",
		says:   "time stamp before each line",
		parse:  parseStamped,
		inner:  []string{"swarm", "compose", "kubectl"},
		sample: `2026-04-13T06:00:00.123456789Z [GIN] …`,
	},
	{name: "glued", says: "time stamp before each line, as of TrueNAS", parse: parseGlued,
		sample: `2026-04-13 06:00:00.123456+00:00[GIN] …`},
	{name: "clock", says: "time of day before each line", parse: parseClock, bare: true, inner: []string{"compose"},
		sample: `08:00:00 [GIN] …`},
	{name: "stern", says: "stern prefix", parse: parseStern, inner: inContainer,
		sample: `ollama-0 ollama [GIN] …`},
	{name: "stern-all", says: "stern prefix with namespace", parse: parseSternNamespaced, inner: inContainer,
		sample: `ai ollama-0 ollama [GIN] …`},
}

var (
	inSyslog    = []string{"swarm", "compose", "kubectl", "stamp"}
	inContainer = []string{"stamp", "clock"}
)

// Form describes, for people, one form in which other programs wrap lines.
type Form struct{ Says, Sample string }

// Forms returns all known forms.
func Forms() (forms []Form) {
	for _, e := range envelopes {
		forms = append(forms, Form{e.says, e.sample})
	}
	for form := exportEntries; form < entryForms; form++ {
		forms = append(forms, Form{form.says(), form.sample()})
	}
	return forms
}

func envelopeNamed(name string) *envelope {
	for _, e := range envelopes {
		if e.name == name {
			return e
		}
	}
	return nil
}
