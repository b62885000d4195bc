package spool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"ollama-hec/input/statedir"
)

// Status is the status of a writer's process, which it writes at an interval to a file in the
// spool's directory for the process that ships.
type Status struct {
	Started  time.Time        `json:"started"`
	At       time.Time        `json:"at"` // when it was written
	Captures []string         `json:"captures"`
	Prompts  string           `json:"prompts"` // the setting: redacted, full, off
	Ports    []int            `json:"ports,omitempty"`
	Counts   map[string]int64 `json:"counts"` // by their names in metrics
	Problem  string           `json:"problem,omitempty"`
	Stopped  bool             `json:"stopped,omitempty"` // its process was told to stop, and has
}

// Writers are the names of all possible writers of a spool.
var Writers = []string{"capture", "proxy"}

func statusName(writer string) string { return writer + ".status" }

// WriteStatus writes the status of the writer's process.
func (w *Writer) WriteStatus(s Status) error {
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("status: %w", err)
	}
	text = append(text, '\n')
	dir, name, next := w.dir.Load(), statusName(w.options.Writer), statusName(w.options.Writer)+".new"
	err = dir.WriteFile(next, text)
	if statedir.Full(err) {
		_ = dir.Remove(next) // it is empty, or the beginning of one
		return overwrite(dir, name, text)
	}
	if err != nil {
		return err
	}
	return dir.Rename(next, name)
}

// overwrite writes a text over that of a file, which takes no more room on a full disk. Who reads it
// at that moment may see some of both.
func overwrite(dir *statedir.Dir, name string, text []byte) error {
	f, err := dir.OpenFile(name, os.O_WRONLY)
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err == nil && info.Size() > int64(len(text)) {
		text = append(text, bytes.Repeat([]byte{' '}, int(info.Size())-len(text))...)
	}
	_, err = f.WriteAt(text, 0)
	return errors.Join(err, f.Close())
}

// readStatus reads the status of a writer; false: it has none, or none that may be read.
func readStatus(dir *statedir.Dir, writer string) (s Status, there bool, err error) {
	for range 3 { // it may be overwritten just now
		var text []byte
		if text, _, err = dir.ReadFile(statusName(writer)); err != nil {
			return s, false, nil
		}
		s = Status{}
		if err = json.Unmarshal(text, &s); err == nil {
			return s, true, nil
		}
		<-time.After(10 * time.Millisecond)
	}
	return s, true, fmt.Errorf("read %s: %w", dir.Path(statusName(writer)), err)
}

// Inspection is what another process can see of a spool without changing it.
type Inspection struct {
	Bytes    int64 // of all segments
	Segments int
	Writers  map[string]Seen // those that have left a status
}

// Seen is what can be seen of a writer.
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
		s, there, err := readStatus(dir, writer)
		if err != nil {
			return nil, err
		}
		if there {
			in.Writers[writer] = Seen{s, Live(dir, writer)}
		}
	}
	return in, nil
}

// portsName is the file in which the process that ships writes the ports on which Ollama listens
// according to its log.
const portsName = "ports"

// MaxPorts bounds these ports: a log can name any.
const MaxPorts = 16

// AddPorts adds ports to those that the writers are told of. A missing spool is no error.
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

// Ports returns the ports that the process that ships has added.
func (w *Writer) Ports() []int { return readPorts(w.dir.Load()) }

// readPorts returns the ports in that file. Everybody who may write to the spool can have
// written it: what is no port is ignored.
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

// PortsOf returns the ports that another writer of the spool names in its status, while its
// process runs.
func (w *Writer) PortsOf(writer string) []int {
	if !Live(w.dir.Load(), writer) {
		return nil
	}
	s, there, err := readStatus(w.dir.Load(), writer)
	if err != nil || !there {
		return nil
	}
	return s.Ports
}
