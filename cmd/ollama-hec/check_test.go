package main

import (
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/cmd/internal/check"
	"ollama-hec/hec"
	"ollama-hec/hec/receiver"
)

func TestCheckSaysWhatIsWrongAndHowToMendIt(t *testing.T) {
	r, _ := collect(t)
	file := filepath.Join(t.TempDir(), "o.log")
	if err := os.WriteFile(file, []byte("x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	state := "--state-dir=" + t.TempDir()
	for _, tt := range []struct {
		name   string
		token  string
		fault  receiver.FaultFunc
		args   []string
		status int
		want   []string
	}{
		{"in order", testToken, nil, nil, 0, []string{"ok    health", "ok    clock", "the test event is acknowledged", "ok    file " + file, "can be written"}},
		{"wrong token", "wrong", nil, nil, 1, []string{"fail  event", "Invalid token", "check OLLAMA_HEC_TOKEN or"}},
		{"all tokens disabled", testToken, func(req *receiver.Request) receiver.Fault {
			if req.Endpoint == receiver.EndpointHealth {
				return receiver.Fault{Code: 22}
			}
			return receiver.Fault{Code: 1}
		}, nil, 1, []string{"warn  health", "fail  event", "enable the token in Splunk", "Global Settings there hold for all tokens"}},
		{"wrong index", testToken, receiver.Submissions(receiver.Always(receiver.Fault{Code: 7})), nil, 1, []string{"Incorrect index", "set OLLAMA_HEC_INDEX"}},
		{"empty 200", testToken, empty(200), nil, 1, []string{"200 OK without a HEC code", "fail  event", "set OLLAMA_HEC_ACCEPT_WITHOUT_CODE=on"}},
		{"204", testToken, empty(204), nil, 1, []string{"204 No Content without a HEC code", "fail  event"}},
		{"another JSON", testToken, receiver.Submissions(receiver.Always(receiver.Fault{Status: 200, Body: `{"status":"Success"}`})), nil, 1,
			[]string{"ok    health", "fail  event", "Success", "set OLLAMA_HEC_ACCEPT_WITHOUT_CODE=on"}},
		{"stripped replies", testToken, empty(200), []string{"--accept-without-code=on"}, 0, []string{"warn  event", "--accept-without-code says"}},
		{"queues full", testToken, receiver.On(receiver.EndpointHealth, receiver.Always(receiver.Fault{Code: 18})), nil, 0, nil},
		{"nobody there", testToken, nil, []string{"--url=http://127.0.0.1:1"}, 1, []string{"fail  port 127.0.0.1:1", "firewall"}},
		{"no such name", testToken, nil, []string{"--url=http://nowhere.invalid"}, 1, []string{"fail  name nowhere.invalid"}},
		{"no URL and no token", "", nil, []string{"--url="}, 1, []string{"fail  URL", "fail  token", "OLLAMA_HEC_TOKEN_FILE"}},
		{"a wrong URL and no token", "", nil, []string{"--url=splunk:8088"}, 1,
			[]string{"fail  token", "fail  URL", "correct --url"}},
		{"no token", "", nil, nil, 1, []string{"fail  token", "ok    port"}},
		{"a wrong URL, no token, no such CA", "", nil, []string{"--url=splunk:8088," + r.URL(), "--ca-file=/nowhere.pem"}, 1,
			[]string{"fail  token", "fail  URL", "fail  TLS: --ca-file: open /nowhere.pem", "ok    port"}},
		{"a directory", testToken, nil, []string{"--paths=" + filepath.Dir(file)}, 0, []string{"not followed: a directory"}},
		{"says what it leaves", testToken, nil, nil, 0, []string{"it leaves a test event there"}},
		{"no URL", testToken, nil, []string{"--url="}, 1, []string{"fail  URL"}},
		{"no such file", testToken, nil, []string{"--paths=" + file + ".nope"}, 0, []string{"warn  PATHS"}},
		{"two files with a blank between", testToken, nil, []string{"--paths=" + file + " " + file}, 0,
			[]string{"warn  PATHS", "separate them by commas in --paths: " + file + "," + file}},
		{"two URLs with a blank between", testToken, nil, []string{"--url=" + r.URL() + " " + r.URL()}, 1,
			[]string{"fail  URL", "several are separated by commas"}},
		{"state is a file", testToken, nil, []string{"--state-dir=" + file}, 1, []string{"fail  STATE_DIR"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("OLLAMA_HEC_TOKEN", tt.token)
			r.SetFault(tt.fault)
			status, out, errOut := command(t, "", append([]string{"check", "--paths=" + file, state}, tt.args...)...)
			if status != tt.status {
				t.Errorf("status %d: %s%s", status, out, errOut)
			}
			for _, want := range tt.want {
				if !strings.Contains(out, want) {
					t.Errorf("%q is missing in\n%s", want, out)
				}
			}
			if tt.token != "" && strings.Contains(out+errOut, tt.token) {
				t.Error("the token is told")
			}
		})
	}
}

// empty answers everything with a status alone.
func empty(status int) receiver.FaultFunc {
	return func(*receiver.Request) receiver.Fault { return receiver.Fault{Status: status, Blank: true} }
}

// The index of health events is tried where there are to be any.
func TestCheckTriesTheHealthIndex(t *testing.T) {
	r, _ := collect(t)
	r.SetTokens(receiver.Token{Value: testToken, Ack: true, Indexes: []string{"lines", "health"}})
	for _, tt := range []struct {
		args   []string
		status int
		want   string
	}{
		{[]string{"--health-events=60s", "--health-index=health"}, 0, "ok    health event"},
		{[]string{"--health-events=60s", "--health-index=other"}, 1, "set --health-index"},
		{[]string{"--health-index=other"}, 0, "ok    event"},
	} {
		args := append([]string{"check", "--index=lines", "--paths=/nowhere/*.log", "--state-dir=" + t.TempDir()}, tt.args...)
		if status, out, _ := command(t, "", args...); status != tt.status || !strings.Contains(out, tt.want) {
			t.Errorf("%q: status %d:\n%s", tt.args, status, out)
		}
	}
}

func TestCheckAsJSON(t *testing.T) {
	collect(t)
	status, out, _ := command(t, "", "check", "--json", "--paths=/nowhere/*.log", "--state-dir="+t.TempDir())
	var results []check.Result
	if err := json.Unmarshal([]byte(out), &results); err != nil || status != 0 || len(results) < 5 {
		t.Errorf("status %d, %v: %s", status, err, out)
	}
}

// run and check say once that http is read on the way, and not of loopback.
func TestHTTPIsWarnedOfOnce(t *testing.T) {
	r, _ := collect(t)
	path := filepath.Join(t.TempDir(), "o.log")
	write(t, path, "a line\n")
	const said = "in the clear"
	for _, tt := range []struct {
		url  string
		want int
	}{
		{r.URL(), 0},
		{strings.Replace(r.URL(), "127.0.0.1", "localhost", 1), 0},
		{"http://hec.invalid:8088,https://hec.invalid:8088,http://other.invalid:8088", 1},
		{strings.Replace(r.URL(), "127.0.0.1", "0.0.0.0", 1), 1},
	} {
		args := []string{"--url=" + tt.url, "--paths=" + path, "--state-dir=" + filepath.Join(t.TempDir(), "state")}
		_, errOut := stopOnceSaid(t, "msg=started", append([]string{"run", "--drain-timeout=1ms"}, args...)...)
		if strings.Count(errOut, said) != tt.want || tt.want == 1 && !strings.Contains(errOut, "begin --url with https") {
			t.Errorf("run with %s says\n%s", tt.url, errOut)
		}
		if strings.Contains(tt.url, ".invalid") {
			continue // no name, nothing more to check
		}
		if _, out, _ := command(t, "", append([]string{"check"}, args...)...); strings.Count(out, said) != tt.want {
			t.Errorf("check of %s says\n%s", tt.url, out)
		}
	}
}

// A certificate that no authority and no name makes valid is trusted by its fingerprint.
func TestACertificateIsPinned(t *testing.T) {
	r := receiver.New(receiver.Options{Tokens: []receiver.Token{{Value: testToken}}})
	server := httptest.NewUnstartedServer(r)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	pin := hec.FingerprintOf(server.Certificate()).String()
	t.Setenv("OLLAMA_HEC_URL", server.URL)
	t.Setenv("OLLAMA_HEC_TOKEN", testToken)
	t.Setenv("OLLAMA_HEC_PATHS", filepath.Join(t.TempDir(), "*.log"))
	t.Setenv("OLLAMA_HEC_STATE_DIR", t.TempDir())
	for _, tt := range []struct {
		flag   string
		status int
		want   string
	}{
		{"--ack=auto", 1, "the certificate shown has the SHA-256 fingerprint " + pin},
		{"--tls-fingerprint=" + pin, 0, "the certificate is the one that is pinned"},
		{"--tls-fingerprint=sha256 Fingerprint=" + pin, 0, "ok    health"},
		{"--tls-fingerprint=" + strings.Repeat("00:", 31) + "01", 1, "is not the one that is pinned, its SHA-256 fingerprint is " + pin},
		{"--tls-fingerprint=" + strings.Repeat("00", 32), 2, "want a SHA-256 fingerprint"},
		{"--tls-fingerprint=abc", 2, "--tls-fingerprint: got \"abc\", want a SHA-256 fingerprint"},
	} {
		status, out, errOut := command(t, "", "check", tt.flag)
		if status != tt.status || !strings.Contains(out+errOut, tt.want) {
			t.Errorf("%s: status %d:\n%s%s", tt.flag, status, out, errOut)
		}
	}
	ca := filepath.Join(t.TempDir(), "ca.pem")
	write(t, ca, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	if status, out, errOut := command(t, "", "check", "--tls-fingerprint="+pin, "--ca-file="+ca); status != 1 ||
		!strings.Contains(out+errOut, "set together with") {
		t.Errorf("with a CA: status %d:\n%s%s", status, out, errOut)
	}
}

// run says it, too, of patterns that something other than a comma separates.
func TestRunSaysThatPatternsAreSeparatedByCommas(t *testing.T) {
	collect(t)
	a, b := filepath.Join(t.TempDir(), "a.log"), filepath.Join(t.TempDir(), "b.log")
	write(t, a, "a line\n")
	write(t, b, "a line\n")
	t.Setenv("OLLAMA_HEC_PATHS", a+"; "+b)
	status, _, errOut := command(t, "", "run", "--once", "--state-dir="+t.TempDir())
	if status != exitFailed || !strings.Contains(errOut, "separate them by commas in OLLAMA_HEC_PATHS: "+a+","+b) {
		t.Errorf("status %d: %s", status, errOut)
	}
}
