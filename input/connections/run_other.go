//go:build !linux

package connections

import (
	"context"
	"fmt"
	"net/netip"
	"strings"

	"github.com/shirou/gopsutil/v4/net"
	"github.com/shirou/gopsutil/v4/process"
)

func (o *Observer) run(ctx context.Context) error {
	known := make(map[int32]known)
	if o.options.OnReady != nil {
		o.options.OnReady()
	}
	return o.poll(ctx, func(ctx context.Context) ([]row, error) { return table(ctx, known) })
}

// table lists what listens and what is open.
func table(ctx context.Context, processes map[int32]known) ([]row, error) {
	all, err := net.ConnectionsWithContext(ctx, "tcp")
	if err != nil {
		return nil, fmt.Errorf("list connections: %w", err)
	}
	present := make(map[int32]bool)
	var rows []row
	for _, c := range all {
		r := row{local: ends(c.Laddr), peer: ends(c.Raddr), listening: c.Status == "LISTEN"}
		if !r.listening && c.Status != "ESTABLISHED" && c.Status != "CLOSE_WAIT" {
			continue
		}
		present[c.Pid] = true
		// A connection is of the process that accepted it. Who that is is asked of listeners only: there are few.
		if r.listening && c.Pid != 0 {
			p, ok := processes[c.Pid]
			if !ok {
				p = ask(ctx, c.Pid)
				processes[c.Pid] = p
			}
			r.process, r.serves = p.process, p.serves
		}
		rows = append(rows, r)
	}
	for pid := range processes {
		if !present[pid] {
			delete(processes, pid)
		}
	}
	return rows, nil
}

// known is what was read of a process.
type known struct {
	process Process
	serves  bool
}

// ask reads a process's name, and whether it is an Ollama server: its runner is the same program.
func ask(ctx context.Context, pid int32) known {
	p, err := process.NewProcessWithContext(ctx, pid)
	if err != nil {
		return known{}
	}
	name, err := p.NameWithContext(ctx)
	if err != nil {
		return known{}
	}
	k := known{process: Process{Name: name, ID: int(pid)}}
	if strings.TrimSuffix(strings.ToLower(name), ".exe") == "ollama" {
		args, err := p.CmdlineSliceWithContext(ctx)
		k.serves = err == nil && servesOllama(args)
	}
	return k
}

func ends(a net.Addr) netip.AddrPort {
	if a.IP == "*" || a.IP == "" {
		return netip.AddrPortFrom(netip.IPv6Unspecified(), uint16(a.Port))
	}
	addr, err := netip.ParseAddr(a.IP)
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(a.Port))
}
