//go:build !linux

package main

// forgetStart does nothing: which pages are needed is up to the system.
func forgetStart() {}
