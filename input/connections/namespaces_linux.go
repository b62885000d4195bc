package connections

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"time"

	"ollama-hec/input"
	"ollama-hec/input/container"
	"ollama-hec/input/discover"
	"ollama-hec/input/sockdiag"
)

// namespaces knows which containers use a network namespace: from the processes in it, their
// control groups, and the runtime's description of the container. It needs to see the host's
// processes.
type namespaces struct {
	proc  string
	known map[int32]map[string]string
	asked time.Time
	asker *sockdiag.Namer
}

// Containers come and go, and the kernel reuses numbers: what is known is looked up again after
// a while, what is not known sooner.
const (
	knownFor   = time.Minute
	unknownFor = 10 * time.Second
)

func newNamespaces(proc string) *namespaces { return &namespaces{proc: proc} }

func (n *namespaces) close() error {
	if n.asker == nil {
		return nil
	}
	return n.asker.Close()
}

// fields returns the HEC fields of the container in a namespace, nil if it is not known. They are not to be changed.
func (n *namespaces) fields(namespace int32, now time.Time) map[string]string {
	fields, known := n.known[namespace]
	age := now.Sub(n.asked)
	if known && age < knownFor || age < unknownFor {
		return fields
	}
	n.asked = now
	if n.asker == nil {
		asker, err := sockdiag.NewNamer()
		if err != nil {
			return fields
		}
		n.asker = asker
	}
	n.known = n.list()
	return n.known[namespace]
}

// containerID is a container's ID in the name of a control group, under Docker, containerd, CRI-O and Podman alike.
var containerID = regexp.MustCompile(`[0-9a-f]{64}`)

// list returns what is known of all namespaces in which a container has a process.
func (n *namespaces) list() map[int32]map[string]string {
	processes, err := os.ReadDir(n.proc)
	if err != nil {
		return nil
	}
	seen := make(map[string]bool)
	in := make(map[int32][][]input.Field)
	for _, p := range processes {
		pid, err := strconv.Atoi(p.Name())
		if err != nil {
			continue
		}
		groups, err := os.ReadFile(filepath.Join(n.proc, p.Name(), "cgroup"))
		if err != nil {
			continue
		}
		id := containerID.FindString(string(groups))
		if id == "" || seen[id] {
			continue
		}
		if namespace, ok := n.asker.Namespace(pid); ok {
			seen[id] = true
			in[namespace] = append(in[namespace], described(id))
		}
	}
	known := make(map[int32]map[string]string, len(in))
	for namespace, containers := range in {
		known[namespace] = together(containers)
	}
	return known
}

// described returns the fields of a container from the runtime's files; at least its ID.
func described(id string) []input.Field {
	logs := []string{
		"/var/lib/docker/containers/" + id + "/" + id + "-json.log",
		"/var/lib/containers/storage/overlay-containers/" + id + "/userdata/ctr.log",
	}
	if links, err := filepath.Glob("/var/log/containers/*-" + id + ".log"); err == nil {
		logs = append(links, logs...)
	}
	for _, log := range logs {
		if fields := discover.Fields(log); len(fields) > 1 {
			return fields
		}
	}
	return []input.Field{{Name: "container_id", Value: id}}
}

// together returns the fields of the containers of one namespace. Those of a pod share one: the one that runs Ollama
// counts, or else what all of them have in common.
func together(containers [][]input.Field) map[string]string {
	common := make(map[string]string)
	for i, fields := range containers {
		if len(containers) > 1 && container.RunsOllama(fields) {
			return asMap(fields)
		}
		this := asMap(fields)
		if i == 0 {
			common = this
			continue
		}
		for name, value := range common {
			if this[name] != value {
				delete(common, name)
			}
		}
	}
	return common
}

func asMap(fields []input.Field) map[string]string {
	m := make(map[string]string, len(fields))
	for _, f := range fields {
		m[f.Name] = f.Value
	}
	return m
}
