//go:build !windows

package requestlog

import "syscall"

// noFollow refuses a link put there since Lstat, and does not wait for a FIFO.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK
