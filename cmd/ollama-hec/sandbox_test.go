package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/scs/scstest"
	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/splunkd/splunkdtest"
)

// sandbox is the machine that the commands of one snippet run on: a folder that
// stands for /, an unpacked archive, a receiver, a splunkd and a tenant of Splunk
// Cloud Services.
type sandbox struct {
	t       *testing.T
	dir     string // stands for /
	archive string
	got     *collected
	splunkd *splunkdtest.Server
	tenant  *scstest.Service
	places  *strings.Replacer
}

func newSandbox(t *testing.T) *sandbox {
	t.Helper()
	s := &sandbox{t: t, dir: t.TempDir(), archive: t.TempDir(), splunkd: splunkdtest.Start(t), tenant: scstest.Start(t)}
	t.Cleanup(func() { _ = os.Remove("report.html") }) // which report leaves here
	r, got := collect(t)
	s.got = got
	s.splunkd.AddApp(modinput.App, false)
	for _, there := range []string{"etc/ollama-hec", "etc/systemd/system", "usr/bin", "usr/local/bin", "Library/LaunchDaemons", "var/log/ollama"} {
		if err := os.MkdirAll(filepath.Join(s.dir, there), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, system := range []string{"systemd", "launchd", "windows"} {
		if err := os.CopyFS(filepath.Join(s.archive, system), os.DirFS(filepath.Join("deploy", system))); err != nil {
			t.Fatal(err)
		}
	}
	log, err := os.ReadFile(filepath.Join(corpusDir, "v0.13.5-info.log"))
	if err != nil {
		t.Fatal(err)
	}
	token, logs := filepath.Join(
		s.dir,
		"etc",
		"ollama-hec",
		"token",
	), filepath.Join(
		s.dir,
		"var",
		"log",
		"ollama",
		"ollama.log",
	)
	splunkdToken, access := filepath.Join(s.archive, "splunkd.token"), filepath.Join(s.archive, "access.token")
	for name, text := range map[string]string{
		token: testToken + "\n", logs: string(log), splunkdToken: splunkdtest.AdminToken + "\n", access: scstest.AccessToken + "\n",
		filepath.Join(s.archive, "token.txt"):         testToken,
		filepath.Join(s.archive, "ollama-hec"):        "the program\n",
		filepath.Join(s.archive, "bin", "ollama-hec"): "the program\n",
	} {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.places = strings.NewReplacer("https://splunk:8088", r.URL(), "https://splunk:8089", s.splunkd.URL,
		"https://indexer:8089", s.splunkd.URL, "https://localhost:8089", s.splunkd.URL,
		"/etc/ollama-hec/scs-token", access, "access.token", access,
		"/etc/ollama-hec/token", token, "/var/log/ollama/ollama.log", logs, "FILE…", logs, "FILE", logs,
		"cert.pem", filepath.Join(s.archive, "cert.pem"), "key.pem", filepath.Join(s.archive, "key.pem"),
		"splunkd.token", splunkdToken, "hec.token", filepath.Join(s.archive, "hec.token"))
	s.certificate()
	for name, value := range map[string]string{
		"PATHS": logs, "STATE_DIR": filepath.Join(s.dir, "state"),
		"SCS_HOST": s.tenant.URL, "SCS_TOKEN_FILE": access,
	} {
		t.Setenv(settings.Prefix+"_"+name, value)
	}
	return s
}

// certificate writes one for servers, and its key.
func (s *sandbox) certificate() {
	s.t.Helper()
	server := httptest.NewTLSServer(nil)
	server.Close()
	pair := server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		s.t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(s.archive, name), pem.EncodeToMemory(block), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// place is a path on the sandbox's machine.
func (s *sandbox) place(word string) string {
	if filepath.IsAbs(word) && word != os.DevNull {
		return filepath.Join(s.dir, word)
	}
	return word
}

// exec runs a command in the unpacked archive.
func (s *sandbox) exec(stdin string, name string, args ...string) {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), name, args...)
	cmd.Dir, cmd.Stdin = s.archive, strings.NewReader(stdin)
	if said, err := cmd.CombinedOutput(); err != nil {
		s.t.Errorf("%s %q: %v\n%s", name, args, err, said)
	}
}

// has reports whether the machine that runs the tests has the usual tool of that name.
func has(tool string) bool {
	_, err := exec.LookPath(tool)
	return err == nil && runtime.GOOS == "linux"
}

// output is a writer that can be read meanwhile.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// ollamaHec runs the program. What does not end by itself is stopped once it has
// done something.
func (s *sandbox) ollamaHec(w words) {
	s.t.Helper()
	var args []string
	for _, a := range w[1:] {
		args = append(args, s.places.Replace(a))
	}
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	var out, errOut output
	working, want := func() bool { return false }, exitDone
	if w.starts("ollama-hec status") && slices.Contains(w, "--json") {
		want = exitFailed // no shipper runs in a sandbox
	}
	switch {
	case w.starts("ollama-hec status"), w.starts("ollama-hec dead-letter"):
		s.ollamaHec(words{"ollama-hec", "run", "--once"}) // something to show
	case slices.Equal(w, words{"ollama-hec", "install"}):
		args = append(args, "--splunkd="+s.splunkd.URL, s.places.Replace("--token-file=splunkd.token"))
	case w.starts("ollama-hec run") && !slices.Contains(w, "--once"):
		working = s.any
	case w.starts("ollama-hec capture"):
		args = append(args, "--capture=connections") // which take no right
		working = func() bool { return strings.Contains(errOut.String(), "msg=capturing") }
	case w.starts("ollama-hec proxy"):
		args = append(args, "--proxy-listen=127.0.0.1:0")
		working = func() bool { return strings.Contains(errOut.String(), "msg=proxying") }
	case w.starts("ollama-hec receive"):
		args = append(args, "--listen=127.0.0.1:0")
		working = func() bool { return strings.Contains(errOut.String(), "listening on") }
	}
	go func() {
		for ctx.Err() == nil && !working() {
			select {
			case <-ctx.Done():
			case <-time.After(10 * time.Millisecond):
			}
		}
		stop()
	}()
	if status := run(ctx, args, strings.NewReader(""), &out, &errOut); status != want {
		s.t.Errorf("%q: status %d\n%s%s", w, status, out.String(), errOut.String())
	}
	if w.starts("ollama-hec run") && !s.any() {
		s.t.Errorf("%q shipped nothing\n%s", w, errOut.String())
	}
}

// any reports whether an event came, wherever it was sent.
func (s *sandbox) any() bool { return s.got.any() || len(s.tenant.Arrived()) > 0 }

// any reports whether an event came.
func (c *collected) any() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.events) > 0
}

func (s *sandbox) make(w words) {
	s.t.Helper()
	rules := readDocument(s.t, "Makefile")
	for _, target := range w[1:] {
		if !assignment.MatchString(target) && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(target)+`:`).MatchString(rules) {
			s.t.Errorf("the Makefile has no target %s", target)
		}
	}
	if has("make") {
		top, err := filepath.Abs(root)
		if err != nil {
			s.t.Fatal(err)
		}
		s.exec("", "make", append([]string{"--dry-run", "--directory", top}, w[1:]...)...)
	}
}

// goRun has the program read its flags and then only tell them. Of tests it
// asks only whether their packages are there.
func (s *sandbox) goRun(w words) {
	s.t.Helper()
	if w.starts("go test") {
		packages := slices.DeleteFunc(slices.Clone(w[2:]), func(arg string) bool { return !strings.HasPrefix(arg, "./") })
		cmd := exec.CommandContext(s.t.Context(), "go", append([]string{"list"}, packages...)...)
		cmd.Dir = root
		if said, err := cmd.CombinedOutput(); err != nil || len(packages) == 0 {
			s.t.Errorf("%q: %v\n%s", w, err, said)
		}
		return
	}
	if !w.starts("go run") {
		s.t.Errorf("%q is not tried", w)
		return
	}
	cmd := exec.CommandContext(s.t.Context(), "go", append(slices.Clone(w[1:]), "-h")...)
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); !strings.Contains(string(said), "Usage") ||
		strings.Contains(string(said), "not defined") {
		s.t.Errorf("%q: %v\n%s", w, err, said)
	}
}

// install is run but for the group, which this machine does not have.
func (s *sandbox) install(w words) {
	s.t.Helper()
	var args []string
	for i := 1; i < len(w); i++ {
		if w[i] == "-g" {
			i++
			continue
		}
		args = append(args, s.place(w[i]))
	}
	if has("install") {
		s.exec("", "install", args...)
	}
	from := filepath.Join(s.archive, w[len(w)-2])
	if _, err := os.Stat(from); err != nil && !filepath.IsAbs(w[len(w)-2]) && !slices.Contains(w, "-d") {
		s.t.Errorf("%q: no archive has it: %v", w, err)
	}
}

func (s *sandbox) export(w words) {
	s.t.Helper()
	for _, variable := range w[1:] {
		name, value, _ := strings.Cut(variable, "=")
		if name == settings.Prefix+"_TOKEN_FILE" {
			s.t.Setenv(settings.Prefix+"_TOKEN", "")
		}
		if name == settings.Prefix+"_SCS_TENANT" {
			s.t.Setenv(settings.Prefix+"_URL", "")
		}
		s.t.Setenv(name, s.places.Replace(value))
	}
}

func (s *sandbox) sh(w words) {
	s.t.Helper()
	if len(w) != 3 || w[1] != "-c" {
		s.t.Errorf("%q is not tried", w)
	} else if has("sh") {
		s.exec(testToken, "sh", "-c", s.places.Replace(w[2]))
	}
}

// curl stores the token for an input as the add-on looks it up.
func (s *sandbox) curl(w words) {
	s.t.Helper()
	url := w[len(w)-1]
	if !strings.HasSuffix(url, "/servicesNS/nobody/"+modinput.App+"/storage/passwords") ||
		!slices.Contains(w, "realm="+modinput.TokenRealm) ||
		!slices.Contains(w, "name="+modinput.TokenUserShared) {
		s.t.Errorf("%q: the input looks elsewhere", w)
	}
	if !has("curl") {
		return
	}
	// Instead of asking for the admin's password.
	args := []string{
		"--fail",
		"--silent",
		"--show-error",
		"--noproxy",
		"*",
		"--header",
		"Authorization: Bearer " + splunkdtest.AdminToken,
	}
	for i := 1; i < len(w); i++ {
		if w[i] == "--user" {
			i++
			continue
		}
		args = append(args, s.places.Replace(w[i]))
	}
	s.exec("", "curl", args...)
	if writes := s.splunkd.Writes(); len(writes) != 1 || !strings.HasPrefix(writes[0], "POST ") {
		s.t.Errorf("splunkd was asked for %q", writes)
	}
}

// openssl prints the fingerprint of a certificate as the setting takes it.
func (s *sandbox) openssl(w words) {
	s.t.Helper()
	if !w.starts("openssl x509 -in") || len(w) < 4 || !strings.HasSuffix(w[3], ".pem") {
		s.t.Errorf("%q is not tried", w)
		return
	}
	if !has("openssl") {
		return
	}
	cmd := exec.CommandContext(s.t.Context(), "openssl", append([]string{"x509", "-in", filepath.Join(s.archive, "cert.pem")}, w[4:]...)...)
	out, err := cmd.Output()
	_, fingerprint, _ := strings.Cut(strings.TrimSpace(string(out)), "=")
	if err == nil {
		err = new(settings.Settings).Set("TLS_FINGERPRINT", fingerprint)
	}
	if err != nil {
		s.t.Errorf("%q prints %q: %v", w, out, err)
	}
}

// edit: the file is one that a package or a command before has put there.
func (s *sandbox) edit(w words) {
	s.t.Helper()
	name := w[len(w)-1]
	packaged := readDocument(s.t, deployed+"packages/nfpm.yaml") + readDocument(s.t, deployed+"packages/postinstall.sh")
	if _, err := os.Stat(s.place(name)); err != nil && !strings.Contains(packaged, name) && has("install") {
		s.t.Errorf("%q: nothing puts it there", w)
	}
}
