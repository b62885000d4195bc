//go:build !linux

package journald

import "os/exec"

func startBound(cmd *exec.Cmd) (release func(), err error) {
	return func() {}, cmd.Start()
}
