package batch

// maxHosts bounds what a stream of many hosts, or of forged ones, costs.
const maxHosts = 256

// Hosts keeps what an Encoder prepares once for each host that the lines of its
// stream come from. Not safe for concurrent use.
type Hosts[T any] struct {
	prepare func(host string) *T
	host    string // of the event before
	is      *T     // prepared for it
	known   map[string]*T
}

// NewHosts returns a Hosts that calls prepare for each host it is first asked for;
// "" is that of lines which name none.
func NewHosts[T any](prepare func(host string) *T) Hosts[T] {
	none := prepare("")
	return Hosts[T]{prepare: prepare, is: none, known: map[string]*T{"": none}}
}

// Of returns what was prepared for host.
func (h *Hosts[T]) Of(host string) *T {
	if host == h.host {
		return h.is
	}
	is := h.known[host]
	if is == nil {
		if len(h.known) == maxHosts {
			clear(h.known)
		}
		is = h.prepare(host)
		h.known[host] = is
	}
	h.host, h.is = host, is
	return is
}
