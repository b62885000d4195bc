package spool

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"

	"ollama-hec/input/statedir"
)

// Status is what a writer's process says of itself for the one who ships, in a file of the
// spool's directory that it writes anew now and then.
type Status struct {
	Started  time.Time        `json:"started"`
	At       time.Time        `json:"at"` // when it was written
	Captures []string         `json:"captures"`
	Prompts  string           `json:"prompts"` // the setting: redacted, full, off
	Ports    []int            `json:"ports,omitempty"`
	Counts   map[string]int64 `json:"counts"` // by name, as metrics call them
	Problem  string           `json:"problem,omitempty"`
}

// Writers are who may write a spool.
var Writers = []string{"capture", "proxy"}

func statusName(writer string) string { return writer + ".status" }

// WriteStatus writes the status of the writer's process.
func (w *Writer) WriteStatus(s Status) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	next := statusName(w.options.Writer) + ".new"
	if err := w.dir.WriteFile(next, append(text, '\n')); err != nil {
		return err
	}
	return w.dir.Rename(next, statusName(w.options.Writer))
}

// Inspection is a spool as somebody sees it who changes nothing.
type Inspection struct {
	Bytes    int64 // of all segments
	Segments int
	Writers  map[string]Seen // those that have left a status
}

// Seen is what is seen of a writer.
type Seen struct {
	Status
	Live bool // its process runs
}

// Inspect looks at the spool; nil, nil: there is none.
func (r *Reader) Inspect() (*Inspection, error) {
	dir, err := r.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	in := &Inspection{Writers: make(map[string]Seen)}
	if in.Bytes, in.Segments, err = used(dir); err != nil {
		return nil, err
	}
	for _, writer := range Writers {
		text, _, err := dir.ReadFile(statusName(writer))
		if err != nil {
			continue // it has never run
		}
		s := Seen{Live: Live(dir, writer)}
		if err := json.Unmarshal(text, &s.Status); err != nil {
			return nil, fmt.Errorf("read %s: %w", dir.Path(statusName(writer)), err)
		}
		in.Writers[writer] = s
	}
	return in, nil
}

// portsName is a file in which the one who ships says on which ports Ollama's log says that
// it listens.
const portsName = "ports"

// MaxPorts bounds how many there may be: a log can say anything.
const MaxPorts = 16

// AddPorts tells the writers of ports, besides those that they were told of before. That
// there is no spool is no error.
func (r *Reader) AddPorts(more []int) error {
	dir, err := r.open()
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer dir.Close()
	ports := readPorts(dir)
	for _, port := range more {
		if !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
	}
	var text []byte
	for _, port := range ports[max(0, len(ports)-MaxPorts):] { // the newest
		text = append(strconv.AppendInt(text, int64(port), 10), '\n')
	}
	if err := dir.WriteFile(portsName+".new", text); err != nil {
		return err
	}
	return dir.Rename(portsName+".new", portsName)
}

// Ports returns the ports that the one who ships has told of.
func (w *Writer) Ports() []int { return readPorts(w.dir) }

// readPorts reads the ports of that file. Whoever may write to the spool may have written it:
// what is no port in it does not count.
func readPorts(dir *statedir.Dir) (ports []int) {
	text, err := dir.ReadForeign(portsName, 256)
	if err != nil {
		return nil
	}
	for line := range strings.FieldsSeq(string(text)) {
		if port, err := strconv.Atoi(line); err == nil && port > 0 && port < 1<<16 && len(ports) < MaxPorts {
			ports = append(ports, port)
		}
	}
	return ports
}

// PortsOf returns the ports that another writer of the spool says are its own, while its
// process runs.
func (w *Writer) PortsOf(writer string) []int {
	if !Live(w.dir, writer) {
		return nil
	}
	text, _, err := w.dir.ReadFile(statusName(writer))
	var s Status
	if err != nil || json.Unmarshal(text, &s) != nil {
		return nil
	}
	return s.Ports
}
