//go:build linux && !long

package harness

// long is what the tag of that name makes of the cases: minutes of outages, not seconds.
const long = false
