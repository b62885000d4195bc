//go:build !windows

package check

import "golang.org/x/sys/unix"

// freeSpace is what this user may still write on dir's file system, in bytes.
func freeSpace(dir string) (uint64, bool) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return uint64(st.Bavail) * uint64(st.Bsize), true
}
