package batch

import "ollama-hec/input"

// maxHosts bounds what a stream of many hosts, or of forged ones, costs.
const maxHosts = 256

// Hosts keeps what an Encoder prepares once for each host that the lines of its
// stream come from, and each program there. Not safe for concurrent use.
type Hosts[T any] struct {
	prepare func(host string, p *input.Program) *T
	last    place // of the event before
	is      *T    // prepared for it
	known   map[place]*T
}

type place struct {
	host    string
	program *input.Program
}

// NewHosts returns a Hosts that calls prepare for each host and program it is first
// asked for; "" and nil are those of lines which name none.
func NewHosts[T any](prepare func(host string, p *input.Program) *T) Hosts[T] {
	none := prepare("", nil)
	return Hosts[T]{prepare: prepare, is: none, known: map[place]*T{{}: none}}
}

// Of returns what was prepared for a program on host.
func (h *Hosts[T]) Of(host string, p *input.Program) *T {
	at := place{host, p}
	if at == h.last {
		return h.is
	}
	is := h.known[at]
	if is == nil {
		if len(h.known) == maxHosts {
			clear(h.known)
		}
		is = h.prepare(host, p)
		h.known[at] = is
	}
	h.last, h.is = at, is
	return is
}
