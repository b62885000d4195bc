//go:build !linux

package modinputtest

import "time"

// AwaitBlocked gives a paused process time to fill the pipe: how much is in it
// cannot be asked here.
func (p *Process) AwaitBlocked() { <-time.After(2 * time.Second) }

// AwaitOpen waits for as long as it usually takes until the process has opened a file that is new.
func (p *Process) AwaitOpen(string) { <-time.After(time.Second) }
