package deploy

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"go.yaml.in/yaml/v3"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"helm.sh/helm/v3/pkg/strvals"
	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	kyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/json"
	kubeyaml "sigs.k8s.io/yaml"
)

const (
	chartDir = "helm/ollama-hec"
	given    = "url=https://splunk:8088"
	whole    = given + ",token=t,capture.enabled=true,settings.SPOOL=true,serviceMonitor.enabled=true,prometheusRule.enabled=true," +
		"grafanaDashboard.enabled=true,ca.configMap=ca,dockerDir=/var/lib/docker/containers,settings.PROMPTS=false," +
		"settings.BATCH_BYTES=10000000,settings.INDEX=ollama,imagePullSecrets[0].name=registry,priorityClassName=high," +
		"podLabels.team=ai,podAnnotations.note=x"
)

func loadChart(t *testing.T) *chart.Chart {
	t.Helper()
	c, err := loader.Load(chartDir)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render does what helm template does: values, schema, templates. The kinds of
// what comes out are read with their own types, which refuse fields they do not have.
func render(t *testing.T, set string) (objects map[string]any, notes string, err error) {
	t.Helper()
	c := loadChart(t)
	values, err := strvals.Parse(set)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{
		Name: "ollama-hec", Namespace: "ollama-hec", IsInstall: true, Revision: 1,
	}, chartutil.DefaultCapabilities)
	if err != nil {
		return nil, "", err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return nil, "", err
	}
	objects = map[string]any{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		switch {
		case path.Base(name) == "NOTES.txt":
			notes = files[name]
		case strings.TrimSpace(files[name]) != "" && path.Ext(name) == ".yaml":
			readObjects(t, name, files[name], objects)
		}
	}
	return objects, notes, nil
}

func readObjects(t *testing.T, name, text string, objects map[string]any) {
	t.Helper()
	kinds := map[string]func() any{
		"v1/ServiceAccount": func() any { return new(core.ServiceAccount) }, "v1/ConfigMap": func() any { return new(core.ConfigMap) },
		"v1/Secret": func() any { return new(core.Secret) }, "v1/Service": func() any { return new(core.Service) },
		"apps/v1/DaemonSet":                       func() any { return new(apps.DaemonSet) },
		"monitoring.coreos.com/v1/ServiceMonitor": func() any { return new(monitoring.ServiceMonitor) },
		"monitoring.coreos.com/v1/PrometheusRule": func() any { return new(monitoring.PrometheusRule) },
	}
	for documents := kyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		asJSON, err := kubeyaml.YAMLToJSONStrict(document)
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, document)
		}
		var about meta.PartialObjectMetadata
		if err := json.UnmarshalCaseSensitivePreserveInts(asJSON, &about); err != nil {
			t.Fatal(err)
		}
		kind := about.APIVersion + "/" + about.Kind
		fresh, known := kinds[kind]
		if !known {
			t.Fatalf("%s: unexpected kind %s", name, kind)
		}
		object := fresh()
		unknown, err := json.UnmarshalStrict(asJSON, object)
		if err := errors.Join(append(unknown, err)...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		key := about.Kind + "/" + about.Name
		if _, twice := objects[key]; twice || about.Namespace != "ollama-hec" {
			t.Errorf("%s: %s is there twice, or in namespace %q", name, key, about.Namespace)
		}
		objects[key] = object
	}
}

func object[T any](t *testing.T, objects map[string]any, name string) T {
	t.Helper()
	o, ok := objects[name].(T)
	if !ok {
		t.Fatalf("there is no %s among %v", name, slices.Sorted(maps.Keys(objects)))
	}
	return o
}

// Helm's linter has nothing to say of the chart, as it is and with all that it can do.
func TestChartLint(t *testing.T) {
	for _, set := range []string{given, whole} {
		values, err := strvals.Parse(set)
		if err != nil {
			t.Fatal(err)
		}
		result := lint.All(chartDir, values, "ollama-hec", true)
		for _, m := range result.Messages {
			if m.Severity > support.InfoSev {
				t.Errorf("%s: %v", set, m)
			}
		}
	}
}

// What the chart makes by default is in substance what the plain manifests are: but for the labels and
// annotations that Helm's releases have.
func TestChartIsThePlainManifests(t *testing.T) {
	plain := load(t)
	objects, _, err := render(t, given+",image.tag=latest,capture.enabled=true")
	if err != nil {
		t.Fatal(err)
	}
	config := object[*core.ConfigMap](t, objects, "ConfigMap/ollama-hec")
	if !maps.Equal(config.Data, plain.config.Data) {
		t.Errorf("settings: %v, want %v", config.Data, plain.config.Data)
	}
	account := object[*core.ServiceAccount](t, objects, "ServiceAccount/ollama-hec")
	if !reflect.DeepEqual(account.AutomountServiceAccountToken, plain.account.AutomountServiceAccountToken) {
		t.Error("the account is another")
	}
	same(t, object[*apps.DaemonSet](t, objects, "DaemonSet/ollama-hec"), &plain.daemon)
	var capture apps.DaemonSet
	if err := kubeyaml.UnmarshalStrict([]byte(read(t, "kubernetes/ollama-hec-capture.yaml")), &capture); err != nil {
		t.Fatal(err)
	}
	same(t, object[*apps.DaemonSet](t, objects, "DaemonSet/ollama-hec-capture"), &capture)
}

func same(t *testing.T, got, want *apps.DaemonSet) {
	t.Helper()
	selector, err := meta.LabelSelectorAsSelector(got.Spec.Selector)
	if err != nil || !selector.Matches(labels.Set(got.Spec.Template.Labels)) {
		t.Errorf("%s does not select its own pods: %v", got.Name, err)
	}
	for name, value := range want.Spec.Template.Labels {
		if got.Spec.Template.Labels[name] != value {
			t.Errorf("%s: label %s is %q", got.Name, name, got.Spec.Template.Labels[name])
		}
	}
	g, w := got.Spec.DeepCopy(), want.Spec.DeepCopy()
	for _, s := range []*apps.DaemonSetSpec{g, w} {
		s.Selector, s.Template.ObjectMeta = nil, meta.ObjectMeta{}
	}
	if !reflect.DeepEqual(g, w) {
		gotText, _ := kubeyaml.Marshal(g)
		wantText, _ := kubeyaml.Marshal(w)
		t.Errorf("%s is\n%s\nwant\n%s", got.Name, gotText, wantText)
	}
}

// With all that it can do the chart's parts fit each other.
func TestChartWithEverything(t *testing.T) {
	objects, notes, err := render(t, whole)
	if err != nil {
		t.Fatal(err)
	}
	config := object[*core.ConfigMap](t, objects, "ConfigMap/ollama-hec").Data
	for name, want := range map[string]string{
		"PROMPTS": "off", "BATCH_BYTES": "10000000", "INDEX": "ollama", "CA_FILE": "/etc/ollama-hec-ca/ca.crt",
	} {
		if config["OLLAMA_HEC_"+name] != want {
			t.Errorf("%s is %q, want %q", name, config["OLLAMA_HEC_"+name], want)
		}
	}
	shipper := object[*apps.DaemonSet](t, objects, "DaemonSet/ollama-hec").Spec.Template
	mounts(t, shipper.Spec.Containers[0], shipper.Spec.Volumes, nil)
	secret := object[*core.Secret](t, objects, "Secret/ollama-hec-token")
	if secret.StringData["token"] != "t" || shipper.Spec.Volumes[2].Secret.SecretName != secret.Name {
		t.Errorf("the token is not mounted: %+v", shipper.Spec.Volumes[2])
	}
	capture := object[*apps.DaemonSet](t, objects, "DaemonSet/ollama-hec-capture").Spec
	service := object[*core.Service](t, objects, "Service/ollama-hec-metrics")
	chosen := labels.SelectorFromSet(service.Spec.Selector)
	if !chosen.Matches(labels.Set(shipper.Labels)) || chosen.Matches(labels.Set(capture.Template.Labels)) {
		t.Error("the service does not choose the shippers alone")
	}
	monitor := object[*monitoring.ServiceMonitor](t, objects, "ServiceMonitor/ollama-hec").Spec
	monitored, err := meta.LabelSelectorAsSelector(&monitor.Selector)
	if err != nil || !monitored.Matches(labels.Set(service.Labels)) ||
		monitor.Endpoints[0].Port != service.Spec.Ports[0].Name {
		t.Errorf("the monitor does not choose the service: %v", err)
	}
	rule := object[*monitoring.PrometheusRule](t, objects, "PrometheusRule/ollama-hec")
	if len(rule.Spec.Groups) != 1 || len(rule.Spec.Groups[0].Rules) < 10 {
		t.Errorf("rules: %+v", rule.Spec)
	}
	board := object[*core.ConfigMap](t, objects, "ConfigMap/ollama-hec-dashboard")
	if strings.TrimSpace(board.Data["ollama-hec.json"]) != strings.TrimSpace(read(t, grafanaJSON)) ||
		board.Labels["grafana_dashboard"] != "1" {
		t.Error("the dashboard is another")
	}
	if !strings.Contains(notes, "captured on every node") || strings.Contains(notes, "create secret") {
		t.Errorf("notes:\n%s", notes)
	}
}

// What is wrong is refused before anything is applied, and named.
func TestChartRefuses(t *testing.T) {
	for set, want := range map[string]string{
		"":                                       "url is not set",
		"url=splunk:8088":                        "/url",
		given + ",settings.PROMPT=off":           "PROMPT",
		given + ",settings.SPOOL=off":            "settings.SPOOL is off: the shipper would capture by itself",
		given + ",settings.SPOOL=false":          "set capture.enabled=true",
		given + ",settings.TOKEN=t":              "TOKEN",
		given + ",stateDir=state":                "/stateDir",
		given + ",capture.enable=true":           "enable",
		given + ",image.pullPolicy=Sometimes":    "/image/pullPolicy",
		given + ",metricsPort=0":                 "/metricsPort",
		given + ",serviceMonitor.interval=often": "/serviceMonitor/interval",
	} {
		if _, _, err := render(t, set); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", set, err, want)
		}
	}
}

// The notes after an installation name the Secret that is waited for.
func TestChartNotes(t *testing.T) {
	_, notes, err := render(t, given+",existingSecret=hec,existingSecretKey=key")
	if want := "kubectl -n ollama-hec create secret generic hec --from-file=key=FILE"; err != nil || !strings.Contains(notes, want) {
		t.Errorf("%v, notes:\n%s", err, notes)
	}
}

// The chart holds copies of the alerts and the dashboard, and a page of its values.
func TestChartCopies(t *testing.T) {
	table, err := valuesTable(read(t, chartDir+"/values.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- values: from values.yaml -->\n", "<!-- end of values -->"
	readme := read(t, chartDir+"/README.md")
	before, rest, _ := strings.Cut(readme, begin)
	_, after, found := strings.Cut(rest, end)
	if !found {
		t.Fatal("README.md has no place for the values")
	}
	for name, want := range map[string]string{
		"files/alerts.yaml": read(t, "prometheus/alerts.yaml"), "files/dashboard.json": read(t, grafanaJSON),
		"README.md": before + begin + table + end + after,
	} {
		name = filepath.Join(chartDir, name)
		if *update {
			if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		} else if read(t, name) != want {
			t.Errorf("%s is behind: go test . -update", name)
		}
	}
}

// valuesTable is a row for each value, with the comment before it. Every value needs one.
func valuesTable(text string) (string, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		return "", err
	}
	var b bytes.Buffer
	b.WriteString("| value | default | meaning |\n|---|---|---|\n")
	var walk func(prefix string, n *yaml.Node) error
	walk = func(prefix string, n *yaml.Node) error {
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i], n.Content[i+1]
			name := prefix + key.Value
			if key.HeadComment == "" && value.Kind == yaml.MappingNode {
				if err := walk(name+".", value); err != nil {
					return err
				}
				continue
			}
			if key.HeadComment == "" {
				return fmt.Errorf("values.yaml does not say what %s is", name)
			}
			asJSON, err := kubeyaml.YAMLToJSON([]byte(flow(value)))
			if err != nil {
				return err
			}
			says := strings.ReplaceAll(strings.ReplaceAll(key.HeadComment, "# ", ""), "\n", " ")
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", name, asJSON, says)
		}
		return nil
	}
	err := walk("", doc.Content[0])
	return b.String(), err
}

func flow(n *yaml.Node) string {
	text, err := yaml.Marshal(n)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
