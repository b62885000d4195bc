// Package modinputtest plays splunkd towards the executable of a modular input:
// it calls it as splunkd does, sends definitions, reads the event stream and the
// log, stops it, kills it and leaves it an orphan.
//
// It shares no code with the protocol's implementation, and is stricter than
// splunkd: what splunkd would skip over is an error here. It needs a Unix.
package modinputtest

import (
	"bytes"
	"encoding/xml"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Splunkd is how the executable is called and what it is told.
type Splunkd struct {
	Command []string // the executable; tests that start themselves add arguments
	Env     []string // besides PATH, HOME and what splunkd sets

	ServerURI     string
	SessionKey    string
	CheckpointDir string

	// Runner puts a process between this one and the executable, as splunkd
	// does, so that [Process.KillRunner] can make an orphan of it.
	Runner bool
}

// Stanza is one configured input.
type Stanza struct {
	Name   string // scheme://input
	App    string
	Params map[string]string
}

// Reply is what a call that is not a run ended with.
type Reply struct {
	Exit           int
	Stdout, Stderr string
}

// Scheme calls the executable with --scheme.
func (s *Splunkd) Scheme(t testing.TB) Reply {
	return s.call(t, "--scheme", nil)
}

// Validate calls it with --validate-arguments for a stanza named by its input.
func (s *Splunkd) Validate(t testing.TB, stanza Stanza) Reply {
	return s.call(t, "--validate-arguments", s.definition(t, "items", stanza))
}

func (s *Splunkd) call(t testing.TB, flag string, stdin []byte) Reply {
	t.Helper()
	cmd := s.command(flag)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	err := cmd.Run()
	if exit, failed := errors.AsType[*exec.ExitError](err); err != nil && (!failed || !exit.Exited()) {
		t.Fatalf("%s %s: %v; stderr:\n%s", s.Command[0], flag, err, &stderr)
	}
	return Reply{cmd.ProcessState.ExitCode(), stdout.String(), stderr.String()}
}

func (s *Splunkd) command(args ...string) *exec.Cmd {
	args = append(s.Command[1:len(s.Command):len(s.Command)], args...)
	cmd := exec.Command(s.Command[0], args...)
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	cmd.Env = append(cmd.Env, "SPLUNK_HOME=/opt/splunk", "SPLUNK_SERVER_NAME=Splunkd")
	cmd.Env = append(cmd.Env, s.Env...)
	return cmd
}

// definition writes what splunkd sends on standard input, utf-16 label and all.
func (s *Splunkd) definition(t testing.TB, root string, stanza Stanza) []byte {
	t.Helper()
	var out strings.Builder
	element := func(open, text, end string) {
		out.WriteString(open)
		if err := xml.EscapeText(&out, []byte(text)); err != nil {
			t.Fatal(err)
		}
		out.WriteString(end)
	}
	out.WriteString(`<?xml version="1.0" encoding="utf-16"?>` + "\n<" + root + ">\n")
	element("<server_host>", "splunk", "</server_host>\n")
	element("<server_uri>", s.ServerURI, "</server_uri>\n")
	element("<session_key>", s.SessionKey, "</session_key>\n")
	element("<checkpoint_dir>", s.CheckpointDir, "</checkpoint_dir>\n")
	if root == "items" {
		element(`<item name="`, stanza.Name, `">`)
	} else {
		out.WriteString("<configuration>\n")
		element(`<stanza name="`, stanza.Name, `" `)
		element(`app="`, stanza.App, `">`)
	}
	for name, value := range stanza.Params {
		element(`<param name="`, name, `">`)
		element("", value, "</param>\n")
	}
	if root == "items" {
		out.WriteString("</item>\n")
	} else {
		out.WriteString("</stanza>\n</configuration>\n")
	}
	out.WriteString("</" + root + ">\n")
	return []byte(out.String())
}
