// Package deploy checks the manifests with Kubernetes' own types and the Compose
// specification's own loader. It is a module of its own, so that the shipper depends on
// neither.
package deploy

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

type cluster struct {
	namespace core.Namespace
	account   core.ServiceAccount
	config    core.ConfigMap
	daemon    apps.DaemonSet
}

// load reads every document with its type and refuses fields it does not have.
func load(t *testing.T) cluster {
	t.Helper()
	raw, err := os.ReadFile("kubernetes/ollama-hec.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var c cluster
	objects := map[string]any{
		"v1/Namespace":      &c.namespace,
		"v1/ServiceAccount": &c.account,
		"v1/ConfigMap":      &c.config,
		"apps/v1/DaemonSet": &c.daemon,
	}
	for documents := kyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(raw))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		var kind meta.TypeMeta
		if err := yaml.Unmarshal(document, &kind); err != nil {
			t.Fatal(err)
		}
		name := kind.APIVersion + "/" + kind.Kind
		object, ok := objects[name]
		if !ok {
			t.Fatalf("unexpected document %s", name)
		}
		delete(objects, name)
		asJSON, err := yaml.YAMLToJSONStrict(document)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		unknown, err := json.UnmarshalStrict(asJSON, object) // as the API server does: case matters
		if err := errors.Join(append(unknown, err)...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	if len(objects) > 0 {
		t.Errorf("missing: %v", objects)
	}
	return c
}

func TestDaemonSet(t *testing.T) {
	c := load(t)
	for _, o := range []meta.Object{&c.account, &c.config, &c.daemon} {
		if problems := validation.NameIsDNSSubdomain(o.GetName(), false); len(problems) > 0 {
			t.Errorf("name %q: %v", o.GetName(), problems)
		}
		if o.GetNamespace() != c.namespace.Name {
			t.Errorf("%s is in namespace %q", o.GetName(), o.GetNamespace())
		}
	}
	pod := c.daemon.Spec.Template
	selector, err := meta.LabelSelectorAsSelector(c.daemon.Spec.Selector)
	if err != nil || !selector.Matches(labels.Set(pod.Labels)) {
		t.Errorf("the selector does not select the pods: %v", err)
	}
	if pod.Spec.ServiceAccountName != c.account.Name || *pod.Spec.AutomountServiceAccountToken {
		t.Error("the pods can talk to the API")
	}
	shipper := pod.Spec.Containers[0]
	if strings.Contains(shipper.Name, "ollama") {
		t.Errorf("a container named %s would ship its own log", shipper.Name)
	}
	if shipper.EnvFrom[0].ConfigMapRef.Name != c.config.Name {
		t.Error("the settings are not the ConfigMap's")
	}
	if s := shipper.SecurityContext; *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem ||
		s.Capabilities.Drop[0] != "ALL" {
		t.Errorf("more rights than it needs: %+v", s)
	}
	if shipper.Resources.Limits.Memory().IsZero() || shipper.Resources.Requests.Cpu().IsZero() {
		t.Error("no limits")
	}
	port := shipper.LivenessProbe.HTTPGet.Port.StrVal
	if !slices.ContainsFunc(shipper.Ports, func(p core.ContainerPort) bool { return p.Name == port }) {
		t.Errorf("the probe asks port %q, which is not there", port)
	}
	mounts(t, shipper, pod.Spec.Volumes, c.config.Data)
}

// mounts: each mount has its volume, the node's logs are read-only, and what
// the settings name is mounted.
func mounts(t *testing.T, shipper core.Container, volumes []core.Volume, settings map[string]string) {
	writable := map[string]bool{}
	for _, m := range shipper.VolumeMounts {
		i := slices.IndexFunc(volumes, func(v core.Volume) bool { return v.Name == m.Name })
		if i < 0 {
			t.Errorf("mount %s has no volume", m.Name)
			continue
		}
		if h := volumes[i].HostPath; h != nil && h.Path != m.MountPath {
			t.Errorf("%s of the node is mounted at %s: links between logs would break", h.Path, m.MountPath)
		}
		writable[m.MountPath] = !m.ReadOnly
	}
	if len(shipper.VolumeMounts) != len(volumes) {
		t.Error("a volume is not mounted")
	}
	for name, path := range settings {
		if !strings.HasPrefix(path, "/") {
			continue
		}
		found := ""
		for mount := range writable {
			if path == mount || strings.HasPrefix(path, mount+"/") {
				found = mount
			}
		}
		if want := name == "OLLAMA_HEC_STATE_DIR"; found == "" || writable[found] != want {
			t.Errorf("%s=%s: mounted: %q, writable: %v", name, path, found, writable[found])
		}
	}
}

func TestCompose(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose/compose.yaml"},
		cli.WithEnv([]string{"OLLAMA_HEC_URL=https://splunk:8088"}), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	shipper, err := project.GetService("shipper")
	if err != nil {
		t.Fatal(err)
	}
	if url := shipper.Environment["OLLAMA_HEC_URL"]; url == nil || *url != "https://splunk:8088" {
		t.Errorf("URL is %v", url)
	}
	if file := shipper.Environment["OLLAMA_HEC_TOKEN_FILE"]; *file != "/run/secrets/"+shipper.Secrets[0].Source {
		t.Errorf("the token is looked for at %s", *file)
	}
	for _, v := range shipper.Volumes {
		if v.Type == types.VolumeTypeBind && !v.ReadOnly {
			t.Errorf("%s is mounted writable", v.Source)
		}
	}
	if !slices.ContainsFunc(shipper.Volumes, func(v types.ServiceVolumeConfig) bool {
		return v.Type == types.VolumeTypeVolume && v.Target == *shipper.Environment["OLLAMA_HEC_STATE_DIR"]
	}) {
		t.Errorf("nothing is mounted at STATE_DIR, %s", *shipper.Environment["OLLAMA_HEC_STATE_DIR"])
	}
	// A volume that is empty takes over the owner and mode of what the image has there.
	for _, owned := range ownedByOthers(t) {
		if shipper.User != "0:0" || !slices.Contains(shipper.CapDrop, "ALL") || len(shipper.CapAdd) > 0 {
			t.Fatalf("this is about root without capabilities, not about %s", shipper.User)
		}
		for _, v := range shipper.Volumes {
			if v.Target == owned {
				t.Errorf("%s is another user's in the image: without capabilities root cannot enter it", owned)
			}
		}
	}
	dockerfile := filepath.Join(shipper.Build.Context, shipper.Build.Dockerfile)
	if _, err := os.Stat(dockerfile); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(shipper.Build.Context, "go.mod")); err != nil {
		t.Errorf("the build context is not the repository: %v", err)
	}
}

// Who captures has the host's network, two rights, the shipper's state and nothing else: no token.
func TestComposeCapture(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose/compose.yaml"},
		cli.WithEnv([]string{"OLLAMA_HEC_URL=https://splunk:8088"}), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err == nil {
		project, err = project.WithProfiles([]string{"capture"})
	}
	if err != nil {
		t.Fatal(err)
	}
	shipper, err := project.GetService("shipper")
	if err != nil {
		t.Fatal(err)
	}
	c, err := project.GetService("capture")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.CapAdd, []string{"NET_RAW", "NET_BROADCAST"}) || !slices.Equal(c.CapDrop, []string{"ALL"}) ||
		c.Privileged || !c.ReadOnly || len(c.Secrets) > 0 || c.NetworkMode != "host" {
		t.Errorf("more, or less, than it needs: %+v", c)
	}
	if len(c.Volumes) != 1 || c.Volumes[0].Target != *c.Environment["OLLAMA_HEC_STATE_DIR"] || c.User != shipper.User ||
		!slices.ContainsFunc(shipper.Volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Source == c.Volumes[0].Source && v.Target == c.Volumes[0].Target
		}) {
		t.Errorf("the shipper does not share %+v", c.Volumes)
	}
}

// Of a pod that captures, too.
func TestDaemonSetOfCapture(t *testing.T) {
	raw, err := os.ReadFile("kubernetes/ollama-hec-capture.yaml")
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := yaml.YAMLToJSONStrict(raw)
	if err != nil {
		t.Fatal(err)
	}
	var d apps.DaemonSet
	unknown, err := json.UnmarshalStrict(asJSON, &d)
	if err := errors.Join(append(unknown, err)...); err != nil {
		t.Fatal(err)
	}
	with := load(t)
	pod := d.Spec.Template
	selector, err := meta.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil || !selector.Matches(labels.Set(pod.Labels)) || selector.Matches(labels.Set(with.daemon.Spec.Template.Labels)) {
		t.Errorf("the selector does not select its own pods: %v", err)
	}
	if d.Namespace != with.namespace.Name || pod.Spec.ServiceAccountName != with.account.Name || *pod.Spec.AutomountServiceAccountToken {
		t.Error("it is not beside the shipper, or can talk to the API")
	}
	c := pod.Spec.Containers[0]
	if s := c.SecurityContext; *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || s.Capabilities.Drop[0] != "ALL" ||
		!slices.Equal(s.Capabilities.Add, []core.Capability{"NET_RAW", "NET_BROADCAST"}) || pod.Spec.HostPID || !pod.Spec.HostNetwork {
		t.Errorf("more, or less, than it needs: %+v", s)
	}
	if len(c.VolumeMounts) != 1 || c.VolumeMounts[0].MountPath != with.config.Data["OLLAMA_HEC_STATE_DIR"] ||
		pod.Spec.Volumes[0].HostPath.Path != c.VolumeMounts[0].MountPath || c.EnvFrom[0].ConfigMapRef.Name != with.config.Name {
		t.Errorf("the shipper does not share %+v", c.VolumeMounts)
	}
	if !c.Resources.Limits.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
		t.Errorf("limits: %+v", c.Resources.Limits)
	}
}

func TestComposeNeedsURL(t *testing.T) {
	options, err := cli.NewProjectOptions([]string{"compose/compose.yaml"}, cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := options.LoadProject(t.Context()); err == nil || !strings.Contains(err.Error(), "HEC base URL") {
		t.Errorf("got %v", err)
	}
}
