package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/hec/receiver"
)

// letters buries n events and returns the flag of their state directory.
func letters(t *testing.T, n int) (state string) {
	t.Helper()
	dir := t.TempDir()
	store := deadletter.Open(filepath.Join(dir, "dead-letter"))
	for i := range n {
		letter := hec.DeadLetter{
			Event:  fmt.Appendf(nil, `{"event":"e%d","source":"s","sourcetype":"ollama:server"}`, i),
			Reason: "Invalid data format",
		}
		if err := store.Put(letter); err != nil {
			t.Fatal(err)
		}
	}
	return "--state-dir=" + dir
}

// Without settings of its own replay takes the service's, with those on prompts.
func TestReplayTakesTheSettingsOfTheService(t *testing.T) {
	r, got := collect(t)
	for _, name := range []string{"URL", "TOKEN", "STATE_DIR", "PATHS", "INDEX", "PROMPTS"} {
		unset(t, "OLLAMA_HEC_"+name)
	}
	dir, usual := t.TempDir(), packagedEnv
	packagedEnv = filepath.Join(dir, "ollama-hec.env")
	t.Cleanup(func() { packagedEnv = usual })
	write(t, packagedEnv, "OLLAMA_HEC_URL="+r.URL()+"\nOLLAMA_HEC_TOKEN="+testToken+"\n")
	write(t, filepath.Join(dir, sharedEnv), "OLLAMA_HEC_PROMPTS=off\n")
	state := t.TempDir()
	store := deadletter.Open(filepath.Join(state, "dead-letter"))
	for _, event := range []string{
		`{"event":{"origin":"capture","prompt":"of the merger"},"source":"s","sourcetype":"ollama:prompts"}`,
		`{"event":"e","source":"s","sourcetype":"ollama:server"}`,
	} {
		if err := store.Put(hec.DeadLetter{Event: []byte(event), Reason: "Invalid data format"}); err != nil {
			t.Fatal(err)
		}
	}
	if status, _, errOut := command(t, "", "dead-letter", "replay", "--state-dir="+state); status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	if prompts, lines := got.events["s"]["ollama:prompts"], got.events["s"]["ollama:server"]; len(prompts) != 0 || len(lines) != 1 {
		t.Errorf("arrived: %q and %q", prompts, lines)
	}
}

// Replay goes on where delivery would pause, and keeps each letter once.
func TestReplayOfManyThatAreRejectedAgain(t *testing.T) {
	r, got := collect(t)
	const all = 130
	state := letters(t, all)
	r.SetFault(receiver.Always(receiver.Fault{Code: 6, Invalid: new(int)}))
	status, _, errOut := command(t, "", "dead-letter", "replay", state)
	if status != 0 || !strings.Contains(errOut, "130 dead letters sent again, 130 of them rejected again") {
		t.Errorf("status %d: %s", status, errOut)
	}
	if _, out, _ := command(t, "", "dead-letter", "list", state); strings.Count(out, "\n") != all {
		t.Errorf("%d letters of %d", strings.Count(out, "\n"), all)
	}
	r.SetFault(nil)
	status, _, errOut = command(t, "", "dead-letter", "replay", state)
	if status != 0 || len(got.events["s"]["ollama:server"]) != all {
		t.Errorf("status %d, %d arrived: %s", status, len(got.events["s"]["ollama:server"]), errOut)
	}
}

// What was taken before replay had to end is not sent again by the next.
func TestReplayThatEndsEarlyGoesOn(t *testing.T) {
	r, got := collect(t)
	state := letters(t, 30)
	r.SetTokens() // a 200 is enough
	reject := 3
	r.SetFault(receiver.Plan(receiver.Fault{}, receiver.Fault{Code: 6, Invalid: &reject}, receiver.Fault{Code: 4}))
	status, _, errOut := command(t, "", "dead-letter", "replay", "--batch-events=10", state)
	if status != exitFailed || !strings.Contains(errOut, "Invalid token") {
		t.Errorf("status %d: %s", status, errOut)
	}
	if _, out, _ := command(t, "", "dead-letter", "list", state); strings.Count(out, "\n") != 30-13 {
		t.Errorf("left are\n%s", out)
	}
	if status, _, errOut = command(t, "", "dead-letter", "replay", state); status != 0 {
		t.Errorf("status %d: %s", status, errOut)
	}
	seen := map[string]int{}
	for _, text := range got.events["s"]["ollama:server"] {
		seen[text]++
	}
	for i := range 30 {
		if text := fmt.Sprint("e", i); seen[text] != 1 {
			t.Errorf("%s arrived %d times", text, seen[text])
		}
	}
}
