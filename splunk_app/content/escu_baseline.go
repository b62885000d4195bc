package content

import (
	"strings"

	"ollama-hec/splunk_app/detections"
)

// escuBaseline is a search that keeps a table, in the form of contentctl.
type escuBaseline struct {
	Name           string
	ID             string
	Version        int
	Date           string
	Author         string
	Status         string
	Type           string
	Description    string
	Search         string
	HowToImplement string `yaml:"how_to_implement"`
	FalsePositives string `yaml:"known_false_positives"`
	References     []string
	Tags           baselineTags
	Deployment     deployment
}

type baselineTags struct {
	Story      []string `yaml:"analytic_story"`
	Detections []string
	Product    []string
	Domain     string `yaml:"security_domain"`
}

func baselineOf(b detections.Baseline) escuBaseline {
	return escuBaseline{
		Name: b.Name, ID: b.ID, Version: 1, Date: firstDay, Author: author, Status: string(detections.Production),
		Type: "Baseline", Description: b.Description, Search: renamed(b.Search),
		HowToImplement: "Enable it a week before the detections that read its table.",
		FalsePositives: "It reports nothing.", References: []string{},
		Tags:       baselineTags{[]string{detections.Story}, readersOf(b), products, "network"},
		Deployment: deployment{Scheduling: scheduleOf(b.Cron, b.Window)},
	}
}

// readersOf names the detections that need what the baseline keeps.
func readersOf(b detections.Baseline) (names []string) {
	for _, d := range detections.All() {
		for _, need := range d.Needs {
			if strings.Contains(need, b.Name) {
				names = append(names, packName(d.Name))
			}
		}
	}
	return names
}
