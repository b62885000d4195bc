package main

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/splunk_app/detections"
	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

// splunk starts a splunkd, and returns a function that calls install for it. It
// fails the test if that does not end with status, or shows the token.
func splunk(t *testing.T) (*splunkdtest.Server, func(status int, args ...string) string) {
	t.Helper()
	s := splunkdtest.Start(t)
	t.Setenv("OLLAMA_HEC_SPLUNKD_TOKEN", splunkdtest.AdminToken)
	return s, func(want int, args ...string) string {
		t.Helper()
		status, out, errOut := command(t, "", append([]string{"install", "--splunkd", s.URL}, args...)...)
		if status != want || (errOut == "") != (want == exitDone) {
			t.Errorf("%q: status %d, want %d\n%s%s", args, status, want, out, errOut)
		}
		if strings.Contains(out+errOut, splunkdtest.AdminToken) || strings.Contains(errOut, "00000000-0000-4000") {
			t.Errorf("%q: a token is shown:\n%s%s", args, out, errOut)
		}
		return out + errOut
	}
}

// each counts the lines that end in what became of an entity.
func each(output, outcome string) int { return strings.Count(output, ": "+outcome+"\n") }

func TestInstallMayBeRepeated(t *testing.T) {
	s, install := splunk(t)
	all := len(detections.Entities())

	if out := install(
		exitDone,
		"--dry-run",
	); each(out, "created") != all || !strings.HasPrefix(out, "dry run: ") ||
		len(s.Writes()) > 0 {
		t.Errorf("dry run wrote %q:\n%s", s.Writes(), out)
	}
	if out := install(exitDone); each(out, "created") != all || !strings.Contains(out, "--enable") {
		t.Errorf("first time:\n%s", out)
	}
	for _, e := range detections.Entities() {
		got, sharing, ok := s.Get("search", e.Collection, e.Name)
		if !ok || sharing != "app" {
			t.Fatalf("%s: there: %v, shared: %s", e.Name, ok, sharing)
		}
		for key := range e.Values {
			if got.Get(key) != strings.TrimSpace(e.Values.Get(key)) {
				t.Errorf("%s: %s is %q", e.Name, key, got.Get(key))
			}
		}
		if read, write := s.Perms("search", e.Collection, e.Name); fmt.Sprint(read, write) != "[*] [admin]" {
			t.Errorf("%s: read %v, write %v", e.Name, read, write)
		}
	}
	before := len(s.Writes())
	if out := install(exitDone); each(out, "unchanged") != all || len(s.Writes()) > before {
		t.Errorf("second time wrote %q:\n%s", s.Writes()[before:], out)
	}
	if out := install(exitDone, "--enable"); each(out, "updated: enabled") != len(detections.All()) {
		t.Errorf("enable:\n%s", out)
	}
	if out := install(exitDone, "--uninstall", "--dry-run"); each(out, "removed") != all {
		t.Errorf("dry uninstall:\n%s", out)
	}
	if out := install(exitDone, "--uninstall"); each(out, "removed") != all {
		t.Errorf("uninstall:\n%s", out)
	}
	if out := install(exitDone, "--uninstall"); each(out, "absent") != all {
		t.Errorf("uninstall again:\n%s", out)
	}
}

func TestInstallLeavesTheSitesOwnAlone(t *testing.T) {
	s, install := splunk(t)
	install(exitDone)
	own := url.Values{"definition": {`index=ai sourcetype="ollama:server"`}, "iseval": {"0"}}
	s.Put("search", "configs/conf-macros", "ollama_server", own, "app", false)
	name := detections.All()[0].Name
	search, _, _ := s.Get("search", "saved/searches", name)
	search.Set("action.risk", "0")
	search.Set("action.email", "1")
	search.Set("disabled", "0")
	search.Set("cron_schedule", "7 * * * *")
	s.Put("search", "saved/searches", name, search, "app", false)

	out := install(exitDone)
	for _, want := range []string{"macro ollama_server: kept (this site's own)\n", "saved search " + name + ": updated: cron_schedule\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	got, _, _ := s.Get("search", "saved/searches", name)
	for key, want := range map[string]string{"action.risk": "0", "action.email": "1", "disabled": "0", "cron_schedule": detections.All()[0].Cron} {
		if got.Get(key) != want {
			t.Errorf("%s is %q, want %q", key, got.Get(key), want)
		}
	}
	if out := install(exitDone, "--uninstall"); !strings.Contains(out, "macro ollama_server: kept (this site's own)\n") {
		t.Errorf("uninstall:\n%s", out)
	}
}

// The macros are told the index as long as nobody has written one into them.
func TestInstallWritesTheIndexIntoMacros(t *testing.T) {
	s, install := splunk(t)
	definition := func(macro string) string {
		got, _, _ := s.Get("search", "configs/conf-macros", macro)
		return got.Get("definition")
	}
	install(exitDone)
	s.Put(
		"search",
		"configs/conf-macros",
		"ollama_api",
		url.Values{"definition": {`(index="mine" sourcetype="ollama:api")`}},
		"app",
		false,
	)
	out := install(exitDone, "--search-index", "ollama")
	for macro, want := range map[string]string{
		"ollama_server":  `(index="ollama" sourcetype="ollama:server")`,
		"ollama_prompts": `(index="ollama" sourcetype="ollama:prompts")`,
		"ollama_api":     `(index="mine" sourcetype="ollama:api")`,

		"ollama_network_failure_filter": "search *",
	} {
		if got := definition(macro); got != want {
			t.Errorf("%s is %s, want %s\n%s", macro, got, want, out)
		}
	}
	install(exitDone) // the index stays
	if got := definition("ollama_server"); !strings.Contains(got, `index="ollama"`) {
		t.Errorf("after a second run: %s", got)
	}
	if out := install(exitUsage, "--search-index", `x" OR 1`); !strings.Contains(out, "--search-index") {
		t.Errorf("a name that is none: %s", out)
	}
}

func TestInstallIntoAnApp(t *testing.T) {
	s, install := splunk(t)
	s.AddApp("ollama", false)
	install(exitDone, "--app", "ollama", "--enable")
	got, _, ok := s.Get("ollama", "saved/searches", detections.All()[0].Name)
	if !ok || got.Get("disabled") != "0" {
		t.Errorf("there: %v, %v", ok, got)
	}
	if out := install(exitFailed, "--app", "nope"); !strings.Contains(out, "there is no app nope") {
		t.Errorf("got %s", out)
	}
}

func TestInstallSaysWhatWasDoneBeforeAnError(t *testing.T) {
	s, install := splunk(t)
	s.Fail(http.MethodPost, "/saved/searches", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, `{"messages":[{"type":"ERROR","text":"KV store is busy"}]}`)
	})
	out := install(exitFailed)
	if each(out, "created") != len(detections.Macros()) || !strings.Contains(out, "KV store is busy") {
		t.Errorf("got\n%s", out)
	}
	if out := install(exitDone); each(out, "created") != len(detections.All()) {
		t.Errorf("and then\n%s", out)
	}
}

func TestInstallCreatesAHECToken(t *testing.T) {
	s, install := splunk(t)
	args := []string{"--hec-token", "ollama", "--index", "ollama", "--ack", "--hec-token-only"}
	if out := install(exitDone, append(args, "--dry-run")...); each(out, "created") != 1 || len(s.Writes()) > 0 {
		t.Errorf("dry run wrote %q:\n%s", s.Writes(), out)
	}
	const token = "00000000-0000-4000-8000-000000000001"
	if out := install(exitDone, args...); out != "HEC token ollama: created\nOLLAMA_HEC_TOKEN="+token+"\n" {
		t.Errorf("first time: %s", out)
	}
	file := filepath.Join(t.TempDir(), "token")
	out := install(exitDone, append(args, "--hec-token-file", file)...)
	if out != "HEC token ollama: unchanged\nthe HEC token is in "+file+"\n" {
		t.Errorf("second time: %s", out)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != token+"\n" {
		t.Errorf("the file holds %q, %v", text, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, %v", info.Mode(), err)
	}
	if w := s.Writes(); len(w) != 1 {
		t.Errorf("wrote %q", w)
	}

	s.AddToken("old", url.Values{"token": {"other"}, "index": {"main"}, "useACK": {"0"}})
	s.SetCollector("disabled", true)
	out = install(
		exitDone,
		"--hec-token",
		"old",
		"--index",
		"ollama",
		"--ack",
		"--hec-token-only",
		"--hec-token-file",
		file,
	)
	for _, want := range []string{"HEC is disabled on this Splunk", "HEC token old: kept (its index is main, without acknowledgment: change it in Splunk)\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if out := install(
		exitFailed,
		"--hec-token",
		"new",
		"--index",
		"nope",
		"--hec-token-only",
	); !strings.Contains(
		out,
		"index=nope does not exist",
	) {
		t.Errorf("got %s", out)
	}
	if out := install(
		exitDone,
		"--hec-token",
		"ollama",
	); each(out, "created") != len(detections.Entities()) ||
		!strings.HasSuffix(out, "_TOKEN="+token+"\n") {
		t.Errorf("with searches:\n%s", out)
	}
}

func TestInstallIsRefused(t *testing.T) {
	s, install := splunk(t)
	s.AddUser("weak", splunkdtest.User{Name: "ann", Roles: []string{"user"}})
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	ca, other := write("ca.pem", string(s.CA())), write("other.pem", otherCA)
	weak, wrong, empty := write("weak", "weak\n"), write("wrong", "nobody-knows"), write("empty", "\n")
	for _, tt := range []struct {
		name   string
		status int
		want   string
		args   []string
	}{
		{"trusted", exitDone, "created", []string{"--ca-file", ca, "--dry-run"}},
		{"not trusted", exitFailed, "give the certificate authority", []string{"--ca-file", other}},
		{"no certificate", exitUsage, "no PEM certificate in " + weak, []string{"--ca-file", weak}},
		{"unknown token", exitFailed, "401", []string{"--token-file", wrong}},
		{"may not", exitFailed, "user ann (roles: user) needs", []string{"--token-file", weak}},
		{"empty token", exitUsage, "Settings > Tokens", []string{"--token-file", empty}},
		{"a device as token file", exitUsage, "a pipe or a device", []string{"--token-file", os.DevNull}},
		{"no token file", exitUsage, "--token-file", []string{"--token-file", empty + "x"}},
		{"in the clear", exitUsage, "use https", []string{"--splunkd", "http://splunk:8089"}},
		{"another scheme", exitUsage, `--splunkd: got "ftp://x": not splunkd's address: it takes a URL`, []string{"--splunkd", "ftp://x"}},
		{"a password in it", exitUsage, "--splunkd: splunkd's address has more", []string{"--splunkd", "https://a:hunter2@splunk:8089"}},
		{"no such authority", exitUsage, "--ca-file: ", []string{"--splunkd", "https://splunk:8089", "--ca-file", "nope.pem"}},
		{"no address", exitUsage, "--splunkd", []string{"--splunkd", ""}},
		{"token as flag", exitUsage, "unknown flag", []string{"--token", "x"}},
		{"both ways", exitUsage, "uninstall", []string{"--uninstall", "--enable"}},
		{"token unnamed", exitUsage, "--hec-token", []string{"--ack"}},
		{"token uninstalled", exitUsage, "uninstall", []string{"--uninstall", "--hec-token", "a"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if out := install(
				tt.status,
				tt.args...); !strings.Contains(out, tt.want) || strings.Contains(out, "nobody-knows") ||
				strings.Contains(out, "hunter2") {
				t.Errorf("got %s", out)
			}
		})
	}
	if w := s.Writes(); len(w) > 1 { // the one that was refused
		t.Errorf("wrote %q", w)
	}
}

// otherCA is an authority that has signed nothing here.
const otherCA = `-----BEGIN CERTIFICATE-----
MIIBjzCCATWgAwIBAgIUCCIh+lQxeXVu5lBmRFfK2kbz5iUwCgYIKoZIzj0EAwIw
HDEaMBgGA1UEAwwRYW5vdGhlciBhdXRob3JpdHkwIBcNMjYxMTIxMjE1ODE1WhgP
MjEyNjEwMjgyMTU4MTVaMBwxGjAYBgNVBAMMEWFub3RoZXIgYXV0aG9yaXR5MFkw
EwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE3QuuRTqZ33byeBfGH3KNWJTzjazeItdi
eSAKIJY2QdzKh9hCuGRNU8MybgXedFF1gGiABcFgGL6Kp440I5ARgKNTMFEwHQYD
VR0OBBYEFNPpHUYxlkwnWlztTie+JLvKUV+ZMB8GA1UdIwQYMBaAFNPpHUYxlkwn
WlztTie+JLvKUV+ZMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSAAwRQIh
AOHD7u7ELcDjZsbPnRCv8jLgXa/2pm+cW7aWwWBO9DQSAiBSQ0P8b4PVPEQDfNe/
TPe01slk2W/XdsvXud1ygsnSjQ==
-----END CERTIFICATE-----`
