// Package container identifies the container that a log file belongs to: pod, container and
// image, from the file's path and from the description that the runtime keeps beside it.
//
// The lines themselves are package framing's concern.
package container

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"ollama-hec/input"
)

// Metadata returns what is known of a container by the path of its log, as HEC fields:
// namespace, pod, container, container_id and image; nil if the file is no container's log.
// readFile reads Docker's description next to the log; it should bound what it reads (see
// MaxConfig). If it fails, the fields from the description are missing.
func Metadata(file string, readFile func(string) ([]byte, error)) []input.Field {
	file = strings.ReplaceAll(file, `\`, "/")
	for _, kind := range layouts {
		m := kind.pattern.FindStringSubmatch(file)
		if m == nil {
			continue
		}
		var d details
		for i, name := range kind.pattern.SubexpNames() {
			d.set(name, m[i])
		}
		if kind.config != "" {
			if raw, err := readFile(path.Join(path.Dir(file), kind.config)); err == nil {
				d.describe(raw)
			}
		}
		return d.fields()
	}
	return nil
}

// MaxConfig is a size that Docker's description of a container never reaches.
const MaxConfig = 1 << 20

// layouts are the paths that runtimes log to. A rotated name may have more at its end.
var layouts = []struct {
	pattern *regexp.Regexp
	config  string
}{
	{regexp.MustCompile(`/(?P<container_id>[0-9a-f]{64})/[0-9a-f]{64}-json\.log[^/]*$`), "config.v2.json"},
	{
		regexp.MustCompile(
			`/containers/(?P<pod>[^/_]+)_(?P<namespace>[^/_]+)_(?P<container>[^/]+)-(?P<container_id>[0-9a-f]{64})\.log$`,
		),
		"",
	},
	{regexp.MustCompile(`/pods/(?P<namespace>[^/_]+)_(?P<pod>[^/_]+)_[^/_]+/(?P<container>[^/]+)/[0-9]+\.log[^/]*$`), ""},
	{regexp.MustCompile(`/overlay-containers/(?P<container_id>[0-9a-f]{64})/userdata/ctr\.log[^/]*$`), ""},
}

type details struct {
	namespace, pod, container, id, image string
}

func (d *details) set(name, value string) {
	switch name {
	case "namespace":
		d.namespace = value
	case "pod":
		d.pod = value
	case "container":
		d.container = value
	case "container_id":
		d.id = value
	case "image":
		d.image = value
	}
}

// describe adds the fields that Docker's config.v2.json gives. If the kubelet runs Docker,
// labels name the pod.
func (d *details) describe(raw []byte) {
	var config struct {
		Name   string
		Config struct {
			Image  string
			Labels map[string]string
		}
	}
	if json.Unmarshal(raw, &config) != nil {
		return
	}
	labels := config.Config.Labels
	d.container = strings.TrimPrefix(config.Name, "/")
	if name := labels["io.kubernetes.container.name"]; name != "" {
		d.container = name
	}
	d.image = config.Config.Image
	d.pod = labels["io.kubernetes.pod.name"]
	d.namespace = labels["io.kubernetes.pod.namespace"]
}

func (d *details) fields() []input.Field {
	var fields []input.Field
	for _, f := range []input.Field{
		{Name: "namespace", Value: d.namespace},
		{Name: "pod", Value: d.pod},
		{Name: "container", Value: d.container},
		{Name: "container_id", Value: d.id},
		{Name: "image", Value: d.image},
	} {
		if f.Value != "" {
			fields = append(fields, f)
		}
	}
	return fields
}

// RunsOllama reports whether a container's fields look like Ollama's: the image or the container
// is named for it or, if no image is known, the pod, unless the container is a proxy beside
// Ollama. This program's own container never counts: it would ship its own log.
func RunsOllama(fields []input.Field) bool {
	var d details
	for _, f := range fields {
		d.set(f.Name, strings.ToLower(f.Value))
	}
	if says(d.image, shipper) {
		return false
	}
	if says(d.image, "ollama") {
		return true
	}
	if says(d.container, shipper) || says(d.pod, shipper) {
		return false
	}
	if says(d.container, "ollama") {
		return true
	}
	return d.image == "" && says(d.pod, "ollama") && !sidecar.MatchString(d.container)
}

const shipper = "ollama-hec"

var sidecar = regexp.MustCompile(`^(istio-|linkerd-|envoy|vault-agent|cloud-sql|oauth2-proxy|nginx$|webui$|open-webui)`)

func says(name, word string) bool { return strings.Contains(name, word) }
