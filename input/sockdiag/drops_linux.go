package sockdiag

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Numbers of linux/sock_diag.h: what SO_MEMINFO fills, and which of it are the drops.
const (
	memoryNumbers = 9
	memoryDrops   = 8
)

// drops returns how many messages found no room in a socket since it was opened. Kernels before
// 4.12 do not report that for a socket itself; /proc/net/netlink lists it for all sockets.
func drops(fd int) (uint64, error) {
	var numbers [memoryNumbers]uint32
	size := uint32(unsafe.Sizeof(numbers))
	_, _, errno := unix.Syscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&numbers)), uintptr(unsafe.Pointer(&size)), 0)
	if errno == 0 && uintptr(size) >= unsafe.Sizeof(numbers) {
		return uint64(numbers[memoryDrops]), nil
	}
	return dropsListed(fd)
}

// dropsListed returns the drops from the kernel's list of sockets, in which the socket's inode
// names its line.
func dropsListed(fd int) (uint64, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return 0, fmt.Errorf("inode of sock_diag: %w", err)
	}
	list, err := os.ReadFile("/proc/self/net/netlink")
	if err != nil {
		return 0, err
	}
	return dropsIn(string(list), stat.Ino)
}

var errNotListed = errors.New("/proc/self/net/netlink does not list our socket")

// dropsIn returns the drops of the socket with an inode from the text of /proc/net/netlink.
func dropsIn(list string, inode uint64) (uint64, error) {
	const drops, node, columns = 8, 9, 10
	for line := range strings.Lines(list) {
		f := strings.Fields(line)
		if len(f) == columns && f[node] == strconv.FormatUint(inode, 10) {
			return strconv.ParseUint(f[drops], 10, 64)
		}
	}
	return 0, errNotListed
}
