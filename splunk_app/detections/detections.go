// Package detections defines each detection and macro of the add-on once. The conf files,
// the REST payloads, the demo and the documentation are generated from it.
//
// Run runs the shipped search text on the fields that the shipped extractions yield, in our
// own model of Splunk (packages spl and knowledge). It does not model schedules: it runs on
// all the events it is given.
package detections

import (
	"fmt"
	"strings"
	"sync"

	splunkapp "ollama-hec/splunk_app"
	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/simulate/spl"
)

// Detection is a saved search and what an analyst needs to know of it.
type Detection struct {
	Name string // of the saved search; what it is called everywhere
	ID   string // a UUID that stays the same under any name
	// Version grows with each change of what the search finds or scores; Date is its day.
	Version int
	Date    string
	Status  Status
	Kind    Kind
	Filter  string // the macro it ends in, empty by default, for a site's exceptions
	Search  string

	Cron string
	// Skew is by how much Splunk may spread the start; empty: not at all.
	Skew string
	// Window is the range of events that a run searches.
	Window Window
	// Throttle names the columns that tell an incident from another: one result for
	// each in ThrottleFor. Empty: every result counts.
	Throttle    []string
	ThrottleFor string

	Severity string // low, medium, high
	Domain   string // of Enterprise Security: network, endpoint, access, threat
	Risk     []RiskObject
	Threats  []ThreatObject
	Message  string // of the risk event; $column$ stands for a column
	Attack   []Technique
	Atlas    []Technique

	CVEs       []string
	References []string // addresses of public pages

	Description string
	// Evidence is the least that makes it fire: events as they are delivered.
	Evidence []Event
	// Needs says what has to be there for it to find anything, beyond Ollama's log.
	Needs          []string
	FalsePositives []string
	KnownLimits    []string
	Triage         []string // questions, in the order to ask them
	Response       []string
}

// Window is a range of event times and, if set, of index times. With both, successive runs
// search every event once, even one that arrives late.
type Window struct {
	Earliest, Latest           string
	IndexEarliest, IndexLatest string
}

// RiskObject is a column whose values get a risk score each. It is never a column that may
// hold a placeholder.
type RiskObject struct {
	Field, Type string
	Score       int
}

// ThreatObject is a column whose values are evidence.
type ThreatObject struct{ Field, Type string }

// Status says how much a detection has proved itself.
type Status string

// Kind is what Enterprise Security's content calls the sort of a detection.
type Kind string

// The values of Status and Kind.
const (
	Experimental Status = "experimental"
	Production   Status = "production"

	Anomaly Kind = "Anomaly" // unusual, to be judged with what else the objects did
	TTP     Kind = "TTP"     // what an attacker does, and hardly anybody else
)

// Story is the analytic story that all detections belong to.
const Story = "Suspicious Ollama Activities"

// Technique is an entry of MITRE ATT&CK or ATLAS.
type Technique struct{ ID, Name, Tactic string }

// All returns the detections, in the order of the documentation.
func All() []Detection {
	return []Detection{
		abnormalConnectivity(), networkFailure(), externalAccess(),
		forgedAddress(), connectionWithoutRequest(),
		modelUploadedAndPushed(), modelsChanged(), bulkTransfer(), untrustedRegistry(), registryRedirect(),
		listeningBeyondLoopback(), vulnerableVersion(), cloudBaseURL(),
		apiScan(), sourceFirstSeen(), crashAfterRequest(), suspiciousPrompt(), abnormalPromptLength(),
	}
}

// Event is one event as it was delivered.
type Event = knowledge.Event

// Fields returns the fields of an event as a search sees them, by the shipped extractions.
func Fields(e Event) map[string][]string { return shipped().Fields(e) }

// Finding is one result of a detection.
type Finding struct {
	Detection string
	Columns   []string // in the order of the search
	Row       map[string][]string
	Text      string // one line for people
}

// Run runs the detection over events, as Splunk would if they were all that its
// time range holds.
func (d Detection) Run(events []Event) []Finding { return d.RunOn(See(events)) }

// RunOn is Run with what See returns, for several detections over the same events.
func (d Detection) RunOn(seen Seen) []Finding { return d.findings(d.compiled().Run(seen)) }

// Seen are events with the fields that a search sees in them. To find these takes most of the time
// of a search.
type Seen []spl.Row

// See finds the fields of events.
func See(events []Event) Seen {
	seen := make(Seen, len(events))
	for i, e := range events {
		seen[i] = shipped().Fields(e)
	}
	return seen
}

func (d Detection) findings(res spl.Result) []Finding {
	var findings []Finding
	for _, row := range res.Rows {
		findings = append(findings, Finding{d.Name, res.Columns, row, fill(d.Message, row)})
	}
	return findings
}

// searches holds what compiled has compiled: *spl.Search by text.
var searches sync.Map

func (d Detection) compiled() *spl.Search {
	if s, ok := searches.Load(d.Search); ok {
		return s.(*spl.Search)
	}
	s, err := spl.Compile(d.Search, environment())
	if err != nil {
		panic(fmt.Sprintf("detection %q: %v", d.Name, err)) // a test compiles them all
	}
	searches.Store(d.Search, s)
	return s
}

// fill replaces each $column$ in a message by the values of the column.
func fill(message string, row spl.Row) string {
	parts := strings.Split(message, "$")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = strings.Join(row[parts[i]], ", ")
	}
	return strings.Join(parts, "")
}

// shipped returns the search-time settings of the add-on's own files.
var shipped = sync.OnceValue(func() *knowledge.Knowledge {
	k, err := knowledge.Load(splunkapp.Tree)
	if err != nil {
		panic(err) // the files are part of the program, and a test loads them
	}
	return k
})

var environment = sync.OnceValue(func() spl.Env {
	env := spl.Env{Macros: make(map[string]string), Lookups: make(map[string]*spl.Lookup)}
	for _, l := range Lookups() {
		table, err := l.read()
		if err != nil {
			panic(err) // the files are part of the program, and a test reads them
		}
		env.Lookups[l.Name] = table
	}
	for _, m := range Macros() {
		env.Macros[m.Name] = m.Definition
	}
	return env
})
