package knowledge

import (
	"fmt"
	"strings"
)

// Conf is a .conf file: its stanzas in order.
type Conf []Stanza

// Stanza is one [name] and its settings.
type Stanza struct {
	Name string
	Keys map[string]string
}

// Stanza is the stanza of this name, or nil.
func (c Conf) Stanza(name string) *Stanza {
	for i := range c {
		if c[i].Name == name {
			return &c[i]
		}
	}
	return nil
}

// ParseConf reads a .conf file as Splunk does: a trailing backslash continues a
// line. A stanza or setting that comes twice, a setting outside stanzas and
// anything else on a line are errors.
func ParseConf(text string) (Conf, error) {
	var conf Conf
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		for strings.HasSuffix(line, `\`) && i+1 < len(lines) {
			i++
			line = strings.TrimSuffix(line, `\`) + "\n" + lines[i]
		}
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			name := line[1 : len(line)-1]
			if conf.Stanza(name) != nil {
				return nil, fmt.Errorf("line %d: [%s] comes twice", i+1, name)
			}
			conf = append(conf, Stanza{name, make(map[string]string)})
		default:
			key, v, ok := strings.Cut(line, "=")
			key = strings.TrimSpace(key)
			if !ok || len(conf) == 0 {
				return nil, fmt.Errorf("line %d: %q is not a setting of a stanza", i+1, line)
			}
			keys := conf[len(conf)-1].Keys
			if _, twice := keys[key]; twice {
				return nil, fmt.Errorf("line %d: %s comes twice", i+1, key)
			}
			keys[key] = strings.TrimSpace(v)
		}
	}
	return conf, nil
}
