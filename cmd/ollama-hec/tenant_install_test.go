package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec/scs/scstest"
)

func TestInstallACollectorTokenOfATenant(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	t.Setenv("OLLAMA_HEC_URL", "https://splunk:8088") // of run: install sends no events
	t.Setenv("OLLAMA_HEC_SCS_TENANT", "")
	install := func(args ...string) string {
		t.Helper()
		args = append([]string{"install", "--scs-tenant", scstest.Tenant, "--hec-token", "ollama"}, args...)
		return program(exitDone, args...)
	}
	const value = "00000000-0000-4000-8000-000000000001"
	file := filepath.Join(t.TempDir(), "token")
	out := install("--dry-run")
	if out != "dry run: nothing is changed\nHEC token ollama: created\n" || len(s.Requests("postCollectorTokens")) > 0 {
		t.Errorf("dry run: %s", out)
	}
	if out := install(
		"--index=ai",
		"--hec-token-file="+file,
	); out != "HEC token ollama: created\nthe HEC token is in "+file+"\n" {
		t.Errorf("first time: %s", out)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != value+"\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	out = install("--index=ai")
	if out != "HEC token ollama: unchanged\n" || len(s.Requests("putCollectorToken")) > 0 {
		t.Errorf("second time: %s", out)
	}
	if out := install("--index=other", "--ack"); out != "HEC token ollama: updated: index, acknowledgment\n" {
		t.Errorf("changed: %s", out)
	}
	if index, ack, there := s.Token("ollama"); index != "other" || !ack || !there {
		t.Errorf("the token has index %s, acknowledgment %v; it is there: %v", index, ack, there)
	}
	if out := install("--uninstall", "--dry-run"); !strings.HasSuffix(out, "HEC token ollama: removed\n") {
		t.Errorf("dry uninstall: %s", out)
	}
	if out := install("--uninstall"); out != "HEC token ollama: removed\n" {
		t.Errorf("uninstall: %s", out)
	}
	if out := install("--uninstall"); out != "HEC token ollama: absent\n" {
		t.Errorf("uninstall again: %s", out)
	}
	if out := install(); out != "HEC token ollama: created\nOLLAMA_HEC_TOKEN="+value+"\n" {
		t.Errorf("printed: %s", out)
	}
}

// A token whose value cannot be kept is not created, or removed again.
func TestInstallKeepsNoTokenThatNobodyKnows(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	args := []string{"install", "--hec-token", "ollama"}
	program(exitFailed, append(args, "--hec-token-file="+filepath.Join(t.TempDir(), "none", "token"))...)
	if n := len(s.Requests("postCollectorTokens")); n > 0 {
		t.Errorf("%d requests to create it", n)
	}
	program(exitFailed, append(args, "--hec-token-file="+t.TempDir())...) // a directory
	if _, _, there := s.Token("ollama"); there {
		t.Error("the token is still there")
	}
	for operation, status := range map[string]int{"getCollectorToken": 503, "postCollectorTokens": 403, "postCollectorTokens ": 409} {
		s.SetFault(scstest.Always(strings.TrimSpace(operation), scstest.Fault{Status: status}))
		program(exitFailed, args...)
	}
}
