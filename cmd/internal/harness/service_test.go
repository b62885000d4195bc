//go:build linux

package harness

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ollama-hec/hec/receiver"
)

// asIfInstalled runs a command where there is the user of the packaged service, who is in the group
// that owns the logs. Accounts are those of a mount namespace.
const asIfInstalled = `
mount --make-rprivate / && mount --bind "$1/passwd" /etc/passwd && mount --bind "$1/group" /etc/group && shift && exec "$@"`

// check --service has the settings of the service's file and no others, its user with all groups, and
// the flags that are given.
func TestCheckAsTheService(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can become the user of the service")
	}
	if out, err := exec.Command("unshare", "-m", "true").CombinedOutput(); err != nil {
		t.Skipf("no mount namespace can be made here: %v %s", err, out)
	}
	b := newBench(t, receiver.Options{})
	root := filepath.Dir(b.dir)
	for _, dir := range []string{filepath.Dir(root), root} {
		b.must(os.Chmod(dir, 0o755))
	}
	for name, line := range map[string]string{
		"passwd": "ollama-hec:x:4321:4321::/var/lib/ollama-hec:/usr/sbin/nologin\n",
		"group":  "ollama-hec:x:4321:\nreaders:x:4322:ollama-hec\n",
	} {
		text, err := os.ReadFile("/etc/" + name)
		b.must(err)
		b.must(os.WriteFile(filepath.Join(root, name), append(text, line...), 0o644))
	}
	b.must(os.Mkdir(b.state, 0o700))
	b.must(os.Chown(b.state, 4321, 4321))
	b.write("a.log", b.lines("a", 0, 10))
	b.must(os.Chown(b.path("a.log"), 0, 4322))
	b.must(os.Chmod(b.path("a.log"), 0o640))
	env := filepath.Join(root, "o.env")
	b.must(os.WriteFile(env, []byte("OLLAMA_HEC_URL="+b.server.URL()+"\nOLLAMA_HEC_TOKEN="+Token(0)+
		"\nOLLAMA_HEC_PATHS="+b.path("a.log")+"\nOLLAMA_HEC_STATE_DIR="+b.state+"\n"), 0o600))
	b.before = []string{"unshare", "-m", "sh", "-c", asIfInstalled, "sh", root}
	// Of root's own environment nothing counts.
	b.env = map[string]string{"URL": "http://127.0.0.1:1", "PATHS": "/nowhere/*.log"}
	for _, tt := range []struct {
		name string
		args []string
		exit int
		says []string
	}{
		{"in order", nil, 0, []string{
			"settings of " + env, "left out, as the service does not get them: OLLAMA_HEC_URL, OLLAMA_HEC_TOKEN, OLLAMA_HEC_PATHS",
			"as the user ollama-hec", "token and index are accepted",
			"file " + b.path("a.log") + ": ", "B, can be read", "ok    STATE_DIR: " + b.state,
		}},
		{"as JSON", []string{"--json"}, 0, []string{`"check": "file ` + b.path("a.log") + `"`, `"status": "ok"`}},
		{"with a flag", []string{"--url=http://127.0.0.1:1"}, 1, []string{
			"fail  port 127.0.0.1:1", "or correct the port in --url", "not everything is in order for the service",
		}},
	} {
		s := b.launch(append([]string{"check", "--service", "--env-file=" + env}, tt.args...)...)
		b.wantExit(s, tt.exit)
		for _, text := range tt.says {
			if said := s.Log() + s.Out(); !strings.Contains(said, text) {
				t.Errorf("%s: %q is missing in\n%s", tt.name, text, said)
			}
		}
	}
	secret := filepath.Join(root, "token")
	b.must(os.WriteFile(secret, []byte(Token(0)), 0o600))
	b.must(os.WriteFile(env, []byte("OLLAMA_HEC_URL="+b.server.URL()+"\nOLLAMA_HEC_TOKEN_FILE="+secret+
		"\nOLLAMA_HEC_PATHS="+b.path("a.log")+"\nOLLAMA_HEC_STATE_DIR="+b.state+"\n"), 0o600))
	b.must(os.Chown(b.path("a.log"), 0, 0))
	s := b.launch("check", "--service", "--env-file="+env)
	b.wantExit(s, 1)
	for _, want := range []string{
		"fail  file " + b.path("a.log") + ": closed to the user ollama-hec", "let the user ollama-hec read it",
	} {
		if !strings.Contains(s.Out(), want) {
			t.Errorf("%q is missing in\n%s", want, s.Out())
		}
	}
}
