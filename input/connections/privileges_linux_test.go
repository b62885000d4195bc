package connections

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// nobody prepares a thread that has no rights at all: another user, and no capability that it could ever get.
func nobody(t *testing.T) {
	for capability := range uintptr(64) {
		if unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0) != nil {
			break // there are no more
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Error(err)
	}
	// Of this thread only: the functions of package syscall would change all of them.
	if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
		t.Error(errno)
	}
	const user = 65534
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, user, user, user); errno != 0 {
		t.Error(errno)
	}
}

// observeAs runs an observer in the namespace on a thread that prepare has prepared.
func (s *space) observeAs(prepare func(*testing.T), o Options) *witness {
	s.t.Helper()
	if o.Ports == nil {
		o.Ports = []uint16{11434}
	}
	return observeOn(s.t, o, func(f func()) {
		s.in(func() {
			prepare(s.t)
			f()
		})
	})
}

// TestNoPrivileges: in its own namespace an observer needs none. It does not see the names of other users' processes
// and says nothing of them.
func TestNoPrivileges(t *testing.T) {
	s, c := pair(t)
	s.program("server", "[::]:11435")
	w := s.observeAs(nobody, Options{Events: All, Ports: []uint16{11435}})
	if st := w.observer.Stats(); st.Containers || st.Origin != "sock_diag" {
		t.Errorf("%+v", st)
	}
	_ = c.dial("203.0.113.1:11435").Close()
	e := ends(w.until("it is closed", func(all []shown) bool { return len(ends(all)) > 0 }))[0]
	if e.Src != "203.0.113.77" || e.DestPort != 11435 || e.ProcessName != "" || e.ProcessID != 0 || e.UserID == nil {
		t.Errorf("%+v", e)
	}
	s.in(func() {
		nobody(t)
		able, err := Able()
		if err != nil || !able.Every || able.Containers {
			t.Errorf("%+v, %v", able, err)
		}
	})
}

// TestPortsAreLearned from listeners of Ollama's server, not of its runner, and from others that learn some.
func TestPortsAreLearned(t *testing.T) {
	s, c := pair(t)
	var mu sync.Mutex
	var learned []uint16
	w := s.observe(Options{
		Events: All, Ports: []uint16{1},
		MorePorts: func() []uint16 { return []uint16{12003} },
		OnPort: func(port uint16) {
			mu.Lock()
			defer mu.Unlock()
			learned = append(learned, port)
		},
	})
	server := s.program("ollama", "[::]:12001", "serve")
	s.program("ollama", "[::]:12002", "runner")
	s.program("other", "[::]:12003")
	s.program("another", "[::]:12004")
	w.until("a connection to the port that was learned is told of", func(all []shown) bool {
		for port := 12001; port <= 12004; port++ {
			_ = c.dial(fmt.Sprintf("203.0.113.1:%d", port)).Close()
		}
		named := map[uint16]bool{}
		for _, e := range all {
			named[e.DestPort] = named[e.DestPort] || e.ProcessName != ""
		}
		return named[12001] && named[12003]
	})
	all, _ := w.total()
	for _, e := range all {
		switch {
		case e.DestPort == 12001 && e.ProcessName == "ollama" && e.ProcessID == server && e.UserID != nil:
		case e.DestPort == 12003 && (e.ProcessName == "other" || e.ProcessName == ""): // it listened since the last look
		default:
			t.Errorf("%+v", e)
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(learned, []uint16{12001}) || !slices.Equal(w.observer.Stats().Ports, []uint16{1, 12001, 12003}) {
		t.Errorf("learned %v, observes %v", learned, w.observer.Stats().Ports)
	}
}
