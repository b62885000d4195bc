// Package discover knows where Ollama logs on each system: with no setting at
// all the logs of a usual installation are found, and what was looked for can
// be said.
//
// Where Ollama was told to log somewhere else, only a setting can tell. It
// finds files; whether the journal has anything is for others to find out.
package discover

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// System is what the places depend on. All of it is data, so that every
// system's places can be told on any.
type System struct {
	GOOS string
	Env  func(string) string
	Home string // this user's; empty: none
	Root bool   // other users' homes may be read
}

// Current is the system we run on.
func Current() System {
	home, _ := os.UserHomeDir() // a service may have none
	return System{GOOS: runtime.GOOS, Env: os.Getenv, Home: home, Root: os.Geteuid() == 0}
}

// Place is where logs may lie.
type Place struct {
	Glob string
	What string // whose log it is
	// Containers: other containers log there, too. Which are Ollama's, a
	// Filter tells.
	Containers bool
}

// Places are the usual ones, those worth naming first.
func (s System) Places() []Place {
	switch s.GOOS {
	case "darwin":
		return s.darwin()
	case "windows":
		return s.windows()
	}
	return s.linux()
}

const (
	service = "log file of the service"
	desktop = "log of the desktop app"
	user    = "log in a user's home"
	docker  = "container under Docker"
	podman  = "container under Podman"
	pod     = "container under Kubernetes"
)

// The desktop app keeps server.log, app.log and upgrade.log and renames them to
// server-1.log and so on when it starts.
const desktopLogs = "{server,app,upgrade}{,-[0-9]*}.log"

func (s System) linux() []Place {
	places := []Place{
		{Glob: "/var/log/ollama/*.log", What: service},
		{Glob: "/var/log/ollama.log", What: service},
		{Glob: "/usr/share/ollama/.ollama/logs/*.log", What: service},
	}
	for _, home := range s.homes("/root", "/home/*") {
		places = append(places, Place{Glob: home + "/.ollama/logs/*.log", What: user})
	}
	stores := []string{"/var/lib"}
	for _, home := range s.homes("/home/*") {
		stores = append(stores, home+"/.local/share")
	}
	for _, store := range stores {
		places = append(places,
			Place{Glob: store + "/docker/containers/*/*-json.log", What: docker, Containers: true},
			Place{Glob: store + "/containers/storage/*-containers/*/userdata/ctr.log", What: podman, Containers: true})
	}
	// /var/log/containers only links to these.
	return append(places, Place{Glob: "/var/log/pods/*/*/*.log", What: pod, Containers: true})
}

func (s System) darwin() []Place {
	var places []Place
	for _, home := range s.homes("/Users/*", "/var/root") {
		places = append(places, Place{Glob: home + "/.ollama/logs/" + desktopLogs, What: desktop})
	}
	return append(places,
		Place{Glob: "/opt/homebrew/var/log/ollama.log", What: service},
		Place{Glob: "/usr/local/var/log/ollama.log", What: service})
}

func (s System) windows() []Place {
	local := s.Env("LOCALAPPDATA")
	var places []Place
	if local != "" {
		places = append(places, Place{Glob: local + `\Ollama\` + desktopLogs, What: desktop})
	}
	// A service has a profile of its own, where no desktop app logs.
	profile := strings.ToLower(local)
	if local == "" || strings.Contains(profile, `\systemprofile\`) || strings.Contains(profile, `\serviceprofiles\`) {
		drive := s.Env("SystemDrive")
		if drive == "" {
			drive = "C:"
		}
		places = append(places, Place{Glob: drive + `\Users\*\AppData\Local\Ollama\` + desktopLogs, What: desktop})
	}
	return places
}

// homes are this user's and, for root, everyone's.
func (s System) homes(everyone ...string) []string {
	var homes []string
	if s.Home != "" && s.Home != "/" {
		homes = append(homes, escape(filepath.ToSlash(s.Home)))
	}
	if !s.Root {
		return homes
	}
	for _, home := range everyone {
		if home != s.Home {
			homes = append(homes, home)
		}
	}
	return homes
}

// escape keeps a path from being read as a glob.
func escape(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`, `\`, `\\`).Replace(path)
}
