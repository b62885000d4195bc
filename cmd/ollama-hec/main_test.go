package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/hec/receiver"
)

const corpusDir = "../../testdata/corpus"

// command runs the program as main does and returns its status and output.
func command(t *testing.T, in string, args ...string) (status int, out, errOut string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	status = run(t.Context(), args, strings.NewReader(in), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

func TestWrongUseIsStatus2WithAHint(t *testing.T) {
	state := t.TempDir()
	file := filepath.Join(state, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	const url, token = "--url=http://127.0.0.1:9", "7e577e57-7e57-7e57-7e57-7e577e577e57"
	for _, tt := range []struct {
		name, token, want string
		args              []string
	}{
		{"unknown command", token, `unknown command "frob"`, []string{"frob"}},
		{"unknown flag", token, "--frob", []string{"run", "--frob"}},
		{"command misspelt", token, "Did you mean this?\n  status\n", []string{"statu"}},
		{"token as flag", token, "--token-file", []string{"run", "--token=" + token}},
		{"argument too many", token, `got "extra": ollama-hec run takes flags`, []string{"run", "extra"}},
		{"no URL", token, "OLLAMA_HEC_URL", []string{"run"}},
		{"URL without scheme", token, "https://splunk:8088", []string{"run", "--url=splunk:8088"}},
		{"no URL and no token", "", "OLLAMA_HEC_URL: not set: give the base URL of HEC, such as https://splunk:8088, " +
			"or a tenant of Splunk Cloud Services in OLLAMA_HEC_SCS_TENANT\n  OLLAMA_HEC_TOKEN: not set", []string{"run"}},
		{"wrong URLs, no CA file, no token", "", "--url: \"splunk:8088\" is not an HEC base URL", []string{"run", "--url=splunk:8088", "--ca-file=" + file + "x"}},
		{"and all of it", "", "x: no such file or directory\n  OLLAMA_HEC_TOKEN: not set",
			[]string{"run", "--url=splunk:8088", "--ca-file=" + file + "x"}},
		{"two wrong values", token, "--start: got \"x\", want beginning or end\n  --ack: got \"y\"", []string{"run", "--ack=y", "--start=x"}},
		{"no token", "", "TOKEN_FILE", []string{"run", url}},
		{"bad token", "two words", "OLLAMA_HEC_TOKEN", []string{"run", url}},
		{"token file missing", "", file + "x", []string{"run", url, "--token-file=" + file + "x"}},
		{"token file empty", "", "empty", []string{"run", url, "--token-file=" + file}},
		{"CA file missing", token, "--ca-file: open ", []string{"run", url, "--ca-file=" + file + "x"}},
		{"CA file without certificate", token, "no PEM certificate", []string{"run", url, "--ca-file=" + file}},
		{"certificate without key", token, "KEY_FILE", []string{"run", url, "--cert-file=" + file}},
		{"bad value", token, "want auto or on or off", []string{"run", url, "--ack=maybe"}},
		{"no code and acknowledgment", token, "--accept-without-code: on together with --ack=on", []string{"run", url, "--ack=on", "--accept-without-code=on"}},
		{"bad glob", token, `--paths: glob "/x/["`, []string{"run", url, "--paths=/x/[", "--state-dir=" + state}},
		{"stdin and files", token, "--paths: ", []string{"run", url, "--paths=-,/x/*.log", "--state-dir=" + state}},
		{"state directory is a file", token, "--state-dir=" + file, []string{"run", url, "--paths=/x/*.log", "--state-dir=" + file}},
		{"metrics on no address", token, `--metrics-addr: got "nope", want`, []string{"run", url, "--metrics-addr=nope", "--paths=/x/*.log", "--state-dir=" + state}},
		{"status without state", token, "--state-dir: ", []string{"status", "--state-dir=" + state + "/none"}},
		{"preview of nothing", token, "arg", []string{"preview"}},
		{"preview of a missing file", token, "FILE: stat nope.log", []string{"preview", "nope.log"}},
		{"preview of a directory", token, `FILE: got "` + state + `", a directory`, []string{"preview", state}},
		{"receive on a public address", token, "--listen", []string{"receive", "--listen=192.0.2.1:8088"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("OLLAMA_HEC_TOKEN", tt.token)
			status, _, errOut := command(t, "", tt.args...)
			if status != exitUsage || !strings.Contains(errOut, tt.want) {
				t.Errorf("status %d, stderr %s", status, errOut)
			}
			if tt.token != "" && strings.Contains(errOut, tt.token) || strings.Contains(errOut, "goroutine") {
				t.Errorf("stderr tells too much: %s", errOut)
			}
		})
	}
}

func TestEveryCommandRefusesAMisspeltVariable(t *testing.T) {
	t.Setenv("OLLAMA_HEC_PROMPT", "off")
	for _, c := range newRoot(streams{}).Commands() {
		args := []string{c.Name()}
		if c.Args != nil && c.Args(c, nil) != nil {
			args = append(args, corpusDir)
		}
		if c.HasSubCommands() {
			args = append(args, c.Commands()[0].Name())
		}
		status, out, errOut := command(t, "", args...)
		if status != exitUsage || out != "" || !strings.Contains(errOut, "did you mean OLLAMA_HEC_PROMPTS?") {
			t.Errorf("%q: status %d, stdout %q, stderr %s", args, status, out, errOut)
		}
	}
}

func TestVariablesOfAServiceArePassedOver(t *testing.T) {
	t.Setenv("OLLAMA_HEC_PORT", "tcp://192.0.2.7:9464")
	t.Setenv("OLLAMA_HEC_SERVICE_HOST", "192.0.2.7")
	status, _, errOut := command(t, "", "version")
	if status != 0 || !strings.HasSuffix(errOut, ": OLLAMA_HEC_PORT, OLLAMA_HEC_SERVICE_HOST\n") {
		t.Errorf("status %d, stderr %s", status, errOut)
	}
}

func TestVersion(t *testing.T) {
	status, out, _ := command(t, "", "version")
	if status != 0 || !strings.HasPrefix(out, "ollama-hec ") || !strings.Contains(out, "platform ") {
		t.Errorf("status %d: %s", status, out)
	}
}

func TestVersionIsAFlagToo(t *testing.T) {
	_, want, _ := command(t, "", "version")
	if status, out, _ := command(t, "", "--version"); status != 0 || out != want {
		t.Errorf("status %d: %s", status, out)
	}
}

// A command's help shows the settings it is about, by topic; run's shows all.
func TestHelpByTopic(t *testing.T) {
	for _, r := range settings.All() {
		if r.Topic() == settings.Others {
			t.Errorf("%s has no topic", r.Env)
		}
	}
	_, out, _ := command(t, "", "run", "--help")
	for _, r := range settings.All() {
		if r.Flag != "" && !strings.Contains(out, "--"+r.Flag+" ") && !strings.Contains(out, "--"+r.Flag+"[") {
			t.Errorf("run --help does not show --%s", r.Flag)
		}
	}
	_, out, _ = command(t, "", "status", "--help")
	if strings.Contains(out, "--url") || !strings.Contains(out, "--state-dir") || !strings.Contains(out, "Examples:") {
		t.Errorf("status --help shows\n%s", out)
	}
}

func TestValuesAreCompleted(t *testing.T) {
	for flag, want := range map[string]string{
		"--prompts": "redacted\nfull\noff\n", "--ack": "auto\non\noff\n", "--log-level": "debug\ninfo\nwarn\nerror\n", "--url": "",
	} {
		if _, out, _ := command(t, "", "__complete", "run", flag, ""); !strings.HasPrefix(out, want+":") {
			t.Errorf("%s: %q", flag, out)
		}
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	_, out, _ := command(t, "", "run", "--help")
	for _, want := range []string{"--paths", "--batch-bytes", `"1MiB"`, "--prompts", `"redacted"`, "--once"} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(out, "--token ") {
		t.Error("the token is a flag")
	}
}

func TestDemoPrintsWhatArrived(t *testing.T) {
	status, out, errOut := command(t, "", "demo")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errOut)
	}
	for _, want := range []string{
		"acknowledged", "ollama:server", "ollama:api", "ollama:prompts", "as gzip", "POST /api/generate", "loopback", "external",
		`detection "Ollama Abnormal Network Connectivity": `, `detection "Ollama Network Failure": 1`,
		`detection "Ollama API Accessed from External Network": 3`, "time to first token", "gpt-oss:120b-cloud",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
}

func TestDeadLettersAreListedReplayedAndDropped(t *testing.T) {
	r, got := collect(t)
	state := "--state-dir=" + t.TempDir()
	store := deadletter.Open(filepath.Join(strings.TrimPrefix(state, "--state-dir="), "dead-letter"))
	bury := func(event string) {
		t.Helper()
		letter := hec.DeadLetter{
			Event:  []byte(`{"event":"` + event + `","source":"s","sourcetype":"ollama:server"}`),
			Reason: "Invalid data format",
			Code:   6,
		}
		if err := store.Put(letter); err != nil {
			t.Fatal(err)
		}
	}
	bury("one")
	bury("two")
	status, out, _ := command(t, "", "dead-letter", "list", state)
	if status != 0 || strings.Count(out, "\n") != 2 || !strings.Contains(out, "Invalid data format") {
		t.Errorf("list: status %d: %s", status, out)
	}
	status, _, errOut := command(t, "", "dead-letter", "replay", state)
	if status != 0 || strings.Join(got.events["s"]["ollama:server"], " ") != "one two" {
		t.Errorf("replay: status %d: %s, arrived %v", status, errOut, got.events)
	}
	if _, out, _ = command(t, "", "dead-letter", "list", state); out != "" {
		t.Errorf("after the replay there are left: %s", out)
	}

	bury("three")
	r.SetFault(receiver.Always(receiver.Fault{Code: 6, Invalid: new(int)}))
	status, _, errOut = command(t, "", "dead-letter", "replay", state)
	if _, out, _ = command(t, "", "dead-letter", "list", state); status != 0 || strings.Count(out, "three") != 1 {
		t.Errorf("rejected again: status %d: %s\n%s", status, errOut, out)
	}
	if status, _, errOut = command(t, "", "dead-letter", "drop", state); status != 0 || !strings.HasPrefix(errOut, "1 ") {
		t.Errorf("drop: status %d: %s", status, errOut)
	}
	if _, out, _ = command(t, "", "dead-letter", "list", state); out != "" {
		t.Errorf("after the drop there are left: %s", out)
	}
}

// stopOnceSaid runs the program, stops it once its log has a text, and returns
// status and log.
func stopOnceSaid(t *testing.T, text string, args ...string) (status int, said string) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var out, errOut output
	ended := make(chan int, 1)
	go func() { ended <- run(ctx, args, strings.NewReader(""), &out, &errOut) }()
	for end := time.Now().Add(10 * time.Minute); !strings.Contains(errOut.String(), text); {
		if time.Now().After(end) {
			t.Fatalf("it does not say %q:\n%s", text, errOut.String())
		}
		<-time.After(5 * time.Millisecond)
	}
	stop()
	return <-ended, errOut.String()
}

// Without a HEC code nothing is delivered: --once says why, and the next one sends it.
func TestOnceIsNotDeliveredWithoutACode(t *testing.T) {
	r, _ := collect(t)
	file := filepath.Join(t.TempDir(), "o.log")
	if err := os.WriteFile(file, []byte("one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"run", "--once", "--paths=" + file, "--state-dir=" + t.TempDir()}
	for _, code := range []int{200, 204} {
		r.SetFault(empty(code))
		if status, _, errOut := command(t, "", args...); status != 1 || !strings.Contains(errOut, "ACCEPT_WITHOUT_CODE") {
			t.Errorf("%d: status %d: %s", code, status, errOut)
		}
	}
	r.SetFault(nil)
	if status, _, errOut := command(t, "", args...); status != 0 || r.Stats().Taken() != 2 {
		t.Errorf("status %d, %d events: %s", status, r.Stats().Taken(), errOut)
	}
}

// What was not shipped by --once is no success; run goes on at the next start.
func TestAStopBeforeAllIsShipped(t *testing.T) {
	t.Setenv("OLLAMA_HEC_TOKEN", testToken)
	log := filepath.Join(t.TempDir(), "o.log")
	write(t, log, "a line\n")
	for _, tt := range []struct {
		name   string
		args   []string
		status int
		want   string
	}{
		{"run", nil, exitDone, "stopped"},
		{"run --once", []string{"--once"}, exitFailed, "told to stop before all was shipped"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := append(
				[]string{"run", "--url=http://127.0.0.1:1", "--paths=" + log, "--state-dir=" + t.TempDir(), "--drain-timeout=1ms"},
				tt.args...)
			if status, said := stopOnceSaid(
				t,
				"does not take events",
				args...); status != tt.status ||
				!strings.Contains(said, tt.want) {
				t.Errorf("status %d, log\n%s", status, said)
			}
		})
	}
}
