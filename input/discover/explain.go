package discover

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"ollama-hec/input/internal/closed"
)

// Journal is the decision on whether to follow the journal.
type Journal struct {
	Unit string // to follow; empty: none
	Why  string
	Err  error // why it cannot be told what the journal holds
	// MayAppear means that there may be something to follow later. That is never so if
	// there is a log file of the service: both may hold the same lines.
	MayAppear bool
}

// ChooseJournal decides by the setting JOURNAL_UNIT whether to follow the
// journal. Where it is not set, the journal is asked only if no log of a
// service or a desktop app lies in a file: logs of containers do not tell where
// the service logs. probe reports whether the journal has anything of a unit.
func (s System) ChooseJournal(setting, dir string, found []Found, probe func(unit string) (bool, error)) Journal {
	const unit = "ollama"
	switch {
	case setting == "off":
		return Journal{Why: "not read: JOURNAL_UNIT=off"}
	case setting != "":
		return Journal{Unit: setting, Why: "JOURNAL_UNIT names it"}
	case dir != "":
		return Journal{Unit: unit, Why: "JOURNAL_DIR is set"}
	case s.GOOS != "linux":
		return Journal{Why: noJournal}
	}
	for _, f := range found {
		if !f.Containers && len(f.Files) > 0 {
			return Journal{Why: "not read: there is a log file, " + f.Files[0]}
		}
	}
	switch ok, err := probe(unit); {
	case err != nil:
		return Journal{Why: err.Error(), Err: err, MayAppear: true}
	case !ok:
		return Journal{Why: "it holds nothing of a unit or container named " + unit + " yet", MayAppear: true}
	}
	return Journal{Unit: unit, Why: "it holds lines of a unit or container named " + unit}
}

const noJournal = "this system has none"

// Explain returns lines for people on what was found and why it is read.
func Explain(found []Found, journal Journal) []string {
	var lines []string
	for _, f := range found {
		for _, file := range f.Files {
			lines = append(lines, fmt.Sprintf("%s: %s", file, f.What))
		}
		if f.Ignored > 0 {
			lines = append(lines, fmt.Sprintf("%s: %d logs of other containers left alone", f.Glob, f.Ignored))
		}
	}
	switch {
	case journal.Unit != "":
		lines = append(lines, fmt.Sprintf("journal of %s: %s", journal.Unit, journal.Why))
	case journal.Why != noJournal:
		lines = append(lines, "journal: "+journal.Why)
	}
	return lines
}

// NoLogs returns an error if there is nothing to read. It says which places were tried, why
// each failed and what to do on this system.
func (s System) NoLogs(found []Found, journal Journal) error {
	for _, f := range found {
		if len(f.Files) > 0 {
			return nil
		}
	}
	if journal.Unit != "" {
		return nil
	}
	return &nothing{found, journal, append(hints(found), s.advice()...)}
}

// Unseen is a place that could not be searched fully.
type Unseen struct {
	Place Place
	Err   error
	Hint  string // "": none is known
}

// Closed returns the places that could not be searched fully, one for each reason.
func Closed(found []Found) (unseen []Unseen) {
	known := make(map[string]bool)
	for _, f := range found {
		if f.Err == nil || known[f.Err.Error()] {
			continue
		}
		known[f.Err.Error()] = true
		u := Unseen{Place: f.Place, Err: f.Err}
		if c := new(closed.Error); errors.As(f.Err, &c) {
			u.Hint = c.Hint()
		}
		unseen = append(unseen, u)
	}
	return unseen
}

// hints returns what opens the places that could not be searched, each once.
func hints(found []Found) (all []string) {
	for _, u := range Closed(found) {
		if u.Hint != "" && !slices.Contains(all, u.Hint) {
			all = append(all, u.Hint)
		}
	}
	return all
}

type nothing struct {
	found   []Found
	journal Journal
	advice  []string
}

func (n *nothing) Error() string {
	var b strings.Builder
	b.WriteString("no log of Ollama found; looked for\n")
	for _, f := range n.found {
		fmt.Fprintf(&b, "  %s (%s)", f.Glob, f.What)
		switch {
		case f.Err != nil:
			fmt.Fprintf(&b, ": %v", f.Err)
		case f.Ignored > 0:
			fmt.Fprintf(&b, ": %d logs, none of a container named for Ollama", f.Ignored)
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "  the journal: %s\n", n.journal.Why)
	b.WriteString(strings.Join(n.advice, "\n"))
	return b.String()
}

func (s System) advice() []string {
	advice := []string{"set PATHS to the log files if they are elsewhere, or start Ollama once if it has never run"}
	switch s.GOOS {
	case "linux":
		return append(advice,
			"in a container: mount the host's logs, and set JOURNAL_DIR to where its journal is mounted",
			"in the journal a unit or a container named ollama is found; JOURNAL_UNIT names another",
			"a unit with LogNamespace=NAME has a journal of its own: set JOURNAL_DIR=/var/log/journal/MACHINE-ID.NAME",
			"to have the service log to a file instead: mkdir -p /var/log/ollama, systemctl edit ollama, and under [Service]",
			"  StandardOutput=append:/var/log/ollama/ollama.log",
			"  StandardError=append:/var/log/ollama/ollama.log")
	case "darwin":
		return append(advice,
			"the desktop app logs below ~/.ollama/logs; run as root to read every user's",
			"to have `ollama serve` log to a file: ollama serve >>~/.ollama/logs/server.log 2>&1",
			"containers of Docker Desktop log inside its virtual machine: run ollama-hec in a container there")
	case "windows":
		return append(
			advice,
			`the desktop app logs below %LOCALAPPDATA%\Ollama of the user who starts it; a service running as LocalSystem reads every user's`,
			"containers of Docker Desktop log inside its virtual machine: run ollama-hec in a container there",
		)
	}
	return advice
}
