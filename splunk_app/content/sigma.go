package content

import (
	"bytes"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"

	"ollama-hec/splunk_app/detections"
)

// Sigma returns the rules for Sigma, a file each. A file with a correlation holds the rule
// that it counts, too.
func Sigma() Files {
	files := Files{}
	of := make(map[string]detections.Detection)
	for _, d := range detections.All() {
		of[d.Name] = d
	}
	for _, c := range sigmaConditions {
		rule, correlation := c.rule(of[c.detection])
		text := yamlOf(rule)
		if correlation != nil {
			text += "---\n" + strings.TrimPrefix(yamlOf(correlation), written)
		}
		files[sigmaName(rule.Title)+".yml"] = text
	}
	return files
}

// sigmaCondition is a detection as Sigma can say it, or a part of one.
type sigmaCondition struct {
	detection string // whose description, tags and level the rule has
	part      string // what tells the rule from the detection's others; empty if there are none
	service   string // server or api: the sourcetype ollama:server or ollama:api
	condition string // the rule's detection, in YAML
	// counted is the correlation that counts what the condition finds, in YAML; empty: every
	// event counts.
	counted string
	limits  string // what the detection does and the rule cannot, in sentences
}

// sigmaRule is a rule in the order in which Sigma's own repository writes its keys.
type sigmaRule struct {
	Title       string
	Name        string `yaml:",omitempty"` // what a correlation calls it
	ID          string
	Related     []sigmaRelated
	Status      string
	Description string
	References  []string `yaml:",omitempty"`
	Author      string
	Date        string
	Tags        []string
	Logsource   *sigmaSource `yaml:",omitempty"`
	Detection   *yaml.Node   `yaml:",omitempty"`
	Correlation *yaml.Node   `yaml:",omitempty"`
	Positives   []string     `yaml:"falsepositives"`
	Level       string
}

type sigmaRelated struct{ ID, Type string }

type sigmaSource struct{ Product, Service string }

// rule returns the rule, and the correlation that counts it if there is one.
func (c sigmaCondition) rule(d detections.Detection) (rule, correlation *sigmaRule) {
	title := d.Name
	if c.part != "" {
		title += " - " + c.part
	}
	rule = &sigmaRule{
		Title: title, ID: id("sigma " + title), Related: []sigmaRelated{{d.ID, "derived"}}, Status: "test",
		Description: strings.TrimSpace(d.Description + " " + c.limits), References: d.References,
		Author: author, Date: d.Date, Tags: sigmaTags(d), Logsource: &sigmaSource{"ollama", c.service},
		Detection: node(c.condition), Positives: d.FalsePositives, Level: d.Severity,
	}
	if d.Status == detections.Experimental {
		rule.Status = string(d.Status)
	}
	if c.counted == "" {
		return rule, nil
	}
	counting := *rule
	counting.Logsource, counting.Detection = nil, nil
	counting.Title, counting.ID = title+" - Counted", id("sigma "+title+" - Counted")
	rule.Name, rule.Level = sigmaName(title), "informational"
	counting.Correlation = node(fmt.Sprintf(c.counted, rule.Name))
	return rule, &counting
}

func sigmaTags(d detections.Detection) (tags []string) {
	add := func(tag string) {
		tag = strings.ToLower(strings.ReplaceAll(tag, " ", "-"))
		for _, known := range tags {
			if known == tag {
				return
			}
		}
		tags = append(tags, tag)
	}
	for _, t := range d.Attack {
		add("attack." + t.Tactic)
		add("attack." + t.ID)
	}
	for _, cve := range d.CVEs {
		add("cve." + strings.TrimPrefix(cve, "CVE-"))
	}
	return tags
}

func node(text string) *yaml.Node {
	var document yaml.Node
	d := yaml.NewDecoder(bytes.NewBufferString(text))
	if err := d.Decode(&document); err != nil {
		panic(fmt.Sprintf("%v in %s", err, text)) // a part of the program, and a test reads it
	}
	return document.Content[0]
}

// sigmaName returns what the file of a rule is called.
func sigmaName(title string) string { return fileName(strings.ReplaceAll(title, " - ", " ")) }
