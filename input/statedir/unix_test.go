//go:build unix

package statedir

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestRefusesWhatEverybodyMayWriteTo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	d := open(t, path)
	write(t, d.Path("file"), "x")
	for mode, refused := range map[os.FileMode]bool{
		0o700: false, 0o710: false, 0o755: false, 0o770 | os.ModeSetgid: false,
		0o777: true, 0o702: true, 0o777 | os.ModeSticky: true,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		err := Check(path)
		if !refused && err != nil {
			t.Errorf("mode %v: %v", mode, err)
		}
		if refused {
			refuses(t, err, path, "can be written to by every user (mode ")
		}
	}
	if err := errors.Join(os.Chmod(path, 0o700), os.Chmod(d.Path("file"), 0o666)); err != nil {
		t.Fatal(err)
	}
	_, err := d.OpenFile("file", os.O_RDWR)
	refuses(t, err, d.Path("file"), "can be written to by every user (mode 0666)")
}

func TestRefusesPipesAndSecondNames(t *testing.T) {
	d := open(t, t.TempDir())
	if err := syscall.Mkfifo(d.Path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := d.OpenFile("fifo", os.O_RDONLY)
	refuses(t, err, d.Path("fifo"), "is not a regular file")
	write(t, d.Path("a"), "")
	if err := os.Link(d.Path("a"), d.Path("b")); err != nil {
		t.Fatal(err)
	}
	_, err = d.OpenFile("b", os.O_RDWR)
	refuses(t, err, d.Path("b"), "has another name")
}

const (
	other  = 64_001 // ids that nobody has
	third  = 64_002
	helper = "STATEDIR_TEST_AS"
)

// TestOwners needs root, who can give files away and become somebody else.
func TestOwners(t *testing.T) {
	if path := os.Getenv(helper); path != "" {
		d, err := Make(path)
		if err == nil {
			err = d.WriteFile("written", nil)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can make directories of others")
	}
	base := t.TempDir()
	for dir := base; dir != "/"; dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil && info.Mode().Perm()&0o001 == 0 {
			if err := os.Chmod(dir, info.Mode()|0o011); err != nil {
				t.Fatal(err)
			}
		}
	}
	owned := func(name string, uid int, mode os.FileMode) string {
		path := filepath.Join(base, name)
		if err := errors.Join(os.Mkdir(path, 0o700), os.Chown(path, uid, uid), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	t.Run("root leaves to the owner what it makes", func(t *testing.T) {
		d := open(t, owned("others", other, 0o700))
		sub, err := d.MakeSub("sub")
		if err != nil {
			t.Fatal(err)
		}
		defer sub.Close()
		for path, err := range map[string]error{
			d.Path("a"): d.WriteFile("a", nil), sub.Path("b"): sub.WriteFile("b", nil), d.Path("sub"): nil, d.Path(""): nil,
		} {
			if err != nil {
				t.Fatal(err)
			}
			info, err := os.Lstat(path)
			if err != nil {
				t.Fatal(err)
			}
			if got := ownerOf(info); got.user != other || got.group != other {
				t.Errorf("%s belongs to %+v", path, got)
			}
		}
		if err := os.Lchown(d.Path("a"), third, third); err != nil {
			t.Fatal(err)
		}
		_, err = d.OpenFile("a", os.O_RDWR)
		refuses(t, err, d.Path("a"), "belongs to another user (user id 64002; this process has 0)")
	})
	t.Run("another user", func(t *testing.T) {
		program, err := os.ReadFile(os.Args[0])
		if err != nil {
			t.Fatal(err)
		}
		exe := filepath.Join(base, "test")
		if err := os.WriteFile(exe, program, 0o755); err != nil {
			t.Fatal(err)
		}
		as := func(uid int, path string) string {
			cmd := exec.Command(exe, "-test.run=^TestOwners$")
			cmd.Env = []string{helper + "=" + path}
			cmd.Dir = base
			cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}}
			out, err := cmd.CombinedOutput()
			if err == nil {
				return ""
			}
			return string(out)
		}
		for _, tt := range []struct {
			name string
			uid  int
			mode os.FileMode
			want string
		}{
			{"its own", other, 0o700, ""},
			{"a third one's", third, 0o777 &^ 0o002, "belongs to another user (user id 64002; this process has 64001)"},
			{"root's, where it may write", 0, 0o770, ""},
		} {
			path := owned(tt.name, tt.uid, tt.mode)
			if tt.uid == 0 {
				if err := os.Lchown(path, 0, other); err != nil {
					t.Fatal(err)
				}
			}
			if got := as(other, path); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
				t.Errorf("%s: %s", tt.name, got)
			}
		}
	})
}
