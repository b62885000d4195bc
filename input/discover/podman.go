package discover

import (
	"encoding/json"
	"path"
	"regexp"

	"ollama-hec/input"
)

// podmanLog matches the logs of Podman's log driver k8s-file. They are below the directory
// with the lists of containers, which is named after the storage driver.
var podmanLog = regexp.MustCompile(`^(.*/[a-z0-9]+-containers)/([0-9a-f]{64})/userdata/ctr\.log[^/]*$`)

// podmanLists are the files with the lists of containers. The second holds those run with
// --rm.
var podmanLists = []string{"containers.json", "volatile-containers.json"}

// maxList bounds the size of a list. Thousands of containers take less.
const maxList = 32 << 20

// podmanFields returns the fields of a container by the lists in dir; sure is false if they
// do not name it.
func podmanFields(dir, id string) (fields []input.Field, sure bool) {
	for _, list := range podmanLists {
		raw, err := read(path.Join(dir, list), maxList)
		if err != nil {
			continue // there may be only one of them
		}
		var containers []struct {
			ID       string   `json:"id"`
			Names    []string `json:"names"`
			Metadata string   `json:"metadata"` // JSON again
		}
		if json.Unmarshal(raw, &containers) != nil {
			continue
		}
		for _, c := range containers {
			if c.ID != id {
				continue
			}
			if len(c.Names) > 0 {
				fields = append(fields, input.Field{Name: "container", Value: c.Names[0]})
			}
			var m struct {
				Image string `json:"image-name"`
			}
			if json.Unmarshal([]byte(c.Metadata), &m) == nil && m.Image != "" {
				fields = append(fields, input.Field{Name: "image", Value: m.Image})
			}
			sure = true
		}
	}
	return append(fields, input.Field{Name: "container_id", Value: id}), sure
}
