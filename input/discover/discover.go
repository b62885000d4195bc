// Package discover knows where Ollama logs on each system. It finds the logs of a usual
// installation without any setting, and can explain where it looked.
//
// If Ollama was configured to log somewhere else, a setting must name the place. The package
// finds files; the caller must find out whether the journal has entries.
package discover

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// System holds what the places depend on. All of it is data, so that the places of every system
// can be listed, and tested, on any other.
type System struct {
	GOOS string
	Env  func(string) string
	Home string // this user's; empty: none
	Root bool   // other users' homes may be read
}

// Current returns the system we run on.
func Current() System {
	home, _ := os.UserHomeDir() // a service may have none
	return System{GOOS: runtime.GOOS, Env: os.Getenv, Home: home, Root: os.Geteuid() == 0}
}

// Place is a place where logs may be.
type Place struct {
	Glob string
	What string // whose log it is
	// Containers means that other containers log there, too: a Filter finds Ollama's.
	Containers bool
}

// Places returns the usual places, the most common ones first.
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

// homes returns this user's home and, for root, globs of everyone's.
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

// escape returns a glob that matches only path.
func escape(path string) string {
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `{`, `\{`, `\`, `\\`).Replace(path)
}
