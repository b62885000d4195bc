//go:build unix

package hec

import "syscall"

// openAtOnce opens a named pipe without waiting for somebody who writes into it.
const openAtOnce = syscall.O_NONBLOCK
