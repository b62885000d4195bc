package deploy

import (
	"encoding/xml"
	"os"
	"slices"
	"strings"
	"testing"

	"howett.net/plist"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// launchd starts the program where README.md puts it, again after a failure,
// and gives it the time to finish.
func TestLaunchd(t *testing.T) {
	for name, does := range map[string]string{"ollama-hec": "run", "ollama-hec-proxy": "proxy"} {
		t.Run(name, func(t *testing.T) { launchd(t, name, does) })
	}
}

func launchd(t *testing.T, name, does string) {
	var job struct {
		Label                string
		ProgramArguments     []string
		EnvironmentVariables map[string]string
		RunAtLoad            bool
		KeepAlive            map[string]bool
		ExitTimeOut, Umask   int
	}
	if _, err := plist.Unmarshal([]byte(read(t, "launchd/"+name+".plist")), &job); err != nil {
		t.Fatal(err)
	}
	again, named := job.KeepAlive["SuccessfulExit"]
	if job.Label != name || !job.RunAtLoad || again || !named || job.ExitTimeOut <= 10 || job.Umask != 0o077 {
		t.Errorf("%+v", job)
	}
	if !slices.Equal(job.ProgramArguments, []string{"/usr/local/bin/ollama-hec", does}) {
		t.Errorf("it runs %q", job.ProgramArguments)
	}
	if _, ok := job.EnvironmentVariables["OLLAMA_HEC_TOKEN"]; ok {
		t.Error("a token in a file that all can read")
	}
	notes := read(t, "launchd/README.md")
	for _, want := range []string{job.ProgramArguments[0], "system/" + job.Label, job.EnvironmentVariables["OLLAMA_HEC_TOKEN_FILE"]} {
		if !strings.Contains(notes, want) {
			t.Errorf("README.md does not say %s", want)
		}
	}
}

// The task runs as SYSTEM, without a limit of time, and is tried again every
// minute unless it runs.
func TestScheduledTask(t *testing.T) {
	for _, name := range []string{"ollama-hec", "ollama-hec-proxy"} {
		t.Run(name, func(t *testing.T) { scheduled(t, name) })
	}
}

func scheduled(t *testing.T, name string) {
	type repeated struct {
		Interval string `xml:"Repetition>Interval"`
		Enabled  bool
	}
	var task struct {
		XMLName      xml.Name `xml:"http://schemas.microsoft.com/windows/2004/02/mit/task Task"`
		Boot         repeated `xml:"Triggers>BootTrigger"`
		Registration repeated `xml:"Triggers>RegistrationTrigger"`
		User         string   `xml:"Principals>Principal>UserId"`
		Instances    string   `xml:"Settings>MultipleInstancesPolicy"`
		Limit        string   `xml:"Settings>ExecutionTimeLimit"`
		Command      string   `xml:"Actions>Exec>Command"`
	}
	if err := xml.Unmarshal([]byte(read(t, "windows/"+name+".xml")), &task); err != nil {
		t.Fatal(err)
	}
	every := repeated{"PT1M", true}
	if task.Boot != every || task.Registration != every || task.User != "S-1-5-18" || task.Instances != "IgnoreNew" ||
		task.Limit != "PT0S" {
		t.Errorf("%+v", task)
	}
	if task.Command != `C:\Program Files\ollama-hec\`+name+".cmd" {
		t.Errorf("it runs %s", task.Command)
	}
	if strings.Contains(read(t, "windows/"+name+".cmd"), "OLLAMA_HEC_TOKEN=") {
		t.Error("a token in a file that all can read")
	}
}
