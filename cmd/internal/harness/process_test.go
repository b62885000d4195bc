//go:build linux

package harness

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

// helperEnv makes the test binary prepare its process and become the command in
// its arguments.
const helperEnv = "BLACKBOX_HELPER"

func help(what string) {
	err := fmt.Errorf("unknown helper %q", what)
	switch what {
	case "exhaust-inotify":
		err = exhaustInotify()
	case "accept":
		err = accept(os.Getenv(helperAt))
	case "answer":
		err = answer(os.Getenv(helperAt))
	}
	os.Unsetenv(helperEnv)
	if err == nil {
		err = syscall.Exec(os.Args[1], os.Args[1:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(3)
}

// exhaustInotify takes all inotify instances this user may have; they stay taken
// across exec.
func exhaustInotify() error {
	for {
		if _, err := unix.InotifyInit1(0); err == unix.EMFILE {
			return nil
		} else if err != nil {
			return err
		}
	}
}

// nobody is a user other than root, for whom permissions count; nil: we are one.
func nobody() *syscall.SysProcAttr { return user(65534) }

// user is a user by number; nil: we are no root, who could become it.
func user(id uint32) *syscall.SysProcAttr {
	if os.Geteuid() != 0 {
		return nil
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: id, Gid: id}}
}

// peakMemory is the most memory the shipper has had resident, in bytes.
func (b *bench) peakMemory() int64 {
	b.t.Helper()
	return b.peakMemoryOf(b.shipper)
}

func (b *bench) peakMemoryOf(s *Shipper) int64 {
	b.t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.Pid()))
	b.must(err)
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	var kib int64
	if _, err := fmt.Sscan(rest, &kib); !found || err != nil {
		b.t.Fatalf("no VmHWM in %s", status)
	}
	return kib << 10
}

// open are the files that a process has open.
func (s *Shipper) open() (paths []string) {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", s.Pid())) // the pattern is a good one
	for _, link := range links {
		if path, err := os.Readlink(link); err == nil { // else it is closed by now
			paths = append(paths, path)
		}
	}
	return paths
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }
