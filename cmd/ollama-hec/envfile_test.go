package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// No test reads the settings of a package that this machine may have installed.
func init() {
	packagedEnv = filepath.Join(os.TempDir(), "ollama-hec-is-not-installed", "ollama-hec.env")
}

// check and status take the settings of the packaged service where there are no others.
func TestSettingsOfTheService(t *testing.T) {
	r, _ := collect(t)
	env := filepath.Join(t.TempDir(), "ollama-hec.env")
	usual := packagedEnv
	packagedEnv = env
	t.Cleanup(func() { packagedEnv = usual })
	for _, name := range []string{"URL", "TOKEN", "STATE_DIR", "PATHS", "INDEX"} {
		unset(t, "OLLAMA_HEC_"+name)
	}
	write(t, env, "# settings\nOLLAMA_HEC_URL="+r.URL()+"\nOLLAMA_HEC_TOKEN='"+testToken+"'\n"+
		"OLLAMA_HEC_STATE_DIR=\""+t.TempDir()+"\"\nOLLAMA_HEC_PATHS="+filepath.Join(t.TempDir(), "*.log")+"\n")
	said := "settings of " + env
	for _, tt := range []struct {
		name   string
		args   []string
		set    string
		status int
		says   bool
	}{
		{"check", []string{"check"}, "", 0, true},
		{"check with a flag", []string{"check", "--env-file=" + env, "--ack=on"}, "", 0, true},
		{"check where there are settings", []string{"check"}, "other", 1, false},
		{"check of a missing file", []string{"check", "--env-file=" + env + ".nope"}, "", 2, false},
		{"version", []string{"version"}, "", 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, name := range []string{"URL", "TOKEN", "STATE_DIR", "PATHS", "INDEX"} {
				unset(t, "OLLAMA_HEC_"+name)
			}
			if tt.set != "" {
				t.Setenv("OLLAMA_HEC_INDEX", tt.set)
			}
			status, out, errOut := command(t, "", tt.args...)
			if status != tt.status || strings.Contains(errOut, said) != tt.says {
				t.Errorf("status %d\n%s%s", status, out, errOut)
			}
		})
	}
	// What both services share holds before the service's own.
	shared := filepath.Join(filepath.Dir(env), sharedEnv)
	write(t, shared, "OLLAMA_HEC_PROMPTS=nonsense\n")
	for _, name := range []string{"URL", "TOKEN", "STATE_DIR", "PATHS", "PROMPTS"} {
		unset(t, "OLLAMA_HEC_"+name)
	}
	if status, _, errOut := command(t, "", "check"); status != 2 || !strings.Contains(errOut, "OLLAMA_HEC_PROMPTS") {
		t.Errorf("status %d: %s", status, errOut)
	}
	unset(t, "OLLAMA_HEC_PROMPTS")
	if err := os.Remove(shared); err != nil {
		t.Fatal(err)
	}
	write(t, env, "OLLAMA_HEC_TOKEN='"+testToken)
	unset(t, "OLLAMA_HEC_URL")
	unset(t, "OLLAMA_HEC_TOKEN")
	unset(t, "OLLAMA_HEC_STATE_DIR")
	unset(t, "OLLAMA_HEC_PATHS")
	status, _, errOut := command(t, "", "status")
	if status != 2 || !strings.Contains(errOut, env+", line 1: a quote is not closed") ||
		strings.Contains(errOut, testToken) {
		t.Errorf("status %d: %s", status, errOut)
	}
}

// unset takes a variable out of the environment until the test has ended.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "") // which puts it back
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

// What is said of a setting names the file that it was read from, or the flag that replaced it.
func TestWhatIsSaidNamesTheFile(t *testing.T) {
	collect(t)
	dir := t.TempDir()
	env := filepath.Join(dir, "o.env")
	write(t, env, "OLLAMA_HEC_PATHS="+dir+"/none.log\nOLLAMA_HEC_STATE_DIR="+dir+"/state\nOLLAMA_HEC_START=first\n")
	for _, tt := range []struct {
		name, args, want string
	}{
		{"status", "status --start=end", "OLLAMA_HEC_STATE_DIR (in " + env + "): got "},
		{"check", "check --start=end", "correct OLLAMA_HEC_PATHS (in " + env + ")"},
		{"check with the flag", "check --start=end --paths=" + dir + "/other.log", "correct --paths"},
		{"run", "run --start=end --once", "OLLAMA_HEC_PATHS (in " + env + ")"},
		{"run with the flag", "run --start=end --once --paths=" + dir + "/other.log", "check --paths"},
		{"a wrong value", "run", "OLLAMA_HEC_START (in " + env + "): got \"first\""},
	} {
		for _, name := range []string{"PATHS", "STATE_DIR", "START"} {
			unset(t, "OLLAMA_HEC_"+name)
		}
		args := append(strings.Fields(tt.args), "--env-file="+env)
		if _, out, errOut := command(t, "", args...); !strings.Contains(out+errOut, tt.want) {
			t.Errorf("%s: %q is missing in\n%s%s", tt.name, tt.want, out, errOut)
		}
	}
}

// A setting that systemd would pass over is said, not left at its default: prompts would leave.
func TestALineThatSystemdPassesOverIsSaid(t *testing.T) {
	env := filepath.Join(t.TempDir(), "settings.env")
	for _, line := range []string{
		"\ufeffOLLAMA_HEC_PROMPTS=off\n",
		"export OLLAMA_HEC_PROMPTS=off\n",
		"set OLLAMA_HEC_PROMPTS=off\r\n",
		"$env:OLLAMA_HEC_PROMPTS = off\n",
		"- OLLAMA_HEC_PROMPTS=off\n",
	} {
		unset(t, "OLLAMA_HEC_PROMPTS")
		write(t, env, line)
		status, _, errOut := command(t, "", "status", "--env-file="+env)
		if status != 2 || !strings.Contains(errOut, "begin its line with OLLAMA_HEC_PROMPTS=,") {
			t.Errorf("%q: status %d: %s", line, status, errOut)
		}
	}
	write(t, env, "export OTHER=1\n") // not ours: systemd's matter
	if _, _, errOut := command(t, "", "status", "--env-file="+env); strings.Contains(errOut, "is no name") {
		t.Error(errOut)
	}
}
