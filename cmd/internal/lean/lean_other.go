//go:build !linux

package lean

// forgetStart does nothing: which pages are needed is up to the system.
func forgetStart() {}
