package lean

import (
	"bufio"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// forgetStart has the kernel unmap the pages of the program itself, its code and its constants.
// What is used is mapped again, from the page cache; what only the start used, some pages of
// every package there is, is not.
func forgetStart() {
	maps, err := os.Open("/proc/self/maps")
	if err != nil {
		return
	}
	defer maps.Close()
	self, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return
	}
	for _, m := range mappedFrom(maps, self) {
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, m.start, m.end-m.start, unix.MADV_DONTNEED) // else they stay
	}
}

// mapping is a part of the address space.
type mapping struct{ start, end uintptr }

// mappedFrom lists what is mapped of a file and cannot be written to, by lines of
// address, permissions, offset, device, inode and path.
func mappedFrom(maps io.Reader, path string) (found []mapping) {
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 6 || fields[5] != path || strings.Contains(fields[1], "w") {
			continue
		}
		from, to, _ := strings.Cut(fields[0], "-")
		start, err := strconv.ParseUint(from, 16, strconv.IntSize)
		if err != nil {
			continue
		}
		if end, err := strconv.ParseUint(to, 16, strconv.IntSize); err == nil {
			found = append(found, mapping{uintptr(start), uintptr(end)})
		}
	}
	return found
}
