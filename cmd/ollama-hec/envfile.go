package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"ollama-hec/cmd/internal/envfile"
	"ollama-hec/cmd/internal/settings"
)

// packagedEnv is the file with the settings of the packaged service, and sharedEnv lies
// beside it: with those on prompts, which the service that captures has as well.
var packagedEnv = "/etc/ollama-hec/ollama-hec.env"

const sharedEnv = "prompts.env"

// addEnvFile defines that flag for a command that takes settings. usual says whether the
// packaged service's file is read if none is named.
func addEnvFile(cmd *cobra.Command, usual bool) {
	text := "file of variables as systemd reads it; the environment overrides it"
	if usual {
		text += "; empty: that of the packaged service, unless there are settings in the environment"
		cmd.Annotations = map[string]string{settings.EnvFileFlag: "usual"}
	}
	cmd.Flags().String(settings.EnvFileFlag, "", text)
}

// takeEnvFile puts what the command's file with settings holds into the environment. It
// returns the file; empty: none was read.
func takeEnvFile(cmd *cobra.Command) (used string, err error) {
	flag := cmd.Flags().Lookup(settings.EnvFileFlag)
	switch {
	case flag == nil:
		return "", nil
	case flag.Value.String() != "":
		return useEnvFile(cmd, flag.Value.String(), false)
	case cmd.Annotations[settings.EnvFileFlag] == "" || anySetting():
		return "", nil
	}
	// The shared ones take precedence over the others, as in the unit.
	if _, err := useEnvFile(cmd, filepath.Join(filepath.Dir(packagedEnv), sharedEnv), true); err != nil {
		return "", err
	}
	return useEnvFile(cmd, packagedEnv, true)
}

// useEnvFile puts the variables of a file into the environment, below those that are
// there. If it is the usual one it may be missing.
func useEnvFile(cmd *cobra.Command, path string, usual bool) (used string, err error) {
	given, err := envfile.Read(path)
	switch {
	case usual && errors.Is(err, fs.ErrNotExist):
		return "", nil
	case usual && errors.Is(err, fs.ErrPermission):
		return "", &settings.Error{
			Setting: "--env-file",
			Problem: fmt.Sprintf("%v: the packaged service has its settings there; become root, or name another file", err),
		}
	case err != nil:
		return "", &settings.Error{Setting: "--env-file", Problem: err.Error()}
	}
	if at := slices.IndexFunc(given, misnamed); at >= 0 {
		name := given[at].Name
		return "", &settings.Error{Setting: "--env-file", Problem: fmt.Sprintf("%s: %q is no name of a variable, and "+
			"systemd passes over it: begin its line with %s=, in a file without byte order mark",
			path, name, name[strings.Index(name, settings.Prefix+"_"):])}
	}
	there := func(name string) bool { _, ok := os.LookupEnv(name); return ok }
	given = slices.DeleteFunc(given, func(v envfile.Variable) bool { return there(v.Name) })
	for _, v := range given {
		err := os.Setenv(v.Name, v.Value)
		if err == nil {
			err = settings.FromFile(cmd.Flags(), v.Name, path)
		}
		if err != nil {
			return "", &settings.Error{Setting: "--env-file", Problem: fmt.Sprintf("%s: %q: %v", path, v.Name, err)}
		}
	}
	return path, nil
}

// misnamed reports whether a setting stands in a file under what can be no variable's name, such as
// "export NAME" or one behind a byte order mark: passed over, it would leave the setting's default.
func misnamed(v envfile.Variable) bool {
	return !variableName.MatchString(v.Name) && strings.Contains(v.Name, settings.Prefix+"_")
}

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// anySetting reports whether the environment holds a setting.
func anySetting() bool {
	for _, r := range settings.All() {
		if os.Getenv(r.Env) != "" {
			return true
		}
	}
	return false
}
