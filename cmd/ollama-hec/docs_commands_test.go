package main

import (
	"fmt"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tried are the programs whose commands are run for real, as far as this machine has them.
var tried = map[string]func(*sandbox, words){
	"ollama-hec": (*sandbox).ollamaHec,
	"make":       (*sandbox).make,
	"go":         (*sandbox).goRun,
	"install":    (*sandbox).install,
	"export":     (*sandbox).export,
	"sh":         (*sandbox).sh,
	"curl":       (*sandbox).curl,
	"nano":       (*sandbox).edit,
	"openssl":    (*sandbox).openssl,
	"head":       func(*sandbox, words) {}, // only shows less of what was tried
}

// programs are what makes a span a command: those above, and others that people
// are told to run.
func programs() []string {
	names := strings.Fields(
		`sudo docker podman kubectl helm apt apt-get yum dnf brew git setfacl chmod chown splunk openssl
		nc tail cat grep sc net openssl systemd-run loginctl promtool sha256sum winget choco snap sysctl .ci/run .ci/package-test`,
	)
	for name := range tried {
		names = append(names, name)
	}
	for _, e := range elsewhere {
		name, _, _ := strings.Cut(e.command, " ")
		names = append(names, name)
	}
	return names
}

// Every command of the documents and of the help's examples is run, or stands in
// a list that says what holds it.
func TestEveryCommandInTheDocuments(t *testing.T) {
	var all []snippet
	for _, doc := range documents(t) {
		all = append(all, snippets(doc, readDocument(t, doc))...)
	}
	for _, cmd := range newRoot(streams{}).Commands() {
		if cmd.Example != "" {
			all = append(all, snippet{doc: "help of " + cmd.Name(), text: cmd.Example})
		}
	}
	names, seen, used := programs(), 0, map[string]bool{}
	for _, s := range all {
		var commands []words
		for _, w := range s.commands() {
			switch {
			case s.kind() == conf || s.kind() == search,
				s.inline && (len(w) == 1 || !slices.Contains(names, strings.Fields(s.text)[0])):
			default:
				commands = append(commands, w)
			}
		}
		if len(commands) == 0 {
			continue
		}
		seen += len(commands)
		t.Run(fmt.Sprintf("%s:%d", s.doc, s.line), func(t *testing.T) {
			parses(t, s)
			box := newSandbox(t)
			if path.Ext(s.doc) == ".conf" { // used where it lies
				box.archive = filepath.Join(box.archive, path.Base(path.Dir(s.doc)))
			}
			for _, w := range commands {
				try, known := tried[w[0]]
				i := slices.IndexFunc(elsewhere, func(e struct{ command, file, says string }) bool { return w.starts(e.command) })
				switch {
				case i >= 0:
					used[elsewhere[i].command] = true
				case known:
					try(box, w)
				default:
					t.Errorf("%q is in no class: have it tried, or put it into the list with what holds it", w)
				}
			}
		})
	}
	if seen < 60 {
		t.Errorf("%d commands found only", seen)
	}
	for _, e := range elsewhere {
		if !used[e.command] {
			t.Errorf("%q is in no document any more", e.command)
		}
		if !strings.Contains(readDocument(t, e.file), e.says) {
			t.Errorf("%s, which holds %q, does not say %q", e.file, e.command, e.says)
		}
	}
}

// parses has the shell read a snippet without running it.
func parses(t *testing.T, s snippet) {
	t.Helper()
	bash, err := exec.LookPath("bash")
	if err != nil || s.kind() != shell {
		return
	}
	cmd := exec.CommandContext(t.Context(), bash, "-n")
	cmd.Stdin = strings.NewReader(s.text)
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("no shell reads this: %v\n%s", err, said)
	}
}
