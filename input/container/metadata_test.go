package container

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"ollama-hec/input"
)

const id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestMetadata(t *testing.T) {
	const docker = "/var/lib/docker/containers/" + id + "/"
	files := map[string]string{
		docker + "config.v2.json":        `{"ID":"x","Name":"/ollama","Image":"sha256:1","Config":{"Image":"ollama/ollama:0.13.5","Labels":{"a":"b"}}}`,
		"/k8s/" + id + "/config.v2.json": `{"Name":"/k8s_server_llm-0","Config":{"Image":"ollama/ollama","Labels":{"io.kubernetes.container.name":"server","io.kubernetes.pod.name":"llm-0","io.kubernetes.pod.namespace":"ai"}}}`,
		"/hec/" + id + "/config.v2.json": `{"Name":"/ollama-shipper-1","Config":{"Image":"ollama-hec"}}`,
		"/own/" + id + "/config.v2.json": `{"Name":"/ollama-hec-ollama-1","Config":{"Image":"ollama/ollama"}}`,
		"/db/" + id + "/config.v2.json":  `{"Name":"/db","Config":{"Image":"postgres"}}`,
		"/bad/" + id + "/config.v2.json": `{"Name":`,
	}
	read := func(name string) ([]byte, error) {
		if text, ok := files[name]; ok {
			return []byte(text), nil
		}
		return nil, errors.New("no such file")
	}
	for _, tt := range []struct {
		file, want string
		ollama     bool
	}{
		{docker + id + "-json.log", "container=ollama container_id=" + id + " image=ollama/ollama:0.13.5", true},
		{docker + id + "-json.log.2.gz", "container=ollama container_id=" + id + " image=ollama/ollama:0.13.5", true},
		{"/k8s/" + id + "/" + id + "-json.log", "namespace=ai pod=llm-0 container=server container_id=" + id + " image=ollama/ollama", true},
		{"/bad/" + id + "/" + id + "-json.log", "container_id=" + id, false},
		{"/hec/" + id + "/" + id + "-json.log", "container=ollama-shipper-1 container_id=" + id + " image=ollama-hec", false},
		{"/own/" + id + "/" + id + "-json.log", "container=ollama-hec-ollama-1 container_id=" + id + " image=ollama/ollama", true},
		{"/db/" + id + "/" + id + "-json.log", "container=db container_id=" + id + " image=postgres", false},
		{"/none/" + id + "/" + id + "-json.log", "container_id=" + id, false},
		{"/var/log/pods/ai_ollama-7d9f-x2_0f5c-11/ollama/0.log", "namespace=ai pod=ollama-7d9f-x2 container=ollama", true},
		{"/var/log/pods/ai_llm-0_0f5c-11/ollama/3.log.20261121-191541.gz", "namespace=ai pod=llm-0 container=ollama", true},
		{"/var/log/pods/ai_ollama-model-phi_0f5c/server/0.log", "namespace=ai pod=ollama-model-phi container=server", true},
		{"/var/log/pods/ai_ollama-0_0f5c/istio-proxy/0.log", "namespace=ai pod=ollama-0 container=istio-proxy", false},
		{"/var/log/pods/logging_ollama-hec-x9_0f5c/ollama-hec/0.log", "namespace=logging pod=ollama-hec-x9 container=ollama-hec", false},
		{"/var/log/pods/logging_ollama-hec-x9_0f5c/shipper/0.log", "namespace=logging pod=ollama-hec-x9 container=shipper", false},
		{"/var/log/pods/ai_postgres-0_0f5c/postgres/0.log", "namespace=ai pod=postgres-0 container=postgres", false},
		{"/var/log/containers/ollama-0_ai_ollama-" + id + ".log", "namespace=ai pod=ollama-0 container=ollama container_id=" + id, true},
		{"/var/lib/containers/storage/overlay-containers/" + id + "/userdata/ctr.log", "container_id=" + id, false},
		{`C:\ProgramData\docker\containers\` + id + `\` + id + `-json.log`, "container_id=" + id, false},
		{"/var/log/ollama/ollama.log", "", false},
		{"/srv/pods/readme.log", "", false},
	} {
		fields := Metadata(tt.file, read)
		if got := join(fields); got != tt.want {
			t.Errorf("Metadata(%s)\n got %s\nwant %s", tt.file, got, tt.want)
		}
		if got := RunsOllama(fields); got != tt.ollama {
			t.Errorf("RunsOllama(%s) = %v", tt.file, got)
		}
	}
}

func join(fields []input.Field) string {
	var s []string
	for f := range slices.Values(fields) {
		s = append(s, f.Name+"="+f.Value)
	}
	return strings.Join(s, " ")
}
