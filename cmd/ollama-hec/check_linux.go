package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"

	"ollama-hec/cmd/internal/settings"
)

const (
	serviceUser  = "ollama-hec"          // of the packaged service
	serviceState = "/var/lib/ollama-hec" // that systemd prepares for it
)

// checkAsService runs check once more as the user of the packaged service, with the
// settings that root has read of its file and the flags that were given. It cannot be in the service's sandbox.
func checkAsService(ctx context.Context, given []string, std streams) error {
	as, err := credentialOf(serviceUser)
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	c := exec.CommandContext(ctx, self, append([]string{"check"}, given...)...)
	c.Dir, c.Stdout, c.Stderr = "/", std.out, std.err
	c.Env = append(os.Environ(), "HOME="+serviceState, "STATE_DIRECTORY="+serviceState)
	c.SysProcAttr = &syscall.SysProcAttr{Credential: as}
	fmt.Fprintf(std.err, "ollama-hec: as the user %s\n", serviceUser)
	err = c.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended) && ended.ExitCode() == exitUsage:
		return &settings.Error{Problem: "the settings are wrong, as said above"}
	case errors.As(err, &ended):
		return errors.New("not everything is in order for the service")
	case err != nil:
		return fmt.Errorf("start as the user %s: %w", serviceUser, err)
	}
	return nil
}

// credentialOf returns the ids of a user and of all its groups.
func credentialOf(name string) (*syscall.Credential, error) {
	wrong := func(format string, args ...any) error {
		return &settings.Error{Setting: "--service", Problem: fmt.Sprintf(format, args...)}
	}
	if os.Geteuid() != 0 {
		return nil, wrong("only root can become the user %s: use sudo", name)
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, wrong("%v: the package creates that user; is it installed?", err)
	}
	groups, err := u.GroupIds()
	if err != nil {
		return nil, wrong("the groups of %s: %v", name, err)
	}
	ids, err := numbers(append([]string{u.Uid, u.Gid}, groups...))
	if err != nil {
		return nil, wrong("the ids of %s: %v", name, err)
	}
	return &syscall.Credential{Uid: ids[0], Gid: ids[1], Groups: ids[2:]}, nil
}

func numbers(texts []string) (all []uint32, err error) {
	for _, text := range texts {
		n, err := strconv.ParseUint(text, 10, 32)
		if err != nil {
			return nil, err
		}
		all = append(all, uint32(n))
	}
	return all, nil
}
