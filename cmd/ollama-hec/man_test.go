package main

import (
	"os/exec"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/settings"
)

// The manual has every command and every setting, and roff understands it.
func TestManual(t *testing.T) {
	status, page, errOut := command(t, "", "man")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	plain := strings.ReplaceAll(page, `\-`, "-")
	for _, c := range newRoot(streams{}).Commands() {
		if !c.Hidden && !strings.Contains(plain, ".SS ollama-hec "+c.Name()) {
			t.Errorf("%s is missing", c.Name())
		}
	}
	for _, r := range settings.All() {
		if strings.Count(plain, r.Env+", --"+r.Flag+"\n")+strings.Count(plain, r.Env+"\n") != 1 {
			t.Errorf("%s is not there once", r.Env)
		}
	}
	for _, want := range []string{".B --once\n", ".B --dry-run\n", ".SS ollama-hec dead-letter replay", "FILE\\[u2026]"} {
		if !strings.Contains(plain, want) {
			t.Errorf("%q is missing", want)
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		return
	}
	cmd := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-z")
	cmd.Stdin = strings.NewReader(page)
	if said, err := cmd.CombinedOutput(); err != nil || len(said) > 0 {
		t.Errorf("%v: %s", err, said)
	}
}
