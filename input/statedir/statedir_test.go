package statedir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := Make(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func symlink(t *testing.T, to, at string) {
	t.Helper()
	if err := os.Symlink(to, at); err != nil {
		t.Skipf("this user may make no links: %v", err)
	}
}

// refuses holds an error to naming the path, the problem and what to do.
func refuses(t *testing.T, err error, path, problem string) {
	t.Helper()
	var refused *RefusedError
	if !errors.As(err, &refused) || refused.Path != path || !strings.Contains(refused.Problem, problem) ||
		refused.Hint == "" {
		t.Errorf("got %v, want %s refused because it %s", err, path, problem)
	}
}

func TestMakesWhatIsNotThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "made", "for it")
	if err := Check(path); err != nil {
		t.Errorf("a directory that is not there: %v", err)
	}
	if _, err := Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v, want that it is not there", err)
	}
	d := open(t, path)
	sub, err := d.MakeSub("sub")
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if err := sub.WriteFile("a", []byte("one")); err != nil {
		t.Fatal(err)
	}
	if err := sub.WriteFile("a", []byte("two")); err != nil {
		t.Fatal(err)
	}
	at := time.Unix(1_700_000_000, 0)
	if err := sub.Touch("a", at); err != nil {
		t.Fatal(err)
	}
	if text, written, err := sub.ReadFile("a"); string(text) != "two" || !written.Equal(at) || err != nil {
		t.Errorf("read %q of %v, %v", text, written, err)
	}
	if err := sub.Rename("a", "b"); err != nil {
		t.Fatal(err)
	}
	if err := sub.Touch("c", at); err != nil {
		t.Fatal(err)
	}
	if names, err := sub.Names(); strings.Join(names, " ") != "b c" || err != nil {
		t.Errorf("names %q, %v", names, err)
	}
	if err := errors.Join(sub.Sync(), sub.Remove("b"), sub.Remove("b")); err != nil {
		t.Error(err)
	}
}

func TestRefusesLinks(t *testing.T) {
	base := t.TempDir()
	victim := filepath.Join(base, "victim")
	write(t, victim, "precious")
	d := open(t, filepath.Join(base, "state"))

	link := filepath.Join(base, "link")
	symlink(t, filepath.Join(base, "state"), link)
	_, err := Open(link)
	refuses(t, err, link, "is a symbolic link")
	_, err = Make(link + string(filepath.Separator))
	refuses(t, err, link, "is a symbolic link")
	refuses(t, Check(link), link, "is a symbolic link")
	dangling := filepath.Join(base, "dangling")
	symlink(t, filepath.Join(base, "nowhere"), dangling)
	_, err = Make(dangling)
	refuses(t, err, dangling, "is a symbolic link")

	within := d.Path("within")
	write(t, within, "within")
	for name, to := range map[string]string{
		"absolute": victim, "up": filepath.Join("..", "victim"), "near": "within", "gone": filepath.Join("..", "made"), "dir": base,
	} {
		path := d.Path(name)
		symlink(t, to, path)
		_, err := d.OpenFile(name, os.O_RDONLY)
		refuses(t, err, path, "is a symbolic link")
		_, err = d.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_TRUNC)
		refuses(t, err, path, "is a symbolic link")
		_, _, err = d.ReadFile(name)
		refuses(t, err, path, "is a symbolic link")
		refuses(t, d.Touch(name, time.Now()), path, "is a symbolic link")
		_, err = d.MakeSub(name)
		refuses(t, err, path, "is a symbolic link")
		// What is written anew takes the link's place.
		if err := d.WriteFile(name, []byte("new")); err != nil || read(t, path) != "new" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := os.Lstat(filepath.Join(base, "made")); err == nil {
		t.Error("a file was made where a link leads")
	}
	if read(t, victim) != "precious" || read(t, within) != "within" {
		t.Error("a link was followed")
	}
}

func TestRefusesWhatIsNoDirectoryOrFile(t *testing.T) {
	d := open(t, t.TempDir())
	write(t, d.Path("file"), "")
	_, err := Open(d.Path("file"))
	refuses(t, err, d.Path("file"), "is not a directory")
	_, err = d.MakeSub("file")
	refuses(t, err, d.Path("file"), "is not a directory")
	if err := os.Mkdir(d.Path("dir"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err = d.OpenFile("dir", os.O_RDONLY)
	refuses(t, err, d.Path("dir"), "is not a regular file")
}
