package connections

import (
	"maps"
	"testing"

	"ollama-hec/input"
)

func TestTogether(t *testing.T) {
	of := func(pairs ...string) (fields []input.Field) {
		for i := 0; i < len(pairs); i += 2 {
			fields = append(fields, input.Field{Name: pairs[i], Value: pairs[i+1]})
		}
		return fields
	}
	pause := of("namespace", "ai", "pod", "llm-0", "container", "pause", "container_id", "1")
	ollama := of("namespace", "ai", "pod", "llm-0", "container", "ollama", "container_id", "2")
	proxy := of("namespace", "ai", "pod", "llm-0", "container", "nginx", "container_id", "3")
	for _, tt := range []struct {
		containers [][]input.Field
		want       map[string]string
	}{
		{[][]input.Field{of("container_id", "1")}, map[string]string{"container_id": "1"}},
		{[][]input.Field{pause, ollama, proxy}, asMap(ollama)},
		{[][]input.Field{pause, proxy}, map[string]string{"namespace": "ai", "pod": "llm-0"}},
	} {
		if got := together(tt.containers); !maps.Equal(got, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.containers, got, tt.want)
		}
	}
}

func TestContainerIDInControlGroups(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for group, want := range map[string]string{
		"0::/system.slice/docker-" + id + ".scope\n":                                             id,
		"12:cpu:/docker/" + id + "\n0::/\n":                                                      id,
		"0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + id + ".scope\n":               id,
		"0::/machine.slice/libpod-" + id + ".scope/container\n":                                  id,
		"0::/user.slice/user-1000.slice/session-1.scope\n":                                       "",
		"0::/system.slice/ollama.service\n":                                                      "",
		"0::/kubepods/burstable/pod3f2a1c1e-0000-4000-8000-000000000000/crio-" + id + ".scope\n": id,
	} {
		if got := containerID.FindString(group); got != want {
			t.Errorf("%q: %q", group, got)
		}
	}
}
