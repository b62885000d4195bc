package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ollama-hec/hec"
	"ollama-hec/hec/deadletter"
	"ollama-hec/hec/scs/scstest"
)

// forTenant starts a service and has the settings name its tenant, with the access
// token in a file. The returned function runs the program and fails the test if its
// status is not the one wanted or a secret is shown.
func forTenant(t *testing.T, s *scstest.Service) func(status int, args ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "access")
	write(t, file, scstest.AccessToken+"\n")
	t.Setenv("OLLAMA_HEC_SCS_TENANT", scstest.Tenant)
	t.Setenv("OLLAMA_HEC_SCS_HOST", s.URL)
	t.Setenv("OLLAMA_HEC_SCS_TOKEN_FILE", file)
	return func(want int, args ...string) string {
		t.Helper()
		status, out, errOut := command(t, "", args...)
		if status != want {
			t.Errorf("%q: status %d, want %d\n%s%s", args, status, want, out, errOut)
		}
		for _, secret := range []string{scstest.AccessToken, scstest.Secret, ".issued."} {
			if strings.Contains(out+errOut, secret) {
				t.Errorf("%q: %s is shown:\n%s%s", args, secret, out, errOut)
			}
		}
		return out + errOut
	}
}

// holds fails the test unless all that is wanted is in a text.
func holds(t *testing.T, said string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(said, want) {
			t.Errorf("%q is not in\n%s", want, said)
		}
	}
}

// byPrincipal has the settings name the principal in place of the token.
func byPrincipal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	write(t, file, scstest.Secret)
	t.Setenv("OLLAMA_HEC_SCS_TOKEN_FILE", "")
	t.Setenv("OLLAMA_HEC_SCS_PRINCIPAL", scstest.Principal)
	t.Setenv("OLLAMA_HEC_SCS_PRINCIPAL_SECRET_FILE", file)
}

// What a tenant gets is what HEC would get: the same events in another envelope.
func TestRunShipsToATenantWhatItShipsToHEC(t *testing.T) {
	for name, principal := range map[string]bool{"token": false, "principal": true} {
		t.Run(name, func(t *testing.T) {
			log := filepath.Join(corpusDir, "v0.13.5-info.log")
			_, hecGot := collect(t)
			if status, _, errOut := command(t, "", "run", "--once", "--paths="+log, "--state-dir="+t.TempDir()); status != 0 {
				t.Fatalf("to HEC: %s", errOut)
			}
			s := scstest.Start(t)
			program := forTenant(t, s)
			if principal {
				byPrincipal(t)
			}
			where := []string{"--url=", "--index=ai", "--host=gpu1", "--paths=" + log, "--state-dir=" + t.TempDir()}
			said := program(exitDone, append([]string{"run", "--once"}, where...)...)
			holds(t, said, "events go to Splunk Cloud Services", "tenant="+scstest.Tenant, s.URL)
			taken, repeated := s.Events()
			got := map[string][]string{}
			for _, ev := range taken {
				text := ev.Text()
				if text == "" {
					text = string(ev.Body)
				}
				got[*ev.Sourcetype] = append(got[*ev.Sourcetype], text)
				index := string(ev.Attributes["index"])
				if *ev.Host != "gpu1" || filepath.Base(*ev.Source) != filepath.Base(log) || index != `"ai"` ||
					*ev.Timestamp < 1e12 {
					t.Fatalf("host %s, source %s, index %s, time %d", *ev.Host, *ev.Source, index, *ev.Timestamp)
				}
			}
			want := hecGot.events[filepath.Base(log)]
			for sourcetype, texts := range want {
				if a, b := strings.Join(texts, "\n"), strings.Join(got[sourcetype], "\n"); a != b {
					t.Errorf("%s: %d events, want %d, or they are not the same", sourcetype, len(got[sourcetype]), len(texts))
				}
			}
			if len(want) == 0 || len(got) != len(want) || repeated > 0 {
				t.Errorf("%d sourcetypes, want %d; %d events came twice", len(got), len(want), repeated)
			}
		})
	}
}

func TestWrongSettingsOfATenant(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	empty := filepath.Join(t.TempDir(), "empty")
	write(t, empty, "\n")
	for name, tt := range map[string]struct {
		args []string
		want []string
	}{
		"both destinations": {
			[]string{"run", "--url=https://splunk:8088"},
			[]string{"--url", "OLLAMA_HEC_SCS_TENANT", "take one of them away"}},
		"both, checked": {
			[]string{"check", "--url=https://splunk:8088"},
			[]string{"--url", "OLLAMA_HEC_SCS_TENANT"}},
		"neither":          {[]string{"run", "--scs-tenant="}, []string{"OLLAMA_HEC_URL", "--scs-tenant"}},
		"no tenant's name": {[]string{"run", "--scs-tenant=a/../b"}, []string{`--scs-tenant: got "a/../b"`}},
		"in the clear": {
			[]string{"run", "--scs-host=http://api.scp.splunk.com"},
			[]string{"--scs-host: ", "use https"}},
		"a password in it": {
			[]string{"run", "--scs-host=https://a:hunter2@x"},
			[]string{"--scs-host: it must not name a user"}},
		"no such file": {
			[]string{"run", "--scs-token-file=" + empty + "x"},
			[]string{"--scs-token-file: "}},
		"no token": {
			[]string{"run", "--scs-token-file="},
			[]string{"--scs-token-file", "OLLAMA_HEC_SCS_PRINCIPAL"}},
		"empty token": {
			[]string{"run", "--scs-token-file=" + empty},
			[]string{"--scs-token-file: ", "empty"}},
		"two credentials": {
			[]string{"run", "--scs-principal=p"},
			[]string{"OLLAMA_HEC_SCS_TOKEN_FILE", "--scs-principal", "take all but one away"}},
		"principal, no secret": {
			[]string{"run", "--scs-token-file=", "--scs-principal=p"},
			[]string{"OLLAMA_HEC_SCS_PRINCIPAL_SECRET_FILE"}},
		"acknowledgment":       {[]string{"run", "--ack=on"}, []string{"--ack", "no acknowledgments"}},
		"token as flag":        {[]string{"run", "--scs-token=x"}, []string{"unknown flag"}},
		"a CA that is none":    {[]string{"run", "--ca-file=" + empty}, []string{"--ca-file"}},
		"install without name": {[]string{"install"}, []string{"--hec-token"}},
		"install, name": {
			[]string{"install", "--hec-token=No-Name"},
			[]string{`--hec-token: got "No-Name"`}},
		"install, both": {
			[]string{"install", "--scs-tenant=acme", "--splunkd=https://x:8089", "--hec-token=ollama"},
			[]string{"--splunkd", "--scs-tenant"}},
		"install, host in clear": {
			[]string{"install", "--hec-token=ollama", "--scs-host=http://x"},
			[]string{"--scs-host"}},
	} {
		t.Run(name, func(t *testing.T) {
			said := program(exitUsage, tt.args...)
			holds(t, said, tt.want...)
			if strings.Contains(said, "hunter2") {
				t.Errorf("a password is shown: %s", said)
			}
		})
	}
	if n := len(s.Requests("postEvents")) + len(s.Requests("token")); n > 0 {
		t.Errorf("%d requests came", n)
	}
}

// --once ends where only a person can help; nothing is lost.
func TestRunOnceToATenantThatRefuses(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	log := filepath.Join(t.TempDir(), "o.log")
	write(t, log, "one\ntwo\n")
	args := []string{"run", "--once", "--paths=" + log, "--state-dir=" + t.TempDir()}
	s.Revoke()
	holds(t, program(exitFailed, args...), "401", "SCS_TOKEN_FILE")
	s.Revoke(scstest.AccessToken)
	program(exitFailed, append(args, "--scs-tenant=another")...)
	program(exitDone, args...)
	if got := strings.Join(scstest.Texts(s.Arrived()), " "); got != "one two" {
		t.Errorf("came %s", got)
	}
}

func TestCheckTriesTheTenant(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	log := filepath.Join(t.TempDir(), "o.log")
	write(t, log, "one\n")
	for name, tt := range map[string]struct {
		fault  scstest.FaultFunc
		args   []string
		status int
		want   []string
	}{
		"in order":       {nil, nil, exitDone, []string{"ok    credentials", "ok    event " + s.URL + "/acme", "the test event is taken"}},
		"no such tenant": {nil, []string{"--scs-tenant=other"}, exitFailed, []string{"fail  event " + s.URL + "/other", "404", "check --scs-tenant"}},
		"may not": {scstest.Always("postEvents", scstest.Fault{Status: 403}), nil, exitFailed,
			[]string{"fail  event", "403", "ingest.events.write"}},
		"not the service": {scstest.Always("postEvents", scstest.Fault{Status: 200, Body: "<html>welcome</html>"}), nil, exitFailed,
			[]string{"fail  event", "web page", "check OLLAMA_HEC_SCS_HOST"}},
		"event rejected": {scstest.Always("postEvents", scstest.Fault{Status: 400, Code: "INVALID_DATA"}), nil, exitFailed,
			[]string{"fail  event", "INVALID_DATA"}},
		"nobody there": {nil, []string{"--scs-host=http://127.0.0.1:1"}, exitFailed, []string{"fail  event", "connection refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.SetFault(tt.fault)
			state := t.TempDir()
			args := append([]string{"check", "--paths=" + log, "--state-dir=" + state}, tt.args...)
			said := program(tt.status, args...)
			holds(t, said, tt.want...)
			if _, err := os.Stat(filepath.Join(state, "dead-letter")); err == nil {
				t.Error("check leaves a dead letter")
			}
		})
	}
	s.SetFault(nil)
	byPrincipal(t)
	holds(t, program(exitDone, "check", "--paths="+log, "--state-dir="+t.TempDir()), "the principal "+scstest.Principal)
	s.SetFault(scstest.Always("token", scstest.Fault{Status: 401, Body: `{"error":"invalid_client"}`}))
	holds(t, program(exitFailed, "check", "--paths="+log, "--state-dir="+t.TempDir()), "invalid_client")
}

// The service's certificate is verified, by CA_FILE where that is given.
func TestATenantOverTLS(t *testing.T) {
	s := scstest.StartTLS(t)
	program := forTenant(t, s)
	byPrincipal(t)
	log, ca := filepath.Join(t.TempDir(), "o.log"), filepath.Join(t.TempDir(), "ca.pem")
	write(t, log, "one\n")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.CA().Raw})))
	args := []string{"check", "--paths=" + log, "--state-dir=" + t.TempDir()}
	holds(t, program(exitFailed, args...), "set OLLAMA_HEC_CA_FILE")
	program(exitDone, append(args, "--ca-file="+ca)...)
}

// Dead letters of any destination can be sent to a tenant, and those of a tenant to HEC.
func TestDeadLettersOfATenant(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	dir := t.TempDir()
	state := "--state-dir=" + dir
	store := deadletter.Open(filepath.Join(dir, "dead-letter"))
	for _, event := range []string{
		`{"time":1732216541.541999,"host":"h","source":"s","sourcetype":"ollama:server","index":"ai","event":"one"}`,
		`{"no":"event"}`,
	} {
		if err := store.Put(hec.DeadLetter{Event: []byte(event), Reason: "Invalid data format", Code: 6}); err != nil {
			t.Fatal(err)
		}
	}
	holds(t, program(exitDone, "dead-letter", "replay", state), "1 dead letters sent again")
	holds(t, program(exitDone, "dead-letter", "list", state), `{"no":"event"}`) // it is none, and stays
	came := s.Arrived()
	if len(came) != 1 || came[0].Text() != "one" || string(came[0].Attributes["index"]) != `"ai"` ||
		*came[0].Timestamp != 1732216541541 || *came[0].Nanos != 999000 {
		t.Errorf("came %+v", came)
	}
	program(exitDone, "dead-letter", "drop", state)

	log := filepath.Join(t.TempDir(), "o.log")
	write(t, log, "good\nbad\n")
	details := map[string]any{"failedEvents": []any{map[string]any{"index": 1, "message": "too odd"}}}
	s.SetFault(scstest.First(1, "postEvents", scstest.Fault{Status: 400, Code: "INVALID_DATA", Details: details}))
	program(exitDone, "run", "--once", "--paths="+log, state)
	out := program(exitDone, "dead-letter", "list", state)
	var letter deadletter.Letter
	if err := json.Unmarshal([]byte(out), &letter); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	holds(t, string(letter.Event)+letter.Reason, `"event":"bad"`, "too odd")
	t.Setenv("OLLAMA_HEC_SCS_TENANT", "")
	_, got := collect(t)
	program(exitDone, "dead-letter", "replay", state)
	if texts := got.events[filepath.Base(log)]["ollama:server"]; strings.Join(texts, " ") != "bad" {
		t.Errorf("HEC got %q", texts)
	}
}

// A shipper that runs tells of its tenant: in its log, in status, on /metrics and by
// health events.
func TestAShipperTellsOfItsTenant(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	dir := t.TempDir()
	log := filepath.Join(t.TempDir(), "o.log")
	write(t, log, "one\n")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan string, 1)
	go func() {
		var out, errOut output
		args := []string{"run", "--paths=" + log, "--state-dir=" + dir, "--health-events=1s"}
		run(ctx, args, strings.NewReader(""), &out, &errOut)
		ended <- errOut.String()
	}()
	health := func() bool {
		for _, ev := range s.Arrived() {
			body := string(ev.Body)
			if *ev.Sourcetype == "ollama:hec:health" && strings.Contains(body, `"events_server":1`) &&
				strings.Contains(body, `"http_200":`) {
				return true
			}
		}
		return false
	}
	for end := time.Now().Add(10 * time.Minute); !health() && time.Now().Before(end); {
		<-time.After(10 * time.Millisecond)
	}
	stop()
	if said := <-ended; !health() || !strings.Contains(said, "events go to Splunk Cloud Services") {
		t.Errorf("%d events came, log\n%s", len(s.Arrived()), said)
	}
	out := program(exitDone, "status", "--state-dir="+dir)
	holds(t, out, "tenant acme of Splunk Cloud Services at "+s.URL)
	if strings.Contains(out, "last delivery  never") {
		t.Errorf("status:\n%s", out)
	}
}

// A line of any length arrives, cut where the service takes no more. What has so many
// escapes that it is too large all the same is a dead letter.
func TestALongLineFitsIntoARequest(t *testing.T) {
	s := scstest.Start(t)
	program := forTenant(t, s)
	log, state := filepath.Join(t.TempDir(), "o.log"), t.TempDir()
	write(t, log, "before\n"+strings.Repeat(`a "line" of <some> length, `, 100_000)+"\nafter\n")
	program(exitDone, "run", "--once", "--paths="+log, "--state-dir="+state)
	texts := scstest.Texts(s.Arrived())
	if len(texts) != 3 || !strings.HasSuffix(texts[1], " bytes dropped]") || texts[2] != "after" {
		t.Fatalf("%d events came", len(texts))
	}
	list := []string{"dead-letter", "list", "--state-dir=" + state}
	if out := program(exitDone, list...); out != "" {
		t.Errorf("dead letters: %.200s", out)
	}
	write(t, log, strings.Repeat(`"`, 2_000_000)+"\nlast\n")
	program(exitDone, "run", "--once", "--paths="+log, "--state-dir="+state)
	texts = scstest.Texts(s.Arrived())
	if out := program(exitDone, list...); strings.Count(out, "\n") != 1 || texts[len(texts)-1] != "last" {
		t.Errorf("dead letters: %.200s", out)
	}
}
