package settings

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"ollama-hec/input/spool"
	"ollama-hec/sourcetypes/captured"
	"ollama-hec/sourcetypes/exchange"
)

// CaptureSet says what is captured off the wire.
type CaptureSet struct{ Requests, Connections bool }

func (c *CaptureSet) Set(text string) error {
	var set CaptureSet
	for name := range strings.SplitSeq(text, ",") {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "requests":
			set.Requests = true
		case "connections":
			set.Connections = true
		default:
			return want(text, "requests, connections or both, comma separated")
		}
	}
	*c = set
	return nil
}

// Names returns what is captured, as the setting names it.
func (c CaptureSet) Names() (names []string) {
	if c.Requests {
		names = append(names, "requests")
	}
	if c.Connections {
		names = append(names, "connections")
	}
	return names
}

// Ports are TCP ports, in order.
type Ports []int

func (p *Ports) Set(text string) error {
	var ports Ports
	for item := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(item))
		if err != nil || n < 1 || n > 65535 {
			return want(text, "ports from 1 to 65535, comma separated, such as 11434")
		}
		ports = append(ports, n)
	}
	slices.Sort(ports)
	if ports = slices.Compact(ports); len(ports) > maxPorts {
		return want(text, fmt.Sprintf("at most %d ports", maxPorts))
	}
	*p = ports
	return nil
}

// maxPorts is the most ports that a packet filter is made for.
const maxPorts = 16

// ResponseMode says what becomes of the text of answers.
type ResponseMode exchange.ResponseMode

func (r *ResponseMode) Set(text string) error {
	v, err := exchange.ParseResponseMode(text)
	*r = ResponseMode(v)
	return err
}

// PromptHistory says how much of a chat counts as its prompt.
type PromptHistory int

const (
	LastMessage PromptHistory = iota
	AllMessages
)

func (h *PromptHistory) Set(text string) error {
	return choose(h, text, []string{"last", "all"}, LastMessage, AllMessages)
}

// ConnectionEvents says which connections get an event of their own.
type ConnectionEvents int

const (
	FirstConnections ConnectionEvents = iota
	AllConnections
)

func (c *ConnectionEvents) Set(text string) error {
	return choose(c, text, []string{"first", "all"}, FirstConnections, AllConnections)
}

// Networks are networks of addresses.
type Networks []netip.Prefix

func (n *Networks) Set(text string) error {
	*n = nil
	if strings.TrimSpace(text) == "" {
		return nil
	}
	var networks Networks
	for item := range strings.SplitSeq(text, ",") {
		item = strings.TrimSpace(item)
		network, err := netip.ParsePrefix(item)
		if addr, fault := netip.ParseAddr(item); fault == nil {
			network, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			return want(text, "networks such as 10.0.0.0/8 or 192.0.2.1, comma separated")
		}
		networks = append(networks, network.Masked())
	}
	*n = networks
	return nil
}

// Size is a number of bytes on a disk: 268435456, 256MiB, 10GB.
type Size int64

func (s *Size) Set(text string) error {
	n, err := humanize.ParseBytes(text)
	if err != nil || n < 1<<20 || n > 1<<40 {
		return want(text, "a size from 1MiB to 1TiB, such as 256MiB")
	}
	*s = Size(n)
	return nil
}

// StateForCapture returns the state directory for a process that writes the spool in it. It may
// belong to another user, if the spool belongs to this process's user.
func (s *Settings) StateForCapture() (string, error) { return s.state() }

// Captured returns what the settings say of what is read from a spool.
func (s *Settings) Captured() *captured.Options {
	normalize := s.Normalize()
	return &captured.Options{
		Prompts: normalize.Prompts, Responses: exchange.ResponseMode(s.Responses), Redact: normalize.Redact,
		MaxEvent: int(s.MaxLineBytes), Counts: new(captured.Counts),
	}
}

// SpoolWriter returns the options of a writer of the spool. Wrong settings are an *Error.
func (s *Settings) SpoolWriter(writer string) (spool.Options, error) {
	if !bool(s.Spool) {
		return spool.Options{}, Invalid("SPOOL", fmt.Sprintf("got \"off\": %s writes the spool and nothing else; "+
			"take the setting away, or leave capturing to ollama-hec run", writer))
	}
	state, err := s.StateForCapture()
	if err == nil && !filepath.IsAbs(state) {
		state, err = filepath.Abs(state)
	}
	if err != nil {
		return spool.Options{}, err
	}
	return spool.Options{State: state, Writer: writer, Bytes: int64(s.SpoolBytes)}, nil
}
