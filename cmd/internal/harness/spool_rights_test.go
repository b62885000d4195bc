//go:build linux

package harness

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Who may not use a spool, or must not trust it, is told what is wrong with which directory, and what to do.
func TestSpoolsThatAreRefused(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Skip("users cannot be changed here")
	}
	const other = 64003
	asOther := []string{"setpriv", "--reuid=64003", "--regid=64003", "--clear-groups"}
	spoolWith := func(mode os.FileMode) func(b *bench, path string) {
		return func(b *bench, path string) {
			b.must(os.MkdirAll(path, 0o700))
			b.must(os.Chmod(path, mode))
		}
	}
	for _, tt := range []struct {
		name    string
		make    func(b *bench, path string) // the spool, at that path
		owner   int                         // of the state directory and the spool
		as      []string
		command string
		exit    int
		says    []string
	}{
		{"everybody may write", spoolWith(0o777), 0, nil, "proxy", 2, []string{"can be written to by every user", "chmod o-w"}},
		{"another user's", spoolWith(0o700), 0, asOther, "proxy", 2, []string{"permission denied", "OLLAMA_HEC_STATE_DIR"}},
		{"read only", spoolWith(0o500), other, asOther, "proxy", 2, []string{"capture/proxy.lock: permission denied", "let this user write"}},
		{"a link", func(b *bench, path string) { b.must(os.Symlink(b.dir, path)) }, 0, nil, "proxy", 2, []string{"is a symbolic link"}},
		{"a file", func(b *bench, path string) { b.must(os.WriteFile(path, nil, 0o600)) }, 0, nil, "proxy", 2, []string{"is not a directory"}},
		{"closed to status", spoolWith(0o700), 0, asOther, "status", 1, []string{"permission denied", "run status as root"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, _ := behindProxy(t)
			path := filepath.Join(b.state, "capture")
			for _, dir := range []string{filepath.Dir(filepath.Dir(b.state)), filepath.Dir(b.state)} {
				b.must(os.Chmod(dir, 0o755))
			}
			b.must(os.MkdirAll(b.state, 0o755))
			tt.make(b, path)
			for _, of := range []string{b.state, path} {
				b.must(os.Lchown(of, tt.owner, tt.owner))
			}
			b.before = tt.as
			s := b.launch(tt.command)
			b.wantExit(s, tt.exit)
			for _, says := range append(tt.says, path) {
				if !strings.Contains(s.Log(), says) {
					t.Errorf("%q is not in %q", says, s.Log())
				}
			}
		})
	}
}
