// Package container knows what a container's log file is of: the pod, the container
// and the image, from its path and from what the runtime keeps beside it.
//
// What a runtime puts around lines is package framing's.
package container

import (
	"encoding/json"
	"path"
	"regexp"
	"strings"

	"ollama-hec/input"
)

// Metadata is what the place of a container's log tells of it, as HEC fields:
// namespace, pod, container, container_id and image, those that are known;
// nil for a file that is no container's log. readFile reads Docker's
// description next to the log; it should bound what it reads (see MaxConfig).
// An error from it leaves the fields it would have filled unknown.
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

// MaxConfig is more than Docker's description of a container ever takes.
const MaxConfig = 1 << 20

// layouts are the places runtimes log to. A name may be followed by what
// rotation adds to it.
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

// describe adds what Docker's config.v2.json says. Where the kubelet ran
// Docker, the labels name the pod.
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

// RunsOllama guesses from its fields whether a container's log is Ollama's:
// the image or the container's name says so or, where no image is known, the
// pod's name and it is no proxy put beside Ollama. A shipper of this kind is
// never meant: it would ship its own log.
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
