//go:build !linux

package lineartest

import "time"

var began = time.Now()

// worked is how long the tests have run: systems differ in what they tell of a thread.
func worked() time.Duration { return time.Since(began) }
