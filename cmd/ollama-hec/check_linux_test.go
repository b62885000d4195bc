package main

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The user of the service comes with all its groups: they are what may read the logs.
func TestTheServiceUser(t *testing.T) {
	if os.Geteuid() != 0 {
		if _, err := credentialOf("root"); err == nil || !strings.Contains(err.Error(), "use sudo") {
			t.Errorf("not as root: %v", err)
		}
		t.Skip("only root can become another user")
	}
	if _, err := credentialOf("nobody-of-that-name"); err == nil || !strings.Contains(err.Error(), "is it installed?") {
		t.Errorf("no such user: %v", err)
	}
	u, err := user.Lookup("daemon")
	if err != nil {
		t.Skip("this machine has no user daemon")
	}
	groups, err := u.GroupIds()
	if err != nil {
		t.Fatal(err)
	}
	got, err := credentialOf("daemon")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, id := range got.Groups {
		ids = append(ids, strconv.Itoa(int(id)))
	}
	if strconv.Itoa(int(got.Uid)) != u.Uid || strconv.Itoa(int(got.Gid)) != u.Gid || !slices.Equal(ids, groups) {
		t.Errorf("got %+v, want %s, %s, %q", got, u.Uid, u.Gid, groups)
	}
	usual := packagedEnv
	packagedEnv = filepath.Join(t.TempDir(), "none") // where the package is installed its file would stay in the environment
	t.Cleanup(func() { packagedEnv = usual })
	status, _, errOut := command(t, "", "check", "--service")
	if status != exitUsage || !strings.Contains(errOut, "--service: ") {
		if _, err := user.Lookup(serviceUser); err != nil {
			t.Errorf("without the package: status %d: %s", status, errOut)
		}
	}
}
