package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ollama-hec/cmd/internal/settings"
	"ollama-hec/hec"
	"ollama-hec/input/file"
	"ollama-hec/splunk_app/modinput"
)

// drain is how long delivery goes on after splunkd has told the input to stop: splunkd
// does not wait long before it kills the process.
const drain = 5 * time.Second

// validate checks what a user entered. It does not look for the logs: they may be on
// another host.
func validate(_ context.Context, d *modinput.Definition) error {
	_, err := read(&d.Stanzas[0])
	return err
}

// read returns the settings of a stanza, without the state directory. Its errors name the
// argument, its value and what is allowed.
func read(st *modinput.Stanza) (*settings.Settings, error) {
	output, err := st.Output()
	if err != nil {
		return nil, err
	}
	s, err := settings.Defaults()
	if err != nil {
		return nil, err
	}
	s.Host, s.Index, s.DrainTimeout = st.Host(), st.Index(), settings.Duration(drain)
	for _, a := range modinput.OllamaLogs().Arguments {
		value := strings.TrimSpace(st.Params[a.Name])
		if value == "" || a.Name == "output" || a.Name == "connections" {
			continue
		}
		if err := s.Set(a.Name, value); err != nil {
			return nil, err
		}
	}
	if err := checkPaths(s.Paths); err != nil {
		return nil, err
	}
	if err := readConnections(s, st); err != nil {
		return nil, err
	}
	if output == modinput.OutputHEC {
		if err := s.Check(settings.Argument); err != nil {
			return nil, err
		}
		return s, checkCollector(s)
	}
	return s, nil
}

// readConnections sets what is captured: connections, or nothing.
func readConnections(s *settings.Settings, st *modinput.Stanza) error {
	which, err := st.Connections()
	if err != nil {
		return err
	}
	s.Capture = settings.CaptureSet{Connections: which != ""}
	if which == "" {
		return nil
	}
	return s.ConnectionEvents.Set(which)
}

func checkPaths(globs []string) error {
	for _, glob := range globs {
		if err := file.CheckPattern(glob); err != nil {
			return fmt.Errorf("paths: %w", err)
		}
		if !filepath.IsAbs(glob) {
			return fmt.Errorf("paths: got %q, want globs from the root on, such as %s", glob, exampleGlob)
		}
	}
	return nil
}

func checkCollector(s *settings.Settings) error {
	if len(s.URL) == 0 {
		return errors.New("url: no address in it: set it to the collector's, such as https://splunk:8088")
	}
	for _, u := range s.URL {
		if _, err := hec.ParseURL(u); err != nil {
			return fmt.Errorf("url: %w", err)
		}
	}
	if _, err := s.TLS().Config(); err != nil {
		return fmt.Errorf("%s; want a file of PEM certificates", settings.RenameIn(err.Error(), settings.Argument))
	}
	return nil
}

// stateDir returns the state directory of an input. Its name begins with the input's, for
// people, and ends in a hash of it: two inputs never share one, on any file system.
func stateDir(checkpoints string, st *modinput.Stanza) (string, error) {
	if checkpoints == "" {
		return "", errors.New("splunkd named no checkpoint directory: without one nothing can be remembered")
	}
	const harmless = "abcdefghijklmnopqrstuvwxyz0123456789-_"
	name := []byte(strings.ToLower(st.Input()))
	name = slices.DeleteFunc(
		name[:min(len(name), 40)],
		func(c byte) bool { return !strings.ContainsRune(harmless, rune(c)) },
	)
	return filepath.Join(checkpoints, fmt.Sprintf("%s-%.6x", name, sha256.Sum256([]byte(st.Input())))), nil
}
