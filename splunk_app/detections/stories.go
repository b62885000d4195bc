package detections

import (
	"fmt"
	"strings"
)

// story is the analytic story in the form of analyticstories.conf.
//
// Splunk's own content has a story of the same name. Where both apps are installed Enterprise
// Security sees one stanza, and of each key one app's value: so searches lists theirs too.
var story = struct {
	version                int
	date, category         string
	description, narrative string
	references             []string
	community              []string // searches of Splunk's content in the same story
}{
	version:  1,
	date:     "2026-11-28",
	category: "Adversary Tactics",
	description: "Finds the known ways to abuse Ollama, a server for language models that has no authentication of its own: exposed " +
		"instances, scans, models stolen, planted or changed, strange registries, server-side request forgery, crashes by crafted models, " +
		"suspicious prompts and versions with known vulnerabilities.",
	narrative: "Whoever reaches the port of Ollama may use its models, read and change them, and make the server fetch from, or push to, " +
		"a registry of their choice. The searches rest on what Ollama really logs, on requests and answers captured off the wire where " +
		"they are there, and score each incident once.",
	references: []string{
		"https://github.com/ollama/ollama/blob/main/docs/faq.mdx",
		"https://genai.owasp.org/llm-top-10/",
		"https://atlas.mitre.org/",
	},
	community: []string{
		"Ollama Abnormal Network Connectivity",
		"Ollama Abnormal Service Crash Availability Attack",
		"Ollama Excessive API Requests",
		"Ollama Possible API Endpoint Scan Reconnaissance",
		"Ollama Possible Memory Exhaustion Resource Abuse",
		"Ollama Possible Model Exfiltration Data Leakage",
		"Ollama Possible RCE via Model Loading",
		"Ollama Suspicious Prompt Injection Jailbreak",
	},
}

// AnalyticStory is the analytic story that all detections belong to.
type AnalyticStory struct {
	Version                                int
	Date, Category, Description, Narrative string
	References                             []string
}

// TheStory returns the story.
func TheStory() AnalyticStory {
	return AnalyticStory{story.version, story.date, story.category, story.description, story.narrative, story.references}
}

// AnalyticStories returns default/analyticstories.conf.
func AnalyticStories() string {
	var b strings.Builder
	b.WriteString(written)
	var searches []string
	for _, d := range All() {
		searches = append(searches, d.Name)
	}
	for _, name := range story.community {
		searches = append(searches, "ESCU - "+name+" - Rule")
	}
	fmt.Fprintf(&b, "\n[analytic_story://%s]\n", Story)
	writeSettings(&b, []Setting{
		{"category", story.category},
		{"last_updated", story.date},
		{"version", fmt.Sprint(story.version)},
		{"spec_version", "3"},
		{"references", marshal(story.references)},
		{"maintainers", `[{"company":"","email":"","name":"The ollama-hec authors"}]`},
		{"searches", marshal(searches)},
		{"description", story.description},
		{"narrative", story.narrative},
	})
	for _, d := range All() {
		fmt.Fprintf(&b, "\n[savedsearch://%s]\n", d.Name)
		writeSettings(&b, []Setting{
			{"type", "detection"},
			{"asset_type", "Server"},
			{"confidence", "medium"},
			{"explanation", d.Description},
			{"how_to_implement", strings.Join(d.Implement(), " ")},
			{"annotations", d.annotations()},
			{"known_false_positives", strings.Join(d.FalsePositives, "; ")},
			{"providing_technologies", `["Ollama"]`},
		})
	}
	return b.String()
}

// Implement says what has to be done for the detection to work, in sentences.
func (d Detection) Implement() []string {
	return append([]string{
		"Ship Ollama's log with ollama-hec or with the add-on's input.",
		"Narrow the macros ollama_server, ollama_api, ollama_prompts and ollama_connection to your index.",
	}, d.Needs...)
}

func writeSettings(b *strings.Builder, settings []Setting) {
	for _, s := range settings {
		// A backslash at its end continues a line and keeps the break.
		fmt.Fprintf(b, "%s = %s\n", s.Key, strings.ReplaceAll(s.Value, "\n", "\\\n"))
	}
}
