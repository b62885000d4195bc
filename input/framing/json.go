package framing

import (
	"bytes"

	"ollama-hec/input"
	"ollama-hec/input/internal/jsonline"
)

// object holds the values, still encoded, that are read of a JSON object of a log shipper. It
// points into the line.
type object struct {
	text     [texts][]byte // with their quotes
	at       [times][]byte
	names    names
	output   input.Output
	version  bool // GELF has one
	function bool // llama.cpp's own JSON has one
	metadata bool // a member that only a shipper adds
}

// The members that may hold the text, and those that may hold the time, the best
// one first.
const (
	textMessage = iota // journald's
	textFull           // GELF's whole text
	textShort
	textLog
	textPlain
	textLine
	texts
)

const (
	timeJournal = iota // microseconds since 1970
	timeOf             // of the container's runtime
	timeStamp
	timeAt
	timeDate
	times
)

func parseObject(line []byte, o *object) bool {
	if len(line) < 2 || line[0] != '{' {
		return false
	}
	return jsonline.Members(line, func(key, value []byte) bool {
		o.member(key, value)
		return true
	})
}

// member takes one member of the outermost object.
func (o *object) member(key, value []byte) {
	switch string(key) {
	case "MESSAGE":
		o.text[textMessage] = value
	case "full_message":
		o.text[textFull] = value
	case "short_message":
		o.text[textShort] = value
	case "log":
		o.text[textLog] = value
	case "message", "msg", "textPayload":
		o.text[textPlain] = value
	case "line":
		o.text[textLine] = value
	case "__REALTIME_TIMESTAMP":
		o.at[timeJournal] = str(value)
	case "time":
		o.at[timeOf] = value
	case "timestamp":
		o.at[timeStamp] = value
	case "@timestamp":
		o.at[timeAt], o.metadata = value, true
	case "date":
		o.at[timeDate] = value
	case "version":
		o.version = true
	case "function":
		o.function = true
	case "stream":
		o.output, _ = output(str(value))
		o.metadata = o.metadata || o.output != input.Mixed
	default:
		o.origin(key, value)
	}
}

// origin takes a member that says where the line comes from.
func (o *object) origin(key, value []byte) {
	n := &o.names
	switch string(key) {
	case "_HOSTNAME":
		n.host = str(value)
	case "host", "hostname":
		if n.host = str(value); value[0] == '{' {
			n.host = member(value, "name")
		}
	case "SYSLOG_IDENTIFIER":
		n.program = str(value)
	case "_SYSTEMD_UNIT", "_COMM":
		if len(n.program) == 0 {
			n.program = bytes.TrimSuffix(str(value), []byte(".service"))
		}
	case "CONTAINER_NAME", "container_name", "_container_name":
		n.container = bytes.TrimPrefix(str(value), []byte("/"))
	case "CONTAINER_ID_FULL", "container_id", "_container_id":
		n.id = str(value)
	case "IMAGE_NAME", "image", "_image_name", "container_image":
		n.image = str(value)
	case "kubernetes":
		n.nested(aPod, value)
	case "container", "docker":
		n.nested(aContainer, value)
	case "labels":
		o.labels(value)
	case "tag", "source_type", "_file", "file", "source", "CONTAINER_TAG", "_pid", "_cmdline", "logtag", "agent", "ecs",
		"filename", "fluent_tag", "logName", "insertId", "resource", "facility", "_p":
	default:
		return
	}
	o.metadata = true
}

// thing says what an object describes.
type thing uint8

const (
	aPod thing = iota
	aContainer
)

// nested takes an object of Kubernetes' or a container's names, of Fluent Bit,
// Fluentd, Vector or the Elastic agents.
func (n *names) nested(of thing, value []byte) {
	if value[0] != '{' {
		return
	}
	jsonline.Members(value, func(key, value []byte) bool {
		switch string(key) {
		case "namespace_name", "pod_namespace", "namespace":
			n.namespace = str(value)
		case "pod_name":
			n.pod = str(value)
		case "container_name":
			n.container = str(value)
		case "container_image", "image_name":
			n.image = str(value)
		case "container_id", "docker_id":
			n.id = str(value)
		case "host", "pod_node_name", "node_name":
			if len(n.host) == 0 {
				n.host = str(value)
			}
		case "id":
			n.id = str(value)
		case "name":
			if of == aContainer {
				n.container = bytes.TrimPrefix(str(value), []byte("/"))
			}
		case "pod": // one deeper, no further
			if of == aPod && value[0] == '{' {
				n.pod = member(value, "name")
			}
		case "container":
			if of == aPod && value[0] == '{' {
				n.container = member(value, "name")
			}
		case "image":
			if n.image = str(value); value[0] == '{' {
				n.image = member(value, "name")
			}
		}
		return true
	})
}

// member returns the string of that name in an object; nil: it has none.
func member(object []byte, name string) (is []byte) {
	jsonline.Members(object, func(key, value []byte) bool {
		if string(key) == name {
			is = str(value)
		}
		return true
	})
	return is
}

// labels takes those that Loki keeps.
func (o *object) labels(value []byte) {
	if value[0] != '{' {
		return
	}
	jsonline.Members(value, func(key, value []byte) bool {
		switch string(key) {
		case "pod":
			o.names.pod = str(value)
		case "namespace":
			o.names.namespace = str(value)
		case "container", "container_name":
			o.names.container = str(value)
		case "host", "hostname", "node_name":
			o.names.host = str(value)
		}
		return true
	})
}

// str returns the content of a JSON string; nil for other values.
func str(value []byte) []byte {
	c, ok := content(value)
	if !ok {
		return nil
	}
	if bytes.IndexByte(c, '\\') >= 0 {
		return jsonline.AppendText(nil, c)
	}
	return c
}

// piece fills in p from the object, with text as what the program wrote.
func (o *object) piece(p *piece, text []byte) bool {
	if len(text) == 0 {
		return false
	}
	switch text[0] {
	case '"':
		p.text, _ = content(text)
		p.written = escaped
	case '[':
		p.text, p.written = text, list
	case 'n': // null: journald leaves out what is too long
		p.text = text[:0]
	default:
		return false
	}
	p.output, p.names, p.at = o.output, o.names, o.moment()
	return true
}

func (o *object) moment() moment {
	for i, value := range o.at {
		if len(value) == 0 {
			continue
		}
		c := value
		if s, ok := content(value); ok {
			c = s
		}
		if i == timeJournal {
			if m, n := unixMoment(c[:min(len(c), 10)]); n == 10 && len(c) == 16 {
				var bad int
				m.nanos += int64(digits(c[10:], &bad)) * 1000
				if bad == 0 {
					return m
				}
			}
			continue
		}
		if m, n := isoMoment(c); n > 0 && n == len(c) && m.kind == instant {
			return m
		}
		if m, n := unixMoment(c); n > 0 && n == len(c) {
			return m
		}
	}
	return moment{}
}

// parseJournalJSON takes a line of journalctl -o json apart.
func parseJournalJSON(line []byte, p *piece) bool {
	var o object
	if !parseObject(line, &o) || len(o.text[textMessage]) == 0 {
		return false
	}
	p.strong = true
	return o.piece(p, o.text[textMessage])
}

// parseGELF takes a line of the Graylog format apart.
func parseGELF(line []byte, p *piece) bool {
	var o object
	if !parseObject(line, &o) || !o.version || len(o.text[textShort]) == 0 {
		return false
	}
	p.strong = true
	text := o.text[textShort]
	if len(o.text[textFull]) > len(text) {
		text = o.text[textFull]
	}
	return o.piece(p, text)
}

// parseShipperJSON takes a line apart that Fluent Bit, Fluentd, Vector, an Elastic
// agent or Loki's client wrote.
func parseShipperJSON(line []byte, p *piece) bool {
	var o object
	if !parseObject(line, &o) || o.function {
		return false
	}
	var text []byte
	for _, text = range o.text[textLog:] {
		if len(text) > 0 && text[0] == '"' {
			break
		}
	}
	p.strong = o.metadata
	return len(text) > 0 && text[0] == '"' && o.piece(p, text)
}

// parseTaggedJSON takes `tag: [1778270405.1, {…}]` of Fluent Bit's file output
// apart, and `2026-05-08T20:00:05+00:00	tag	{…}` of Fluentd's.
func parseTaggedJSON(line []byte, p *piece) bool {
	at := bytes.IndexByte(line[:min(len(line), 3*longestName)], '{')
	if at < 4 {
		return false
	}
	head, body := line[:at], line[at:]
	var m moment
	switch {
	case bytes.HasSuffix(head, []byte(", ")) && bytes.HasSuffix(body, []byte("]")):
		bracket := bytes.LastIndex(head, []byte(": ["))
		if bracket < 0 {
			return false
		}
		stamp := head[bracket+3 : len(head)-2]
		n := 0
		if m, n = unixMoment(stamp); n != len(stamp) {
			return false
		}
		body = body[:len(body)-1]
	case head[len(head)-1] == '\t':
		stamp, _, _ := bytes.Cut(head, []byte("\t"))
		n := 0
		if m, n = isoMoment(stamp); n != len(stamp) {
			return false
		}
	default:
		return false
	}
	if !parseShipperJSON(body, p) {
		return false
	}
	if p.at.kind == noTime {
		p.at = m
	}
	p.strong = true
	return true
}
