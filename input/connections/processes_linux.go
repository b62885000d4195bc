package connections

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// processes knows which process each listener belongs to. It is looked up once for a listener,
// not for each connection: it takes a walk through the open files of all processes, of which we
// see those of our own user, or all with CAP_SYS_PTRACE.
type processes struct {
	proc     string
	owners   map[uint32]owner // by inode, of listeners on our ports
	examined map[uint32]bool  // inodes of all listeners that were seen at the last look
}

type owner struct {
	process Process
	retry   time.Time // when to ask again where nothing was found
}

// retryAfter is how long we wait before we look again for a process that was not found.
const retryAfter = time.Minute

func newProcesses(proc string) *processes {
	return &processes{proc: proc, owners: make(map[uint32]owner)}
}

// name returns the listeners with their processes, as far as known.
func (p *processes) name(listeners []listener) []listener {
	now := time.Now()
	wanted := make(map[uint32]bool)
	owners := make(map[uint32]owner)
	for _, l := range listeners {
		o, known := p.owners[l.inode]
		if known {
			owners[l.inode] = o
		}
		if l.inode != 0 && (!known || o.process.ID == 0 && now.After(o.retry)) {
			wanted[l.inode] = true
		}
	}
	if len(wanted) > 0 {
		found := p.holders(wanted, func(string) bool { return true })
		for inode := range wanted {
			owners[inode] = owner{found[inode], now.Add(retryAfter)}
		}
	}
	p.owners = owners
	for i := range listeners {
		o := owners[listeners[i].inode].process
		listeners[i].process.Name, listeners[i].process.ID = o.Name, o.ID
	}
	return listeners
}

// ollama returns the ports of listeners whose process is an Ollama server. It looks only if a listener is new.
func (p *processes) ollama(listeners []listener) (ports []uint16) {
	fresh := make(map[uint32]bool)
	all := make(map[uint32]bool, len(listeners))
	for _, l := range listeners {
		all[l.inode] = true
		if !p.examined[l.inode] {
			fresh[l.inode] = true
		}
	}
	p.examined = all
	if len(fresh) == 0 {
		return nil
	}
	found := p.holders(fresh, p.servesOllama)
	for _, l := range listeners {
		if _, ok := found[l.inode]; ok {
			ports = append(ports, l.at.Port())
		}
	}
	return ports
}

// holders returns, by inode, the processes that hold one of the sockets open, of those that may. Of several the one
// that is named after Ollama counts, or else the first: a service manager holds the sockets of its services, too.
func (p *processes) holders(inodes map[uint32]bool, may func(pid string) bool) map[uint32]Process {
	found := make(map[uint32]Process)
	list, err := os.ReadDir(p.proc)
	if err != nil {
		return found
	}
	for _, entry := range list {
		pid := entry.Name()
		id, err := strconv.Atoi(pid)
		if err != nil || !may(pid) {
			continue
		}
		for _, inode := range p.sockets(pid) {
			if old, taken := found[inode]; inodes[inode] && (!taken || old.ID != id) {
				name := p.comm(pid)
				if !taken || name == ollamaName && old.Name != ollamaName {
					found[inode] = Process{Name: name, ID: id}
				}
			}
		}
	}
	return found
}

// sockets returns the inodes of the sockets that a process has open, as far as we may know them.
func (p *processes) sockets(pid string) (inodes []uint32) {
	dir := filepath.Join(p.proc, pid, "fd")
	open, err := os.Open(dir)
	if err != nil {
		return nil // it is another user's, or gone
	}
	defer open.Close()
	names, err := open.Readdirnames(-1)
	if err != nil {
		return nil
	}
	for _, name := range names {
		link, err := os.Readlink(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		if number, ok := strings.CutPrefix(link, "socket:["); ok {
			if inode, err := strconv.ParseUint(strings.TrimSuffix(number, "]"), 10, 32); err == nil {
				inodes = append(inodes, uint32(inode))
			}
		}
	}
	return inodes
}

const ollamaName = "ollama"

// servesOllama reports whether a process is an Ollama server.
func (p *processes) servesOllama(pid string) bool {
	if p.comm(pid) != ollamaName {
		return false
	}
	raw, err := os.ReadFile(filepath.Join(p.proc, pid, "cmdline"))
	return err == nil && servesOllama(strings.Split(string(raw), "\x00"))
}

// comm returns a process's name; empty if it is gone.
func (p *processes) comm(pid string) string {
	raw, err := os.ReadFile(filepath.Join(p.proc, pid, "comm"))
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(raw), "\n")
}
