package content

import (
	"cmp"
	"strconv"
	"strings"

	"ollama-hec/splunk_app/detections"
)

// escuDetection is a detection in the form of contentctl.
type escuDetection struct {
	Name           string
	ID             string
	Version        int
	Date           string
	Author         string
	Status         string
	Type           string
	Description    string
	DataSource     []string `yaml:"data_source"`
	Search         string
	HowToImplement string `yaml:"how_to_implement"`
	FalsePositives string `yaml:"known_false_positives"`
	References     []string
	Drilldowns     []drilldown `yaml:"drilldown_searches"`
	RBA            rba
	Tags           tags
	Deployment     deployment
	Tests          []test
}

type drilldown struct {
	Name, Search string
	Earliest     string `yaml:"earliest_offset"`
	Latest       string `yaml:"latest_offset"`
}

type rba struct {
	Message string
	Risk    []riskObject   `yaml:"risk_objects"`
	Threats []threatObject `yaml:"threat_objects"`
}

type riskObject struct {
	Field, Type string
	Score       int
}

type threatObject struct{ Field, Type string }

type tags struct {
	Story      []string    `yaml:"analytic_story"`
	AssetType  string      `yaml:"asset_type"`
	Attack     []string    `yaml:"mitre_attack_id"`
	Product    []string    `yaml:"product"`
	Domain     string      `yaml:"security_domain"`
	CVE        []string    `yaml:"cve,omitempty"`
	Throttling *throttling `yaml:"throttling,omitempty"`
}

type throttling struct {
	Fields []string
	Period string
}

type deployment struct {
	Scheduling scheduling
	Action     *alertAction `yaml:"alert_action,omitempty"`
}

type scheduling struct {
	Cron     string `yaml:"cron_schedule"`
	Earliest string `yaml:"earliest_time"`
	Latest   string `yaml:"latest_time"`
	Window   string `yaml:"schedule_window"`
}

type alertAction struct {
	RBA struct{ Enabled bool } `yaml:"rba"`
}

type test struct {
	Name string
	Data []attackData `yaml:"attack_data"`
}

type attackData struct{ Data, Source, Sourcetype, Host string }

// detectionOf returns the detection, and adds the events of its test to the files.
func detectionOf(d detections.Detection, files Files) escuDetection {
	attack, _ := techniques(d.Attack)
	e := escuDetection{
		Name: packName(d.Name), ID: d.ID, Version: d.Version, Date: d.Date, Author: author,
		Status: string(d.Status), Type: string(d.Kind), Description: description(d),
		DataSource: dataSourcesOf(d.Search), Search: renamed(d.Search),
		HowToImplement: strings.Join(d.Implement(), " "),
		FalsePositives: sentence(d.FalsePositives),
		References:     append([]string{}, d.References...), // [] and not null
		RBA:            rba{Message: d.Message, Threats: []threatObject{}},
		Tags: tags{
			Story: []string{detections.Story}, AssetType: "Web Application", Attack: attack,
			Product: products, Domain: d.Domain, CVE: d.CVEs,
		},
		Tests: []test{{"True Positive Test", evidence(d, files)}},
	}
	for _, s := range d.Drilldowns() {
		search := s.Search
		if rest, ok := strings.CutPrefix(search, d.Search); ok {
			search = "%original_detection_search%" + rest
		}
		e.Drilldowns = append(e.Drilldowns, drilldown{s.Name, search, s.Earliest, s.Latest})
	}
	for _, r := range d.Risk {
		e.RBA.Risk = append(e.RBA.Risk, riskObject(r))
	}
	for _, t := range d.Threats {
		e.RBA.Threats = append(e.RBA.Threats, threatObject(t))
	}
	if len(d.Throttle) > 0 {
		e.Tags.Throttling = &throttling{d.Throttle, hours(d.ThrottleFor)}
	}
	e.Deployment.Scheduling = scheduleOf(d.Cron, d.Window)
	e.Deployment.Action = &alertAction{}
	e.Deployment.Action.RBA.Enabled = true
	return e
}

// packName is a detection's name in the pack. contentctl derives the filter macro from it,
// and a macro's name holds no comma.
func packName(name string) string { return strings.ReplaceAll(name, ",", "") }

// hours returns a period of days in hours, the longest unit that contentctl takes.
func hours(period string) string {
	if days, ok := strings.CutSuffix(period, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil {
			return strconv.Itoa(24*n) + "h"
		}
	}
	return period
}

func scheduleOf(cron string, w detections.Window) scheduling {
	return scheduling{cron, cmp.Or(w.IndexEarliest, w.Earliest), cmp.Or(w.IndexLatest, w.Latest), "auto"}
}

// description returns what an analyst reads, with what has no field of its own.
func description(d detections.Detection) string {
	text := d.Description
	if _, atlas := techniques(d.Atlas); len(atlas) > 0 {
		text += " MITRE ATLAS: " + sentence(atlas)
	}
	if len(d.KnownLimits) > 0 {
		text += " Known limits: " + sentence(d.KnownLimits)
	}
	return text
}

// evidence adds the events that make the detection fire, a file for each sourcetype.
func evidence(d detections.Detection, files Files) (data []attackData) {
	for _, s := range sourcesOfData {
		var lines []string
		var first detections.Event
		for _, e := range d.Evidence {
			if e.Sourcetype != s.Sourcetype {
				continue
			}
			if lines == nil {
				first = e
			}
			lines = append(lines, e.Raw)
		}
		if lines == nil {
			continue
		}
		path := "attack_data/" + fileName(packName(d.Name)) + "." + strings.TrimPrefix(s.Sourcetype, "ollama:") + ".log"
		files[path] = strings.Join(lines, "\n") + "\n"
		data = append(data, attackData{path, cmp.Or(first.Source, "ollama"), s.Sourcetype, cmp.Or(first.Host, "ollama")})
	}
	return data
}
