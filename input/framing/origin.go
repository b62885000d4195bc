package framing

import (
	"bytes"
	"strings"

	"ollama-hec/input"
)

// origin is one program that writes to a log, as its envelopes name it.
type origin struct {
	names   [7]string
	host    string
	program *input.Program // nil: nothing is known but the host
	whose   whose
}

// whose reports whether lines are Ollama's.
type whose uint8

const (
	unknown whose = iota
	ollamas
	others
)

// maxOrigins bounds what a log of many programs costs.
const maxOrigins = 1024

// origins are the programs of one log.
type origins struct {
	last  *origin
	known map[string]*origin
	key   []byte
	first *origin // the one met first
	named bool    // one of them is Ollama's
}

// of returns the origin with these names, in a syslog or among containers.
func (o *origins) of(n *names, syslog bool) *origin {
	parts := [7][]byte{n.host, n.program, n.namespace, n.pod, n.container, n.id, n.image}
	if l := o.last; l != nil && same(&l.names, &parts) {
		return l
	}
	o.key = o.key[:0]
	for _, p := range parts {
		o.key = append(append(o.key, p...), 0)
	}
	is := o.known[string(o.key)]
	if is == nil {
		is = newOrigin(&parts, n, syslog)
		if len(o.known) >= maxOrigins || o.known == nil {
			o.known = map[string]*origin{}
		}
		o.known[string(o.key)] = is
		if o.first == nil {
			o.first = is
		}
	}
	o.named = o.named || is.whose == ollamas
	o.last = is
	return is
}

func same(names *[7]string, parts *[7][]byte) bool {
	for i := range names {
		if names[i] != string(parts[i]) {
			return false
		}
	}
	return true
}

func newOrigin(parts *[7][]byte, n *names, syslog bool) *origin {
	is := &origin{host: string(n.host)}
	for i, p := range parts {
		is.names[i] = string(p)
	}
	var fields []input.Field
	add := func(name string, value []byte) {
		if len(value) > 0 {
			fields = append(fields, input.Field{Name: name, Value: string(value)})
		}
	}
	add("namespace", n.namespace)
	add("pod", n.pod)
	add("container", n.container)
	add("container_id", n.id)
	add("image", n.image)
	container := len(fields) > 0
	switch {
	case ofOllama(n.image), ofOllama(n.container), ofOllama(n.program):
		is.whose = ollamas
	case container && len(n.image) == 0 && ofOllama(n.pod) && !ofOthers(n.container):
		is.whose = ollamas
	case ofOthers(n.image), ofOthers(n.container), ofOthers(n.pod):
		is.whose = others
	case syslog && !container && !anonymous(n.program):
		is.whose = others
	}
	if syslog && !container && is.whose != ollamas {
		add("program", n.program)
	}
	if len(fields) > 0 {
		is.program = &input.Program{Fields: fields}
	}
	return is
}

// ofOllama reports whether a name is that of Ollama's server.
func ofOllama(name []byte) bool {
	return mentions(name) && !ofOthers(name)
}

// ofOthers reports whether a name is that of a program beside Ollama, or of this program, which
// would read what it writes.
func ofOthers(name []byte) bool {
	if len(name) == 0 {
		return false
	}
	lower := strings.ToLower(string(name))
	for _, part := range [...]string{
		"ollama-hec", "webui", "web-ui", "-ui-", "exporter", "proxy", "nginx", "istio", "linkerd", "envoy",
	} {
		if strings.Contains(lower, part) {
			return true
		}
	}
	return false
}

// anonymous reports whether a program's name in a syslog does not tell which program it is: a
// container runtime, or the id of a container.
func anonymous(program []byte) bool {
	switch name := string(program); name {
	case "docker", "dockerd", "docker-compose", "podman", "conmon", "containerd", "nerdctl",
		"sh", "bash", "start.sh", "run", "unknown":
		return true
	}
	if bytes.HasPrefix(program, []byte("docker/")) || bytes.HasPrefix(program, []byte("docker-compose")) {
		return true
	}
	if len(program) != 12 && len(program) != 64 {
		return false
	}
	for _, c := range program {
		if hexDigit(c) > 15 {
			return false
		}
	}
	return true
}

// mentions reports whether text speaks of Ollama.
func mentions(text []byte) bool {
	for from := 0; from+6 <= len(text); {
		i := bytes.IndexByte(text[from:], 'l')
		if i < 0 {
			return bytes.Contains(text[from:], []byte("OLLAMA"))
		}
		i += from
		if i > 0 && text[i-1]|0x20 == 'o' && i+5 <= len(text) && bytes.EqualFold(text[i-1:i+5], []byte("ollama")) {
			return true
		}
		from = i + 1
	}
	return false
}

// mentionWithin is how far into a line of another program Ollama's name counts.
const mentionWithin = 512

// keeps reports whether a line of this origin belongs to Ollama's log: it is
// Ollama's, or another program's that speaks of it, such as systemd; or nothing says
// whose it is, and no other is known to be Ollama's.
func (o *origins) keeps(is *origin, text []byte) bool {
	if is.whose == ollamas {
		return true
	}
	if e, _ := looks(text); e == stamped {
		is.whose, o.named = ollamas, true
		return true
	}
	if is.whose == unknown && is == o.first && !o.named {
		return true
	}
	return mentions(text[:min(len(text), mentionWithin)]) && is.machine()
}

// machine reports whether it is one of the machine's own programs, such as systemd, whose
// messages on Ollama belong to its log; those of other services do not.
func (is *origin) machine() bool {
	switch is.names[1] {
	case "systemd", "kernel", "systemd-coredump", "systemd-oomd", "audit", "auditd", "earlyoom", "init", "monit",
		"supervisord":
		return true
	}
	return false
}
