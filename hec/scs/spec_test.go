package scs

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"ollama-hec/hec"
	"ollama-hec/hec/scs/scstest"
	"ollama-hec/input"
	"ollama-hec/sourcetypes"
)

// specification is what we need of the SDK's ingest.yaml.
type specification struct {
	Paths map[string]map[string]struct {
		OperationID string         `yaml:"operationId"`
		Responses   map[string]any `yaml:"responses"`
	} `yaml:"paths"`
	Components struct {
		Schemas map[string]struct {
			Properties map[string]struct {
				Type   string `yaml:"type"`
				Format string `yaml:"format"`
			} `yaml:"properties"`
			Required []string `yaml:"required"`
		} `yaml:"schemas"`
	} `yaml:"components"`
}

// readSpecification reads the file from the SDK that this program is built with.
func readSpecification(t *testing.T) (s specification) {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/splunk/splunk-cloud-sdk-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "services", "ingest", "ingest.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

// The table of verdicts has a row for every response that the specification names.
func TestEveryResponseOfTheSpecificationHasAVerdict(t *testing.T) {
	responses := readSpecification(t).Paths["/{tenant}/ingest/v1beta2/events"]["post"].Responses
	if len(responses) < 5 {
		t.Fatalf("the specification names %d responses", len(responses))
	}
	for name := range responses {
		if name == "default" {
			continue
		}
		status, err := strconv.Atoi(name)
		if err != nil ||
			!slices.ContainsFunc(verdicts, func(r row) bool { return r.status == status && r.code == "" }) {
			t.Errorf("there is no row for %s", name)
		}
	}
}

// The stand-in serves what the specification describes: the same paths, methods and
// schema of events.
func TestTheStandInIsAsTheSpecificationSays(t *testing.T) {
	spec := readSpecification(t)
	inSpec := map[string]string{}
	for path, methods := range spec.Paths {
		for method, operation := range methods {
			inSpec[operation.OperationID] = strings.ToUpper(method) + " " + path
		}
	}
	for operation, route := range scstest.Routes() {
		if inSpec[operation] != route {
			t.Errorf("%s is %s, in the specification %s", operation, route, inSpec[operation])
		}
	}
	compareMembers(t, "Event", spec, scstest.Event{Body: json.RawMessage(`""`)})
}

// What is sent has the members and types of the specification's schema, and every
// member that it requires.
func TestEventsAreAsTheSpecificationSays(t *testing.T) {
	o := hec.Origin{Host: "h", Source: "s", Index: "ai", Fields: []input.Field{{Name: "pod", Value: "p"}}}
	ev := &sourcetypes.Event{Time: sourcetypes.Stamp{Nanos: 1732216541541999001}, Body: []byte("x")}
	var sent map[string]any
	dec := json.NewDecoder(strings.NewReader(string(NewEnvelope(o).Append(nil, ev))))
	dec.UseNumber()
	if err := dec.Decode(&sent); err != nil {
		t.Fatal(err)
	}
	schema := readSpecification(t).Components.Schemas["Event"]
	for name, value := range sent {
		want := schema.Properties[name].Type
		if name == "body" {
			want = "" // anything
		}
		if is := kind(value); want != "" && is != want {
			t.Errorf("%s is of type %s, in the specification %q", name, is, want)
		}
		if _, known := schema.Properties[name]; !known {
			t.Errorf("the specification has no %s", name)
		}
	}
	if len(sent) != len(schema.Properties) {
		t.Errorf(
			"sent are %v, the specification has %v",
			slices.Sorted(maps.Keys(sent)),
			slices.Sorted(maps.Keys(schema.Properties)),
		)
	}
	for _, name := range schema.Required {
		if _, ok := sent[name]; !ok {
			t.Errorf("%s is missing", name)
		}
	}
}

func kind(value any) string {
	switch value.(type) {
	case string:
		return "string"
	case json.Number:
		return "integer"
	case map[string]any:
		return "object"
	}
	return fmt.Sprintf("%T", value)
}

// compareMembers compares the members of an object with the properties of a schema.
func compareMembers(t *testing.T, schema string, spec specification, object any) {
	t.Helper()
	text, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		t.Fatal(err)
	}
	got, want := slices.Sorted(maps.Keys(members)), slices.Sorted(maps.Keys(spec.Components.Schemas[schema].Properties))
	if !slices.Equal(got, want) {
		t.Errorf("%s has %v, in the specification %v", schema, got, want)
	}
}
