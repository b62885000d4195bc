// Package dashboard defines the add-on's dashboard, three pages, as Go data and writes the
// Dashboard Studio views from it. So a test can run its searches on real events, and they
// share the text of the detections.
//
// The form of the views is checked by packaging/check-dashboard with the schemas that Splunk
// had for 9.0 and has now; shot draws them with Splunk's own components. They were not seen
// on a live Splunk.
package dashboard

import "strings"

//go:generate go test . -update

// View is a page, its panels from top to bottom.
type View struct {
	ID    string // and the name of its file
	Label string
	About string
	Rows  []Row
}

// Row is panels side by side, equally wide.
type Row struct {
	Height int
	Panels []Panel
}

// Views returns the pages in the order of the menu.
func Views() []View {
	return []View{
		{
			ID: "ollama", Label: "Ollama overview", Rows: overview(),
			About: "What Ollama's logs alone tell. Where panels are empty, the last table says what to check.",
		},
		{
			ID: "ollama_captured", Label: "Ollama models and clients", Rows: captured(),
			About: "Tokens, models, clients and connections: needs ollama-hec capture or proxy on Ollama's host.",
		},
		{
			ID: "ollama_shippers", Label: "Ollama shippers", Rows: shippers(),
			About: "How the programs are that ship the logs: needs HEALTH_EVENTS=60s in the settings of ollama-hec.",
		},
	}
}

// Panels returns those of all rows.
func (v View) Panels() (list []Panel) {
	for _, r := range v.Rows {
		list = append(list, r.Panels...)
	}
	return list
}

// Kind is how a panel is drawn.
type Kind string

// The kinds of panels.
const (
	Single Kind = "splunk.singlevalue"
	Line   Kind = "splunk.line"   // by time
	Column Kind = "splunk.column" // by time
	Table  Kind = "splunk.table"
)

// Panel is one visualization and the search behind it.
type Panel struct {
	ID, Title string
	Note      string // what the numbers alone do not tell
	Empty     string // what to check where there are none
	Kind      Kind
	Base      *Base   // whose rows Search refines; nil: Search reads events itself
	Search    string  // of a table without the command table
	Columns   []Field // of a table
	Click     string  // finds the events behind the part that is clicked; empty: nothing happens
	Look      Look    // beyond what all of its kind have
	Always    bool    // whatever is picked as time, index and host
}

// Base is a search that runs once for all the panels that refine its rows.
type Base struct{ ID, Search string }

// Field is a column of a table. A number from Warn on is amber, from Bad on red; 0: none is.
type Field struct {
	Name  string
	Width int // in pixels of a grid 1200 wide
	Warn  float64
	Bad   float64
}

// Whole returns the panel's search with that of its base, for any index and host.
func (p Panel) Whole() string {
	if p.Base == nil {
		return p.refined()
	}
	return p.Base.Search + "\n" + p.refined()
}

// OfLogs reports whether logs alone, without a Splunk and a shipper, can fill the panel.
func (p Panel) OfLogs() bool { return !p.Always && !strings.Contains(p.Whole(), health) }

// refined returns what the panel does with its events, or with the rows of its base.
func (p Panel) refined() string {
	if len(p.Columns) == 0 {
		return p.Search
	}
	text := p.Search + "\n| table "
	for i, c := range p.Columns {
		if i > 0 {
			text += ", "
		}
		text += c.Name
	}
	return text
}
