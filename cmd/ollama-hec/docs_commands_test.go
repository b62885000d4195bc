package main

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec/scs/scstest"
	"ollama-hec/splunk_app/modinput"
	"ollama-hec/splunk_app/simulate/knowledge"
	"ollama-hec/splunk_app/simulate/spl"
	"ollama-hec/splunk_app/splunkd/splunkdtest"
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
	"head":       func(*sandbox, words) {}, // only shows less of what was tried
}

// elsewhere are the commands that would change this machine, or that it cannot
// have. Each names what holds it: a file, and what stands there. A test of that
// file covers the command as far as it can be.
var elsewhere = []struct{ command, file, says string }{
	{"ollama-hec check --service", "cmd/ollama-hec/check_linux_test.go", "TestTheServiceUser"},
	{"dpkg -i ollama-hec_*_linux_amd64.deb", ".ci/package-test", `dpkg --install "$deb"`},
	{"dpkg --remove ollama-hec", ".ci/package-test", "dpkg --remove ollama-hec"},
	{"rpm -U ollama-hec_*_linux_amd64.rpm", ".ci/package-test", `--install "$rpm"`},
	{"rpm -e ollama-hec", deployed + "packages/nfpm.yaml", "name: ollama-hec\n"},
	{
		"useradd --system --user-group --no-create-home --home-dir /var/lib/ollama-hec --shell /usr/sbin/nologin ollama-hec",
		deployed + "packages/postinstall.sh",
		"useradd --system --gid ollama-hec --home-dir /var/lib/ollama-hec --no-create-home",
	},
	{
		"usermod --append --groups systemd-journal,adm ollama-hec",
		deployed + "packages/postinstall.sh",
		"for group in systemd-journal adm",
	},
	{"systemctl enable --now ollama-hec", deployed + "systemd/ollama-hec.service", "WantedBy=multi-user.target"},
	{
		"systemctl enable --now ollama-hec-capture",
		deployed + "systemd/ollama-hec-capture.service",
		"WantedBy=multi-user.target",
	},
	{"docker compose --profile capture up --build --detach", deployed + "compose/compose.yaml", "profiles: [capture]"},
	{"kubectl apply -f ollama-hec-capture.yaml", deployed + "kubernetes/ollama-hec-capture.yaml", "kind: DaemonSet"},
	{"systemctl restart ollama-hec", deployed + "packages/postinstall.sh", "systemctl try-restart ollama-hec"},
	{"systemctl daemon-reload", deployed + "packages/postinstall.sh", "systemctl daemon-reload"},
	{"journalctl -u ollama-hec", ".ci/package-test", "unit=/usr/lib/systemd/system/ollama-hec.service"},
	{"systemd-creds encrypt --name=hec-token TOKEN-FILE /etc/ollama-hec/token.cred", deployed + "systemd/credential.conf",
		"LoadCredentialEncrypted=hec-token:/etc/ollama-hec/token.cred"},
	{"docker build -f cmd/ollama-hec/deploy/Dockerfile -t ollama-hec .", deployed + "Dockerfile", "\nFROM scratch"},
	{
		"docker build -f cmd/ollama-hec/deploy/Dockerfile -t ollama-hec:journal --target journal .",
		deployed + "Dockerfile",
		" AS journal\n",
	},
	{"printf %s TOKEN", deployed + "compose/compose.yaml", "file: ./hec-token"},
	{"docker compose up --build --detach --no-deps shipper", deployed + "compose/compose.yaml", "\n  shipper:\n"},
	{"docker compose up --build --detach", deployed + "compose/compose.yaml", "build:"},
	{"kubectl apply -f ollama-hec.yaml", deployed + "kubernetes/ollama-hec.yaml", "kind: DaemonSet"},
	{
		"kubectl -n ollama-hec create secret generic ollama-hec --from-file=token=FILE",
		deployed + "kubernetes/ollama-hec.yaml",
		"secretName: ollama-hec",
	},
	{
		"launchctl bootstrap system /Library/LaunchDaemons/ollama-hec.plist",
		deployed + "launchd/ollama-hec.plist",
		"<string>ollama-hec</string>",
	},
	{"launchctl print system/ollama-hec", deployed + "launchd/ollama-hec.plist", "<string>ollama-hec</string>"},
	{"launchctl bootout system/ollama-hec", deployed + "launchd/ollama-hec.plist", "<string>ollama-hec</string>"},
	{"launchctl kickstart -k system/ollama-hec", deployed + "launchd/ollama-hec.plist", "<string>ollama-hec</string>"},
	{
		"xattr -d com.apple.quarantine /usr/local/bin/ollama-hec",
		deployed + "launchd/ollama-hec.plist",
		"<string>/usr/local/bin/ollama-hec</string>",
	},
	{"launchctl setenv OLLAMA_HOST 127.0.0.1:11435", deployed + "launchd/ollama-hec-proxy.plist", "<string>127.0.0.1:11435</string>"},
	{"launchctl unsetenv OLLAMA_HOST", deployed + "launchd/ollama-hec-proxy.plist", "<string>127.0.0.1:11435</string>"},
	{
		"launchctl bootstrap system /Library/LaunchDaemons/ollama-hec-proxy.plist",
		deployed + "launchd/ollama-hec-proxy.plist",
		"<string>ollama-hec-proxy</string>",
	},
	{"launchctl bootout system/ollama-hec-proxy", deployed + "launchd/ollama-hec-proxy.plist", "<string>ollama-hec-proxy</string>"},
	{"setx OLLAMA_HOST 127.0.0.1:11435", deployed + "windows/ollama-hec-proxy.cmd", "OLLAMA_HEC_PROXY_UPSTREAM=127.0.0.1:11435"},
	{"Copy-Item windows\\ollama-hec-proxy.cmd $bin", deployed + "windows/ollama-hec-proxy.cmd", "ollama-hec.exe"},
	{
		"schtasks /Create /TN ollama-hec-proxy /XML windows\\ollama-hec-proxy.xml",
		deployed + "windows/ollama-hec-proxy.xml",
		"RegistrationTrigger",
	},
	{"schtasks /Delete /TN ollama-hec-proxy /F", deployed + "windows/ollama-hec-proxy.xml", "<Task "},
	{
		"$bin = $env:ProgramFiles\\ollama-hec",
		deployed + "windows/ollama-hec.xml",
		`C:\Program Files\ollama-hec\ollama-hec.cmd`,
	},
	{"$data = $env:ProgramData\\ollama-hec", deployed + "windows/ollama-hec.cmd", `%ProgramData%\ollama-hec`},
	{"New-Item -ItemType Directory -Force $bin, $data", deployed + "windows/ollama-hec.cmd", `%ProgramData%\ollama-hec`},
	{"Out-Null", deployed + "windows/ollama-hec.cmd", "ollama-hec.exe"},
	{"Copy-Item ollama-hec.exe, windows\\ollama-hec.cmd $bin", deployed + "windows/ollama-hec.cmd", "ollama-hec.exe"},
	{"icacls $data", deployed + "windows/ollama-hec.xml", "S-1-5-18"},
	{"notepad $data\\token", deployed + "windows/ollama-hec.cmd", `%ProgramData%\ollama-hec`},
	{"notepad $bin\\ollama-hec.cmd", deployed + "windows/ollama-hec.xml", "ollama-hec.cmd"},
	{
		"schtasks /Create /TN ollama-hec /XML windows\\ollama-hec.xml",
		deployed + "windows/ollama-hec.xml",
		"RegistrationTrigger",
	},
	{"schtasks /Query /TN ollama-hec", deployed + "windows/ollama-hec.xml", "<Task "},
	{"schtasks /End /TN ollama-hec", deployed + "windows/ollama-hec.xml", "<Task "},
	{"schtasks /Change /TN ollama-hec /DISABLE", deployed + "windows/ollama-hec.xml", "<Task "},
	{"schtasks /Delete /TN ollama-hec /F", deployed + "windows/ollama-hec.xml", "<Task "},
	{"taskkill /IM ollama-hec.exe /F", deployed + "windows/ollama-hec.cmd", "ollama-hec.exe"},
	{"kubectl create namespace ollama-hec", deployed + "kubernetes/ollama-hec.yaml", "kind: Namespace"},
	{
		"kubectl label namespace ollama-hec pod-security.kubernetes.io/enforce=privileged",
		deployed + "kubernetes/ollama-hec.yaml",
		"pod-security.kubernetes.io/enforce: privileged",
	},
	{
		"kubectl -n ollama-hec exec daemonset/ollama-hec -- /usr/bin/ollama-hec check",
		deployed + "Dockerfile",
		`ENTRYPOINT ["/usr/bin/ollama-hec"]`,
	},
	{"helm install ollama-hec helm/ollama-hec", deployed + "helm_test.go", "func TestChartIsThePlainManifests("},
	{"helm upgrade ollama-hec helm/ollama-hec", deployed + "helm_test.go", "func TestChartWithEverything("},
	{"helm uninstall ollama-hec", deployed + "helm/ollama-hec/templates/daemonset.yaml", "type: DirectoryOrCreate"},
	{"promtool check config prometheus.yaml", deployed + "prometheus_test.go", "func TestScrapeConfiguration("},
}

const deployed = "cmd/ollama-hec/deploy/"

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
	case w.starts("ollama-hec status"):
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

// edit: the file is one that a package or a command before has put there.
func (s *sandbox) edit(w words) {
	s.t.Helper()
	name := w[len(w)-1]
	packaged := readDocument(s.t, deployed+"packages/nfpm.yaml") + readDocument(s.t, deployed+"packages/postinstall.sh")
	if _, err := os.Stat(s.place(name)); err != nil && !strings.Contains(packaged, name) && has("install") {
		s.t.Errorf("%q: nothing puts it there", w)
	}
}

// What the documents call a flag, a setting or a metric is one, and the
// configuration and the searches they show can be read.
func TestNamesInTheDocuments(t *testing.T) {
	flags := map[string]bool{"--insecure": true, "--purge": true, "--set": true, "--help": true} // of curl, dpkg, helm and all
	var collectFlags func(*cobra.Command)
	collectFlags = func(cmd *cobra.Command) {
		for _, f := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(cmd.Flags().FlagUsages(), -1) {
			flags[f] = true
		}
		for _, c := range cmd.Commands() {
			collectFlags(c)
		}
	}
	collectFlags(newRoot(streams{}))
	variables := map[string]bool{splunkdToken: true}
	for _, r := range settings.All() {
		variables[r.Env] = true
	}
	var source strings.Builder
	sources, err := filepath.Glob("../internal/metrics/*.go")
	if err != nil || len(sources) == 0 {
		t.Fatal(sources, err)
	}
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, doc := range documents(t) {
		text := readDocument(t, doc)
		for _, name := range regexp.MustCompile(`OLLAMA_HEC_[A-Z][A-Z_]*[A-Z]`).FindAllString(text, -1) {
			if !variables[name] {
				t.Errorf("%s: there is no setting %s", doc, name)
			}
		}
		for _, name := range regexp.MustCompile(`ollama_hec_[a-z_]+[a-z]`).FindAllString(text, -1) {
			name = strings.TrimSuffix(name, "_bucket") // of a histogram
			if !strings.Contains(source.String(), `"`+strings.TrimPrefix(name, "ollama_hec_")+`"`) &&
				!strings.Contains(source.String(), `"`+name+`"`) {
				t.Errorf("%s: there is no metric %s", doc, name)
			}
		}
		for _, s := range snippets(doc, text) {
			name, value, given := strings.Cut(s.text, "=")
			switch {
			case s.inline && strings.HasPrefix(s.text, "--"):
				for _, f := range regexp.MustCompile(`--[a-z][a-z-]+`).FindAllString(s.text, -1) {
					if !flags[f] {
						t.Errorf("%s:%d: there is no flag %s", doc, s.line, f)
					}
				}
			case s.inline && given && variables[settings.Prefix+"_"+name]:
				if err := new(settings.Settings).Set(name, value); err != nil {
					t.Errorf("%s:%d: %v", doc, s.line, err)
				}
			case s.kind() == conf && !s.inline:
				if _, err := knowledge.ParseConf(s.text); err != nil {
					t.Errorf("%s:%d: %v", doc, s.line, err)
				}
			case s.kind() == search && !s.inline:
				if _, err := spl.Compile(strings.ReplaceAll(s.text, "now()", "0"), spl.Env{}); err != nil {
					t.Errorf("%s:%d: %v", doc, s.line, err)
				}
			}
		}
	}
}
