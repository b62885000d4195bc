package connections

import (
	"net/netip"
	"slices"
	"testing"
)

func TestServing(t *testing.T) {
	ends := netip.MustParseAddrPort
	of := func(at string, id int) listener { return listener{at: ends(at), process: Process{ID: id}} }
	both := []listener{of("[::]:11434", 1), of("0.0.0.0:11434", 2), of("192.0.2.1:11434", 3), of("127.0.0.1:8080", 4)}
	dual := []listener{of("[::]:11434", 1), of("127.0.0.1:11434", 5)}
	for _, tt := range []struct {
		listeners []listener
		server    string
		want      int
	}{
		{both, "192.0.2.1:11434", 3},
		{both, "192.0.2.2:11434", 2},
		{both, "[2001:db8::1]:11434", 1},
		{both, "192.0.2.1:11435", 0},
		{both, "192.0.2.1:8080", 0},
		{dual, "192.0.2.1:11434", 1},
		{dual, "127.0.0.1:11434", 5},
		{nil, "127.0.0.1:11434", 0},
	} {
		if got := serving(tt.listeners, ends(tt.server)).ID; got != tt.want {
			t.Errorf("%s: process %d, want %d", tt.server, got, tt.want)
		}
	}
}

func TestPorts(t *testing.T) {
	p, added := ports(nil).with(11434, 80, 0, 80, 11435)
	if !slices.Equal(p, ports{80, 11434, 11435}) || !slices.Equal(added, []uint16{11434, 80, 11435}) {
		t.Error(p, added)
	}
	q, added := p.with(80, 81)
	if !slices.Equal(q, ports{80, 81, 11434, 11435}) || !slices.Equal(added, []uint16{81}) || len(p) != 3 {
		t.Error(p, q, added)
	}
	ends := netip.MustParseAddrPort
	for _, tt := range []struct {
		local, peer string
		want        bool
	}{
		{"192.0.2.1:11434", "203.0.113.7:5000", true},
		{"127.0.0.1:11434", "127.0.0.1:5000", true},
		{"[::]:11434", "203.0.113.7:0", true},          // MPTCP
		{"[::]:11434", "[::]:0", false},                // a listener
		{"0.0.0.0:11434", "0.0.0.0:0", false},          // another
		{"192.0.2.1:5000", "203.0.113.7:11434", false}, // outgoing
		{"192.0.2.1:0", "0.0.0.0:0", false},            // never bound
	} {
		if got := p.ours(ends(tt.local), ends(tt.peer)); got != tt.want {
			t.Errorf("%s from %s: %v", tt.local, tt.peer, got)
		}
	}
}

func TestServesOllama(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want bool
	}{
		{[]string{"/usr/local/bin/ollama", "serve", ""}, true},
		{[]string{"ollama", "start"}, true},
		{[]string{"ollama", "-v", "serve"}, true},
		{[]string{"ollama", "runner", "--model", "serve"}, false},
		{[]string{"ollama", "run", "llama3"}, false},
		{[]string{"serve"}, false},
		{nil, false},
	} {
		if got := servesOllama(tt.args); got != tt.want {
			t.Errorf("%q: %v", tt.args, got)
		}
	}
}
